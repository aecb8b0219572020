"""Logs: readable lines on a terminal, JSON lines anywhere else, with a level for each part.

Loggers are named ``hongyan.<role or part>`` and made with ``structlog.get_logger``; libraries that
use the standard logging module come out in the same form, from warnings up. Nobody logs a password
or a message's content; a processor masks them all the same.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
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


class Relay:
    """Writes the log lines of other processes into the stream of this one, each with its process's name.

    A terminal gets them readable and behind the name; anything else gets JSON lines, in which the name is
    the first key.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._renderer = _for_people() if self._stream.isatty() else None

    def write(self, process: str, line: str) -> None:
        """Write one line that ``process`` has written, whether it is a log line or not."""
        if self._renderer is None:
            text = json.dumps({"process": process, **_event_in(line)}, ensure_ascii=False)
        else:
            text = f"{process:<9}| {self._readable(line)}"
        with suppress(BrokenPipeError):
            self._stream.write(text + "\n")
            self._stream.flush()

    def _readable(self, line: str) -> str:
        event = _event_in(line)
        return (
            line if self._renderer is None or "level" not in event else str(self._renderer(None, "", event))
        )


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
        # When the reader is gone, so is everybody who could be told; whoever logs is not to suffer.
        with suppress(BrokenPipeError):
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


def _event_in(line: str) -> dict[str, Any]:
    """Read a log line; what is none, as the last words of an interpreter, becomes the event of one."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"event": line}


def _for_people() -> structlog.dev.ConsoleRenderer:
    # Plain tracebacks, here and below: the rich ones print local variables, and with them secrets.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _renderers(output: TextIO) -> list[Processor]:
    if output.isatty():
        return [_for_people()]
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
