"""The page to try the HTTP API, a site of http_msg_server: Swagger UI, from this server and nowhere else."""

from pathlib import Path
from typing import Final

from hongyan.web.files import StaticSite

PREFIX: Final = "/api/docs"
_FOLDER: Final = Path(__file__).parent / "api"
_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",  # Swagger UI's style sheet has its arrows in it
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


def make() -> StaticSite:
    """Make the site."""
    return StaticSite(_FOLDER, root=PREFIX, assets=f"{PREFIX}/", policy="; ".join(_POLICY))
