"""Shows what travels on a connection: frames from a proxy or a capture, decoded, a line each."""
