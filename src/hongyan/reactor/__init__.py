"""Connections on the event loop: listening, connecting, framing, timeouts, buffered writing.

asyncio and uvloop do the input and output; this package adds what the protocol needs on top and
nothing that they already do.
"""
