"""msg_server: holds the clients and speaks for them to the other roles."""
