"""What browsers load: the web client, the admin console, and what serves them."""
