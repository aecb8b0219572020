"""http_msg_server: the HTTP API, and the original's two queries."""
