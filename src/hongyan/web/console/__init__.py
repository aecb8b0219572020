"""The admin console's server side: sign-in, sessions, and the operations that its pages call.

It keeps nothing: administrators, their sessions and the log of what they did are in the database,
behind the operations of :mod:`hongyan.administration`.
"""

from hongyan.web.console.app import ROOT, Console

__all__ = ["ROOT", "Console"]
