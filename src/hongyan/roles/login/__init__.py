"""login_server: tells a client which msg_server is least loaded."""
