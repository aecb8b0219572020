"""Runs every role in a process of its own: ``hongyan up --processes``."""
