"""Webhooks as tests register them, and what they are told."""

import asyncio
from typing import Any

from .receiver import Receiver, Told
from .running import Api

SETTINGS = {
    "allow": ["127.0.0.1/32"],
    "timeout_s": 4.0,
    "first_retry_s": 1,
    "longest_retry_s": 1,
    "max_attempts": 20,
    "poll_s": 0.05,
}


async def register(api: Api, url: str, *events: str, **more: Any) -> tuple[str, str]:
    """Register a webhook; return its path and its secret."""
    made = await api.ask("POST", "/webhooks", 201, name="test", url=url, events=events, **more)
    return f"/webhooks/{made['webhook']['id']}", made["secret"]


async def say(api: Api, text: str, sender: int = 1, to: int = 2) -> None:
    await api.ask("POST", "/messages", 201, from_user_id=sender, to_user_id=to, text=text)


async def taken(receiver: Receiver) -> Told:
    return await asyncio.to_thread(receiver.take)
