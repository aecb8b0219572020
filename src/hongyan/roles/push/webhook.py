"""A service of the operator's own that is handed the pushes (docs/how-to/push-to-phones.md)."""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import structlog

from hongyan.config import PushConfig
from hongyan.errors import ConfigError
from hongyan.roles.push.http import Answer, ProviderHttp, tls_context
from hongyan.roles.push.notification import SENT, Notification, Outcome, again, dead, refused

_log = structlog.get_logger("hongyan.push")

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with


class WebhookProvider:
    """Posts pushes as JSON, many in a request, signed as Standard Webhooks 1.0 has it."""

    name = "webhook"

    def __init__(self, config: PushConfig) -> None:
        """Make the provider.

        Raises:
            ConfigError: a setting cannot be used.
        """
        webhook = config.webhook
        self.max_batch = webhook.max_batch
        self._url = webhook.url
        self._key = _key_of(webhook.secret)
        context = tls_context(webhook.ca_file, "push.webhook.ca_file")
        self._http = ProviderHttp(self.name, context, config.timeout_s, config.concurrency)

    async def push(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Post them together; the answer may name tokens that are dead."""
        body = json.dumps({"notifications": [_json(each) for each in notifications]}).encode()
        answer = await self._http.post(self._url, headers=self._headers(body), content=body)
        if isinstance(answer, Outcome):
            return [answer] * len(notifications)
        return self._judge(answer, notifications)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json", "webhook-id": str(uuid4())}
        headers["webhook-timestamp"] = str(int(time.time()))
        if self._key:
            signed = (
                b"%s.%s." % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode()) + body
            )
            signature = hmac.digest(self._key, signed, "sha256")
            headers["webhook-signature"] = "v1," + base64.b64encode(signature).decode()
        return headers

    def _judge(self, answer: Answer, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        if answer.is_success:
            gone = _dead_tokens(answer.body)
            return [dead("webhook") if each.token in gone else SENT for each in notifications]
        if answer.may_be_repeated:
            return [again(str(answer.status), answer.retry_after_s)] * len(notifications)
        _log.error("the webhook refuses pushes; check [push.webhook]", status=answer.status)
        return [refused(str(answer.status))] * len(notifications)


def _json(notification: Notification) -> dict[str, Any]:
    return {
        "id": notification.id,
        "user_id": notification.user_id,
        "platform": notification.platform,
        "token": notification.token,
        "text": "" if notification.is_silent else notification.text,
        "data": notification.data,
        "badge": notification.badge,
        "silent": notification.is_silent,
        "expires": int(notification.expires),
    }


def _key_of(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ConfigError("push.webhook.secret: what follows whsec_ is not Base64") from error


def _dead_tokens(body: bytes) -> set[str]:
    """Read ``{"dead_tokens": [...]}``; an answer may also be empty, or say anything else."""
    try:
        tokens = json.loads(body)["dead_tokens"]
    except (ValueError, KeyError, TypeError):
        return set()
    return {token for token in tokens if isinstance(token, str)} if isinstance(tokens, list) else set()
