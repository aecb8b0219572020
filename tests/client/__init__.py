"""Tests of the SDK: its parts alone, against a scripted peer, and against the suite itself."""
