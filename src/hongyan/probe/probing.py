"""Runs the checks and says what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import httpx
import websockets

from hongyan.errors import HongyanError
from hongyan.probe.checks import CHECKS, Target


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check; ``answer`` says in words what was right or wrong."""

    server: str
    address: str
    is_right: bool
    answer: str
    took_ms: float


async def probe(targets: Sequence[tuple[str, Target]]) -> list[Finding]:
    """Check every target, one after the other; each by the check of its name, ``msg2`` by that of ``msg``."""
    return [await _probe(name, target) for name, target in targets]


async def _probe(name: str, target: Target) -> Finding:
    begin = perf_counter()
    try:
        answer, is_right = await CHECKS[check_of(name)](target), True
    except (TimeoutError, httpx.TimeoutException):
        answer, is_right = f"no answer within {target.timeout_s:g} s", False
    except (HongyanError, OSError, EOFError, httpx.HTTPError, websockets.WebSocketException) as error:
        answer, is_right = str(error) or type(error).__name__, False
    took_ms = round((perf_counter() - begin) * 1000, 1)
    return Finding(name, target.url.removeprefix("http://"), is_right, answer, took_ms)


def check_of(name: str) -> str:
    """Return the check for an address of the ready file: a second server has the first one's."""
    return name.rstrip("0123456789")
