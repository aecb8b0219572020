"""The web client: static files, and what serves them."""
