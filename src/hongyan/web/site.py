"""The web client as a site of login_server."""

from pathlib import Path
from typing import Final

from hongyan.web.files import StaticSite

FOLDER: Final = Path(__file__).parent / "client"
_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data: http: https:",  # msfs may be anywhere
    "media-src blob: http: https:",
    "connect-src 'self' ws: wss: http: https:",  # msg_servers come and go while a page is open
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
"""Scripts and styles are the suite's own files and nothing else; pictures and servers may be elsewhere."""


def web_client() -> StaticSite:
    """Make the site; its page is ``/``."""
    return StaticSite(FOLDER, root="/", assets="/web/", policy="; ".join(_POLICY))
