"""The suite seen from outside: real processes, and a client that shares no code with them."""
