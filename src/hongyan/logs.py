"""Logs: readable lines on a terminal, JSON lines anywhere else, with a level for each part.

Loggers are named ``hongyan.<role or part>`` and made with ``structlog.get_logger``; libraries that
use the standard logging module come out in the same form, from warnings up. Nobody logs a password
or a message's content; a processor masks them all the same.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from hongyan.errors import ConfigError

DEFAULT: Final = "default"
"""The key of the level for parts that have none of their own."""
LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MASK: Final = "***"

_ROOT: Final = "hongyan."
_SECRET_WORDS: Final = ("password", "secret", "token", "msg_data", "credential", "authorization", "cookie")
_CONTENT_KEYS: Final = frozenset({"body", "content", "plaintext"})


def parse_levels(texts: Iterable[str]) -> dict[str, str]:
    """Read ``info`` (the default level) and ``msg=debug`` (the level of one part).

    Raises:
        ConfigError: a level that does not exist.
    """
    levels: dict[str, str] = {}
    for text in texts:
        part, _, level = text.rpartition("=")
        levels[part.strip() or DEFAULT] = _checked(level.strip().lower(), text)
    return levels


def configure(levels: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Set up logging for the process.

    Args:
        levels: level names by part (``msg``, ``reactor``, ...), DEFAULT for all others; ``info``
            where nothing is said.
        stream: where to write; standard error unless told.
    """
    output = sys.stderr if stream is None else stream
    numbers = {part: LEVELS[_checked(level, level)] for part, level in levels.items()}
    render = _renderers(output)
    structlog.configure(
        processors=[*_common(), *render],
        wrapper_class=cast("type[FilteringBoundLogger]", _leveled(numbers)),
        logger_factory=lambda name="hongyan", *_: _Output(name, output),
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(output, render)


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what must not be in a log; the second line of defence."""
    for key, value in event.items():
        if _is_secret(key):
            event[key] = MASK
        elif isinstance(value, Mapping):
            event[key] = {inner: MASK if _is_secret(str(inner)) else v for inner, v in value.items()}
    return event


class _Output:
    """Writes finished lines for one named logger."""

    __slots__ = ("_stream", "name")

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    def msg(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    debug = info = warning = error = critical = exception = log = msg


def _checked(level: str, text: str) -> str:
    if level not in LEVELS:
        raise ConfigError(f"log level {text!r}: write one of {', '.join(LEVELS)}, or PART=LEVEL")
    return level


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return lowered in _CONTENT_KEYS or any(word in lowered for word in _SECRET_WORDS)


def _leveled(numbers: Mapping[str, int]) -> Callable[..., FilteringBoundLogger]:
    """Return what structlog calls to wrap a logger: the class for the level of that logger's part."""
    default = numbers.get(DEFAULT, LEVELS["info"])

    def wrap(logger: _Output, processors: list[Processor], context: dict[str, Any]) -> FilteringBoundLogger:
        level = numbers.get(logger.name.removeprefix(_ROOT), default)
        bound = cast("Callable[..., FilteringBoundLogger]", structlog.make_filtering_bound_logger(level))
        return bound(logger, processors, context)

    return wrap


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        mask_secrets,
    ]


def _renderers(output: TextIO) -> list[Processor]:
    # Plain tracebacks in both: the rich ones print local variables, and with them secrets.
    if output.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _route_standard_logging(output: TextIO, render: list[Processor]) -> None:
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
