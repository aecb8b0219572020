"""The web client and the pages of the admin console, as sites of login_server."""

from pathlib import Path
from typing import Final

from hongyan.web.files import StaticSite

FOLDER: Final = Path(__file__).parent
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

_CONSOLE_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types lit-html",
)
"""Everything comes from this server, and no string becomes HTML past lit-html's templates."""
_CONSOLE_PARTS: Final = (
    "admin/",
    "client/icon.svg",
    "client/styles/base.css",
    "client/styles/dialogs.css",
    "client/vendor/lit-html/",
    "client/views/icons.js",
)


def web_client() -> StaticSite:
    """Make the site; its page is ``/``."""
    return StaticSite(FOLDER / "client", root="/", assets="/web/", policy="; ".join(_POLICY))


def console_pages(root: str) -> StaticSite:
    """Make the pages of the admin console; what they share with the web client is served with them."""
    return StaticSite(
        FOLDER,
        root=root,
        assets=f"{root}/assets/",
        policy="; ".join(_CONSOLE_POLICY),
        index="admin/index.html",
        parts=_CONSOLE_PARTS,
    )
