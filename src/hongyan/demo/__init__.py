"""A small company to try things with: ``hongyan up --demo``."""

from hongyan.demo.company import PASSWORD
from hongyan.demo.prepare import DemoUser, prepare_demo

__all__ = ["PASSWORD", "DemoUser", "prepare_demo"]
