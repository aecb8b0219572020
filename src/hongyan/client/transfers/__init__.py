"""Files from one user to another, through a file_server (spec/flows.md 5, spec/clients.md 8)."""
