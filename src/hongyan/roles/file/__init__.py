"""file_server: online transfers pass through it, offline ones are kept by it (spec/flows.md 5)."""
