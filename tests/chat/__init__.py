"""Tests of the terminal client: its model alone, and its screens through Textual's pilot."""
