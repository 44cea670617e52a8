"""How the sync tells what it does: a line for each event on stderr, for machines or for people.

Nobody takes a line back that was written: secrets are struck out of all of them, those of libraries included, and no
text from outside can look like a line of ours. Importing this changes nothing; `configure` does.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Mapping
from itertools import islice
from typing import Any, Literal, TextIO

import structlog
from structlog.dev import BRIGHT, CYAN, DIM, RESET_ALL, Column, ConsoleRenderer, KeyValueColumnFormatter
from structlog.dev import LogLevelColumnFormatter as LevelFormatter
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from generator.core.visible import visible
from generator.sync.monitoring.redaction import STRUCK, KnownSecrets, is_secret_name, redacted

Form = Literal["json", "console"]
"""`json`: an object in each line; `console`: what people read, in colours on a terminal."""

Level = Literal["debug", "info", "warning", "error"]
"""The least weight of what is told."""

_TALKATIVE = ("dbos", "github", "sqlalchemy", "urllib3", "uvicorn.access")
"""Libraries that tell of each step: only what worries them is of interest, but to those who look for a bug."""

_WITH_HANDLERS = ("dbos", "github", "sqlalchemy", "uvicorn", "uvicorn.access", "uvicorn.error")
"""Loggers that libraries give handlers of their own, which would tell things a second time in another form."""

_LONGEST = 20_000
_MOST = 200
_DEEPEST = 6
_FIRST = ("timestamp", "level", "event", "logger", "delivery")
_MARGIN = "  | "
_COMMON: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(
    form: Form | None = None,
    level: Level = "info",
    *,
    secrets: KnownSecrets | None = None,
    stream: TextIO | None = None,
) -> None:
    """Tell from now on what we and libraries log, in one form; what was configured before counts no more.

    Args:
        form: The form; None is `console` where the stream is a terminal, else `json`.
        level: The least weight of what is told.
        secrets: What must never be told; what is added to it later counts as well.
        stream: Where to; None is stderr.
    """
    stream = stream or sys.stderr
    render: Processor
    render = _Console(colored=stream.isatty()) if (form or _form_for(stream)) == "console" else _json
    handler = _Handler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_COMMON,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                _Plain(secrets or KnownSecrets()),
                render,
            ],
        )
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_COMMON, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _take_over(handler, level)


class _Handler(logging.StreamHandler[TextIO]):
    """Our handler, to be told from those of others."""


def _form_for(stream: TextIO) -> Form:
    return "console" if stream.isatty() else "json"


def _take_over(handler: _Handler, level: Level) -> None:
    """Have one handler tell everything, of our loggers and of the libraries'."""
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other, _Handler)] + [handler]
    least = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(least)
    for name in _WITH_HANDLERS:
        # A handler that does nothing, for DBOS adds one of its own to a logger that has none.
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]
        logging.getLogger(name).propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(least if least <= logging.DEBUG else max(least, logging.WARNING))
    logging.captureWarnings(capture=True)


class _Plain:
    """Makes plain values of everything: bounded, and without secrets."""

    def __init__(self, secrets: KnownSecrets) -> None:
        self._secrets = secrets

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        ordered = {key: event[key] for key in (*_FIRST, *event) if key in event}
        return _mapping(ordered, self._secrets, 0)


def _mapping(values: Mapping[Any, object], secrets: KnownSecrets, depth: int) -> dict[str, Any]:
    return {
        _text(str(key), secrets): STRUCK
        if value is not None and is_secret_name(str(key))
        else _plain(value, secrets, depth)
        for key, value in islice(values.items(), _MOST)
    }


def _plain(value: object, secrets: KnownSecrets, depth: int) -> Any:
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        return _mapping(value, secrets, depth + 1)
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, secrets, depth + 1) for item in islice(value, _MOST)]
    return _text(value.decode(errors="replace") if isinstance(value, bytes) else str(value), secrets)


def _text(text: str, secrets: KnownSecrets) -> str:
    # It is cut far behind its end at first: else half a secret might be left there, which nothing recognizes.
    text = redacted(text[: 4 * _LONGEST], secrets)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    # ASCII alone: nothing in it moves a cursor or ends a line, and halves of characters can be written.
    return json.dumps(event).replace("\x7f", "\\u007f")


class _Console:
    """Renders a line for people; what follows it, as a traceback does, stands behind a margin."""

    def __init__(self, *, colored: bool) -> None:
        dim, bright, cyan, reset = (DIM, BRIGHT, CYAN, RESET_ALL) if colored else ("",) * 4
        levels = ConsoleRenderer.get_default_level_styles(colored)
        self._line = ConsoleRenderer(
            columns=[
                Column("timestamp", KeyValueColumnFormatter(None, dim, reset, str)),
                Column("level", LevelFormatter(levels, reset)),
                Column("event", KeyValueColumnFormatter(None, bright, reset, _shown)),
                Column("", KeyValueColumnFormatter(cyan, "", reset, _quoted)),
            ],
            sort_keys=False,
        )

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        below = [str(event.pop(key)) for key in ("stack", "exception") if key in event]
        line = self._line(logger, name, {visible(str(key)): value for key, value in event.items()})
        rows = [row for text in below for row in text.splitlines()]
        return "\n".join([line, *(_MARGIN + visible(row) for row in rows)])


def _shown(value: object) -> str:
    return visible(str(value))


def _quoted(value: object) -> str:
    """Return a value as it stands where it is one word, else in quotes."""
    if isinstance(value, str) and value.isprintable() and value and not set(value) & set(" ='\""):
        return value
    return repr(value)
