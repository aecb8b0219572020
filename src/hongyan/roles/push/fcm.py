"""Google's push service: the HTTP v1 API of Firebase Cloud Messaging, with a service account's token."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hongyan.config import PushConfig
from hongyan.errors import ConfigError
from hongyan.roles.push.http import Answer, ProviderHttp, read_file, tls_context
from hongyan.roles.push.notification import SENT, Notification, Outcome, again, dead, refused

_log = structlog.get_logger("hongyan.push")

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME_S: Final = 3600
RENEW_BEFORE_S: Final = 300
MAX_DATA_BYTES: Final = 4096
QUOTA_WAIT_S: Final = 60.0
"""What Google asks for after a 429 without Retry-After."""
_SETTING: Final = "push.fcm.service_account_file"


class FcmProvider:
    """Pushes to Android phones, and to iPhones whose app registers with Firebase."""

    name = "fcm"
    max_batch = 1

    def __init__(self, config: PushConfig) -> None:
        """Make the provider.

        Raises:
            ConfigError: a file cannot be used.
        """
        account = _read_account(config.fcm.service_account_file)
        self._url = f"{config.fcm.url.rstrip('/')}/v1/projects/{account['project_id']}/messages:send"
        self._sound = config.apns.sound
        context = tls_context(config.fcm.ca_file, "push.fcm.ca_file")
        self._http = ProviderHttp(self.name, context, config.timeout_s, config.concurrency)
        self._access = AccessToken(account, self._http)

    async def push(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Push each; the API has no batches."""
        return [await self._push(each) for each in notifications]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _push(self, notification: Notification) -> Outcome:
        message = _message(notification, self._sound)
        if len(json.dumps(message, ensure_ascii=False).encode()) > MAX_DATA_BYTES:
            return refused("payload_too_large")
        access = await self._access.current()
        if isinstance(access, Outcome):
            return access
        headers = {"authorization": f"Bearer {access}"}
        answer = await self._http.post(self._url, headers=headers, json={"message": message})
        return self._judge(answer, access) if isinstance(answer, Answer) else answer

    def _judge(self, answer: Answer, access: str) -> Outcome:
        if answer.is_success:
            return SENT
        reason, fields = _reason(answer.body)
        if reason == "UNREGISTERED" or "message.token" in fields:
            return dead(reason)
        if answer.status == httpx.codes.UNAUTHORIZED:
            self._access.forget(access)
            return again(reason)
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            wait_s = answer.retry_after_s
            return again(reason, QUOTA_WAIT_S if wait_s is None else wait_s)
        if answer.may_be_repeated:
            return again(reason, answer.retry_after_s)
        _log.error("FCM refuses a push; check [push.fcm]", status=answer.status, reason=reason)
        return refused(reason)


class AccessToken:
    """The OAuth token of a service account: fetched when it is needed, by one at a time (RFC 7523)."""

    def __init__(self, account: Mapping[str, str], http: ProviderHttp) -> None:
        self._account = account
        self._http = http
        self._key = _signing_key(account["private_key"])
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def current(self) -> str | Outcome:
        """Return the token, or why there is none."""
        async with self._lock:
            if self._token and time.time() < self._renew_at:
                return self._token
            return await self._fetch()

    def forget(self, token: str) -> None:
        """Google does not take ``token`` any more."""
        if token == self._token:
            self._token = ""

    async def _fetch(self) -> str | Outcome:
        form = {"grant_type": GRANT, "assertion": self._assertion()}
        answer = await self._http.post(self._account["token_uri"], headers={}, data=form)
        if isinstance(answer, Outcome):
            return answer
        if answer.is_success:
            return self._keep(answer.body)
        if answer.may_be_repeated:
            return again("no_access_token", answer.retry_after_s)
        _log.error("Google gives no access token; check [push.fcm]", status=answer.status)
        return refused("no_access_token")

    def _keep(self, body: bytes) -> str | Outcome:
        try:
            granted = json.loads(body)
            self._token = str(granted["access_token"])
            self._renew_at = time.time() + float(granted["expires_in"]) - RENEW_BEFORE_S
        except (ValueError, KeyError, TypeError):
            return again("no_access_token")
        return self._token

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._account["client_email"],
            "scope": SCOPE,
            "aud": self._account["token_uri"],
            "iat": now,
            "exp": now + ASSERTION_LIFETIME_S,
        }
        return jwt.encode(claims, self._key, algorithm="RS256")


def _message(notification: Notification, sound: str) -> dict[str, Any]:
    lifetime_s = max(0, int(notification.expires - time.time()))
    android: dict[str, Any] = {"priority": "NORMAL", "ttl": f"{lifetime_s}s"}
    aps: dict[str, Any] = {"badge": notification.badge}
    message: dict[str, Any] = {
        "token": notification.token,
        "data": {"custom": notification.data, "badge": str(notification.badge)},
    }
    if not notification.is_silent:
        message["notification"] = {"body": notification.text}
        android["priority"] = "HIGH"
        android["notification"] = {"sound": "default", "notification_count": notification.badge}
        aps["sound"] = sound
    if notification.platform == "ios":
        expires = str(int(notification.expires))
        message["apns"] = {"headers": {"apns-expiration": expires}, "payload": {"aps": aps}}
    else:
        message["android"] = android
    return message


def _read_account(path: str) -> Mapping[str, str]:
    try:
        account = json.loads(read_file(path, _SETTING))
    except ValueError as error:
        raise ConfigError(f"{_SETTING}: {path}: not JSON") from error
    wanted = ("project_id", "client_email", "private_key", "token_uri")
    missing = [
        key for key in wanted if not isinstance(account, dict) or not isinstance(account.get(key), str)
    ]
    if missing:
        raise ConfigError(f"{_SETTING}: {path}: lacks {', '.join(missing)}")
    return {key: account[key] for key in wanted}


def _signing_key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{_SETTING}: private_key is not a key in PEM") from error
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError(f"{_SETTING}: private_key is not an RSA key")
    return key


def _reason(body: bytes) -> tuple[str, set[str]]:
    """Return FCM's own error code, or else the general status, and the fields that were wrong."""
    try:
        error = json.loads(body)["error"]
        reason, fields = str(error.get("status", "unknown")), set[str]()
        for detail in error.get("details", ()):
            reason = str(detail.get("errorCode", reason))
            fields.update(str(each.get("field")) for each in detail.get("fieldViolations", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "unknown", set()
    return reason, fields
