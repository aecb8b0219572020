"""``hongyan up`` as a subprocess, and the API with a key."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from acceptance.suite import admin
from client.real_suite import PASSWORD, RealSuite
from hongyan.administration.keys import SCOPES
from hongyan.client import Client, Options, Timing

ALL_SCOPES = SCOPES
DEADLINE_S = 60.0
TIMING = Timing(ack_s=2.0, reconnect_first_s=0.1, reconnect_longest_s=0.3, gap_s=0.1)


class Api(httpx.AsyncClient):
    """HTTP with a key."""

    async def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """Send JSON and return the answer's, whose status must be the expected one."""
        answer = await self.request(method, f"/api/v1{path}", json=body or None)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


class ApiSuite(RealSuite):
    """A suite whose API is asked with keys.

    A database of its own, unless ``settings`` name another; the first suite on that makes the users.
    """

    KEPT_PORTS = (*RealSuite.KEPT_PORTS, "http_msg")

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        makes_users: bool = True,
    ) -> None:
        lines: list[str] = []
        for table, values in (settings or {}).items():
            lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
        super().__init__(folder, "\n".join(lines))
        self._is_elsewhere = "db_proxy" in (settings or {})
        if makes_users:
            self.add_users()

    @property
    def base_url(self) -> str:
        return f"http://{self.addresses['http_msg']}"

    def admin(self, *arguments: str) -> str:
        """Run a subcommand of ``hongyan`` on the database."""
        if not self._is_elsewhere:
            return super().admin(*arguments)
        return admin(*arguments, "--config", str(self.folder / "suite.toml"), folder=self.folder)

    def key(self, name: str, scopes: Sequence[str], per_minute: int = 1_000_000) -> str:
        """Make a key and return its token."""
        flags = [flag for scope in scopes for flag in ("--scope", scope)]
        out = self.admin("api-key", "add", name, *flags, "--per-minute", str(per_minute), "--json")
        return str(json.loads(out)["token"])

    def bot(self, name: str) -> str:
        """Make a bot and return its token."""
        return str(json.loads(self.admin("bot", "add", name, "--json"))["token"])

    def api(self, token: str = "") -> Api:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Api(base_url=self.base_url, headers=headers, trust_env=False, timeout=DEADLINE_S)

    def client(self, name: str, **options: Any) -> Client:
        return Client(self.login_url, name, PASSWORD, options=Options(timing=TIMING, **options))

    def stop(self) -> float:
        took_s = super().stop()
        assert not self.server.tracebacks(), self.server.log_tail()
        return took_s
