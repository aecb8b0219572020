"""Where to log in: asks login_server as a client does, but not for every one of thousands of logins."""

import asyncio
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from hongyan.errors import BackendError

LOGINS_PER_LOOKUP: Final = 50
"""So many logins use the first answer; often enough to be spread over several msg_servers."""
MOST_PER_LOOKUP: Final = 1000
"""Every answer serves for longer than the one before, up to this: to look up costs as much as ten logins."""


class Directory:
    """Answers with a msg_server's address.

    Args:
        login_url: login_server's HTTP address; the path ``/msg_server`` may be left out.
    """

    def __init__(self, login_url: str) -> None:
        parts = urlsplit(login_url if "//" in login_url else f"http://{login_url}")
        self._url = urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/msg_server"))
        self._address = ("", 0)
        self._serves = self._left = 0
        self._asking = asyncio.Lock()
        # Loading certificates takes longer than all the rest, so only where they are needed.
        verify = self._url.startswith("https:")
        self._http = httpx.AsyncClient(trust_env=False, verify=verify, timeout=10)

    async def msg_server(self) -> tuple[str, int]:
        """Return host and port of the msg_server to use now.

        Raises:
            BackendError: login_server cannot be reached, or has no msg_server.
        """
        async with self._asking:
            if self._left == 0:
                self._address = await self._look_up()
                self._left = self._serves = min(self._serves + LOGINS_PER_LOOKUP, MOST_PER_LOOKUP)
            self._left -= 1
            return self._address

    async def close(self) -> None:
        """Let go of the connection that is kept for the next look-up."""
        await self._http.aclose()

    async def _look_up(self) -> tuple[str, int]:
        try:
            answer = (await self._http.get(self._url)).json()
            if answer["code"] != 0:
                raise BackendError(f"{self._url}: {answer['msg'] or 'no msg_server'}")
            return answer["priorIP"], int(answer["port"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise BackendError(f"{self._url}: {str(error) or type(error).__name__}") from error
