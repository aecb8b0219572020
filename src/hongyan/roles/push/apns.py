"""Apple's push service over HTTP/2 (Apple, "Sending notification requests to APNs")."""

import json
import re
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hongyan.config import ApnsConfig, PushConfig
from hongyan.errors import ConfigError
from hongyan.roles.push.http import Answer, ProviderHttp, read_file, tls_context
from hongyan.roles.push.notification import SENT, Notification, Outcome, again, dead, refused

_log = structlog.get_logger("hongyan.push")

PRODUCTION: Final = "https://api.push.apple.com"
SANDBOX: Final = "https://api.sandbox.push.apple.com"
MAX_PAYLOAD_BYTES: Final = 4096
TOKEN_LIFETIME_S: Final = 40 * 60
"""Apple takes a token for an hour and wants no new one within twenty minutes."""
_TOKEN: Final = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
"""64 hex digits in the original; Apple may lengthen them."""
_DEAD: Final = frozenset({"BadDeviceToken", "Unregistered", "ExpiredToken"})
_LOUD, _SOFT = "10", "5"


class ApnsProvider:
    """Pushes to iPhones, each in a stream of its own of one connection."""

    name = "apns"
    max_batch = 1

    def __init__(self, config: PushConfig) -> None:
        """Make the provider.

        Raises:
            ConfigError: a file cannot be used.
        """
        apns = config.apns
        self._config = apns
        self._url = apns.url.rstrip("/") or (SANDBOX if apns.sandbox else PRODUCTION)
        self._bearer = ProviderToken(apns) if apns.key_file else None
        context = tls_context(apns.ca_file, "push.apns.ca_file")
        if apns.cert_file:
            _show_certificate(context, apns)
        self._http = ProviderHttp(self.name, context, config.timeout_s, config.concurrency)

    async def push(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Push each."""
        return [await self._push(each) for each in notifications]

    async def close(self) -> None:
        """Close the connection."""
        await self._http.close()

    async def _push(self, notification: Notification) -> Outcome:
        if not _TOKEN.fullmatch(notification.token):
            return dead("malformed")
        payload = self._payload(notification)
        if len(payload) > MAX_PAYLOAD_BYTES:
            return refused("payload_too_large")
        url = f"{self._url}/3/device/{notification.token}"
        answer = await self._http.post(url, headers=self._headers(notification), content=payload)
        return self._judge(answer) if isinstance(answer, Answer) else answer

    def _payload(self, notification: Notification) -> bytes:
        aps: dict[str, Any] = {"badge": notification.badge}
        if not notification.is_silent:
            aps = {"alert": {"body": notification.text}, **aps, "sound": self._config.sound}
        payload = {"aps": aps, "custom": notification.data}
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()

    def _headers(self, notification: Notification) -> dict[str, str]:
        headers = {
            "apns-id": notification.id,
            "apns-push-type": "alert",
            "apns-priority": _SOFT if notification.is_silent else _LOUD,
            "apns-expiration": str(int(notification.expires)),
        }
        if self._config.topic:
            headers["apns-topic"] = self._config.topic
        if self._bearer is not None:
            headers["authorization"] = f"bearer {self._bearer.current()}"
        return headers

    def _judge(self, answer: Answer) -> Outcome:
        if answer.is_success:
            return SENT
        reason = _reason(answer.body)
        if reason in _DEAD or answer.status == httpx.codes.GONE:
            return dead(reason)
        if reason == "ExpiredProviderToken" and self._bearer is not None:
            self._bearer.renew()
            return again(reason, 0.0)
        if answer.may_be_repeated:
            return again(reason, answer.retry_after_s)
        _log.error("APNs refuses a push; check [push.apns]", status=answer.status, reason=reason)
        return refused(reason)


class ProviderToken:
    """The signed token by which Apple knows us; made anew before it is too old.

    Raises:
        ConfigError: the key cannot be used.
    """

    def __init__(self, config: ApnsConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._key = _signing_key(config.key_file)
        self._token = ""
        self._made = 0.0

    def current(self) -> str:
        """Return the token."""
        if not self._token or self._clock() - self._made >= TOKEN_LIFETIME_S:
            self._make()
        return self._token

    def renew(self) -> None:
        """Apple does not take the present one any more; many pushes may say so at once."""
        if self._clock() - self._made >= 1.0:
            self._token = ""

    def _make(self) -> None:
        self._made = self._clock()
        claims = {"iss": self._config.team_id, "iat": int(self._made)}
        self._token = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._config.key_id})


def _signing_key(path: str) -> EllipticCurvePrivateKey:
    pem = read_file(path, "push.apns.key_file")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"push.apns.key_file: {path}: not a key in PEM") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ConfigError(f"push.apns.key_file: {path}: not a key on the curve P-256")
    return key


def _show_certificate(context: ssl.SSLContext, config: ApnsConfig) -> None:
    try:
        context.load_cert_chain(config.cert_file, config.cert_key_file, lambda: config.cert_key_password)
    except OSError as error:
        files = f"{config.cert_file}, {config.cert_key_file}"
        raise ConfigError(f"push.apns.cert_file: {files}: {error.strerror or error}") from error


def _reason(body: bytes) -> str:
    try:
        reason = json.loads(body)["reason"]
    except (ValueError, KeyError, TypeError):
        return "unknown"
    return reason if isinstance(reason, str) else "unknown"
