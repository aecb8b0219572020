"""Puts the API together."""

from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from hongyan import __version__
from hongyan.roles.http_msg.api import (
    departments,
    discovery,
    groups,
    keys,
    messages,
    presence,
    users,
    webhooks,
)
from hongyan.roles.http_msg.api.problems import RESPONSES, explain_errors
from hongyan.roles.http_msg.services import Services

PREFIX: Final = "/api/v1"
_ROUTERS: Final = (keys, users, departments, groups, messages, presence, discovery, webhooks)
_ABOUT: Final = """Manage users, departments and groups, and send and read messages.

Every request shows a key: `Authorization: Bearer hy_...`. Keys are made with `hongyan api-key add`,
bots with `hongyan bot add`; a key has scopes, and a number of requests a minute.
"""


def make_api(services: Services) -> FastAPI:
    """Make the application."""
    app = FastAPI(
        title="Hongyan",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
        generate_unique_id_function=_name_of,
    )
    app.state.services = services
    for module in _ROUTERS:
        app.include_router(module.router, prefix=PREFIX)
    explain_errors(app)
    return app


def _name_of(route: APIRoute) -> str:
    return route.name
