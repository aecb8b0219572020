"""Reads the configuration files of the original servers (spec/conf.md) as settings of ours."""
