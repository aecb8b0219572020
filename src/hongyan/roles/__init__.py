"""The servers, one package each. They share the runtime here and do not know each other."""
