"""Hongyan: a self-hosted instant-messaging suite that speaks the TeamTalk protocol."""

from importlib.metadata import version

from hongyan.compiled import use_compiled

__version__ = version("hongyan")

use_compiled()  # before any other module is imported
