"""route_server: carries what one msg_server must tell the others, and knows who is where."""
