"""db_proxy_server: the only role that touches the database."""
