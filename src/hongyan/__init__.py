"""Hongyan: a self-hosted instant-messaging suite that speaks the TeamTalk protocol."""

from importlib.metadata import version

__version__ = version("hongyan")
