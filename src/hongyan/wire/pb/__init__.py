"""Generated protobuf classes; the .proto files beside them are the source (scripts/generate_protos.py)."""
