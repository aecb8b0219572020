"""The API, loaded when somebody first asks for it.

FastAPI and the models of the API take a third of a second and some twenty MiB. Whoever never calls
the API is spared both, and whoever does is not made to wait for it at the start of the server.
"""

import asyncio

from hongyan.roles.http_msg.http import App, Receive, Scope, Send
from hongyan.roles.http_msg.services import Services


class LateApi:
    """The ASGI application.

    Args:
        services: what the API works with.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._app: App | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the first ones wait for the API."""
        app = self._app or await self._loaded()
        await app(scope, receive, send)

    async def _loaded(self) -> App:
        async with self._loading:
            if self._app is None:
                self._app = await asyncio.to_thread(_load, self._services)
            return self._app


def _load(services: Services) -> App:
    from hongyan.roles.http_msg.api.app import make_api

    return make_api(services)
