"""The requests that a client can make, by subject; :class:`hongyan.client.Client` offers them all."""
