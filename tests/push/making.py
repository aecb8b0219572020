"""Notifications and settings of tests."""

import time
from typing import Any
from uuid import uuid4

from hongyan.config import PushConfig
from hongyan.roles.push.notification import Notification

PHONE = "a1" * 32


def notification(token: str = PHONE, **changes: Any) -> Notification:
    known: dict[str, Any] = {
        "id": str(uuid4()),
        "user_id": 2,
        "platform": "ios",
        "token": token,
        "text": "nick1:你好",
        "data": '{"from_id": 1}',
        "badge": 3,
        "is_silent": False,
        "expires": time.time() + 600,
    }
    return Notification(**known | changes)


def config(tables: dict[str, Any], **settings: Any) -> PushConfig:
    return PushConfig.model_validate({**tables, **settings})
