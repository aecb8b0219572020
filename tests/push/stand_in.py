"""APNs, FCM and a webhook as their documents describe them: one HTTP/2 server over TLS, in a thread."""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypercorn.asyncio import serve
from hypercorn.config import Config

DEADLINE_S: Final = 20.0
TEAM, KEY_ID, TOPIC, PROJECT = "TEAM123456", "KEY1234567", "org.example.chat", "example-project"
APNS_TOKEN_AGE_S: Final = 3600


@dataclass
class Request:
    """What somebody posted."""

    path: str
    headers: dict[str, str]
    body: bytes
    http_version: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def apns_error(status: int, reason: str, **headers: str) -> Answer:
    return Answer(
        status, {"reason": reason}, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def fcm_error(status: int, name: str, code: str = "", wrong_field: str = "", retry_after: str = "") -> Answer:
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    if wrong_field:
        violation = {"field": wrong_field, "description": "not a valid registration token"}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    error = {"code": status, "message": name.lower(), "status": name, "details": details}
    return Answer(status, {"error": error}, {"retry-after": retry_after} if retry_after else {})


class StandIn:
    """Serves until it is closed.

    Attributes:
        requests: what was posted to phones, in order; a test takes from it with ``take``.
        answers: what to say next, by device token or path; without any, yes.
        revoked: provider and access tokens that are not taken any more.
    """

    def __init__(self, folder: Path, *, wants_client_certificate: bool = False) -> None:
        self.folder = folder
        self.requests: queue.Queue[Request] = queue.Queue()
        self.answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self.revoked: set[str] = set()
        self.grants = 0
        self.apns_key = ec.generate_private_key(ec.SECP256R1())
        self.account_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._authority = trustme.CA()
        self._bearers: set[str] = set()
        self._wants_client_certificate = wants_client_certificate
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self._write_files()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    # What tests configure and look at.

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def settings(self) -> dict[str, Any]:
        """The tables of [push] for APNs and FCM."""
        return {
            "apns": {
                "key_file": str(self.folder / "apns.p8"),
                "key_id": KEY_ID,
                "team_id": TEAM,
                "topic": TOPIC,
                "url": self.url,
                "ca_file": self.ca_file,
            },
            "fcm": {
                "service_account_file": str(self.folder / "account.json"),
                "url": self.url,
                "ca_file": self.ca_file,
            },
        }

    def webhook(self, **more: Any) -> dict[str, Any]:
        return {"webhook": {"url": f"{self.url}/hook", "ca_file": self.ca_file, **more}}

    async def take(self) -> Request:
        """The next push, when it comes."""
        return await asyncio.to_thread(self.requests.get, timeout=DEADLINE_S)

    def reset(self) -> None:
        while not self.requests.empty():
            self.requests.get_nowait()
        self.answers.clear()
        self.revoked.clear()

    # The server.

    def _write_files(self) -> None:
        self._authority.cert_pem.write_to_path(self.ca_file)
        self._authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(self.folder / "server.pem")
        )
        client = self._authority.issue_cert("push.example.org")
        client.cert_chain_pems[0].write_to_path(str(self.folder / "client.pem"))
        client.private_key_pem.write_to_path(str(self.folder / "client.key"))
        (self.folder / "apns.p8").write_bytes(_pem(self.apns_key))
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "client_email": "push@example.org",
            "private_key": _pem(self.account_key).decode(),
            "token_uri": f"{self.url}/token",
        }
        (self.folder / "account.json").write_text(json.dumps(account), encoding="utf-8")

    def _run(self) -> None:
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]  # it closes it, too
        config.certfile = config.keyfile = str(self.folder / "server.pem")
        if self._wants_client_certificate:
            config.ca_certs = self.ca_file
            config.verify_mode = ssl.CERT_REQUIRED
        config.alpn_protocols = ["h2"]
        config.graceful_timeout = 0.1
        config.errorlog = config.accesslog = None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(serve(self._app, config, shutdown_trigger=self._stop.wait))
        finally:
            self._loop.close()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer = self._answer(Request(scope["path"], headers, body, scope["http_version"]))
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        fields = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, request: Request) -> Answer:
        if request.path == "/token":
            return self._grant(request)
        if request.path.startswith("/3/device/"):
            return self._apns(request)
        if request.path == f"/v1/projects/{PROJECT}/messages:send":
            return self._fcm(request)
        return self._scripted(request, request.path)

    def _scripted(self, request: Request, key: str) -> Answer:
        self.requests.put(request)
        return self.answers[key].popleft() if self.answers[key] else Answer()

    def _apns(self, request: Request) -> Answer:
        if request.http_version != "2":
            return Answer(505)
        if not self._wants_client_certificate:
            fault = self._fault_of(request.headers.get("authorization", ""))
            if fault:
                return apns_error(403, fault)
            if request.headers.get("apns-topic") != TOPIC:
                return apns_error(400, "DeviceTokenNotForTopic")
        return self._scripted(request, request.path.removeprefix("/3/device/"))

    def _fault_of(self, authorization: str) -> str:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "MissingProviderToken"
        if token in self.revoked:
            return "ExpiredProviderToken"
        try:
            claims = jwt.decode(token, self.apns_key.public_key(), algorithms=["ES256"], issuer=TEAM)
        except jwt.InvalidTokenError:
            return "InvalidProviderToken"
        if jwt.get_unverified_header(token).get("kid") != KEY_ID:
            return "InvalidProviderToken"
        return "ExpiredProviderToken" if time.time() - claims["iat"] > APNS_TOKEN_AGE_S else ""

    def _grant(self, request: Request) -> Answer:
        scripted = self.answers["/token"]
        if scripted:
            return scripted.popleft()
        form = parse_qs(request.body.decode())
        if form["grant_type"] != ["urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            return Answer(400, {"error": "unsupported_grant_type"})
        try:
            jwt.decode(
                form["assertion"][0],
                self.account_key.public_key(),
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                issuer="push@example.org",
            )
        except jwt.InvalidTokenError:
            return Answer(400, {"error": "invalid_grant"})
        self.grants += 1
        bearer = f"ya29.{self.grants}"
        self._bearers.add(bearer)
        return Answer(200, {"access_token": bearer, "expires_in": 3599, "token_type": "Bearer"})

    def _fcm(self, request: Request) -> Answer:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self._bearers or bearer in self.revoked:
            return fcm_error(401, "UNAUTHENTICATED")
        return self._scripted(request, request.json["message"]["token"])


async def _live(receive: Any, send: Any) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
