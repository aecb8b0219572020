"""Bytes to messages and back, without any I/O: frames, the command table, ciphers, protobuf."""
