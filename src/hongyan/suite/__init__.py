"""Puts roles together in a process: all of them (``hongyan up``) or one (``hongyan serve``)."""
