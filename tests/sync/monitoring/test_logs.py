"""What the sync tells: every line whole, naming its delivery, telling no secret, and nobody else's words as ours."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
import structlog

from generator.sync.monitoring.logs import Form, Level, configure
from generator.sync.monitoring.redaction import KnownSecrets
from tests.sync.monitoring.restored import LIBRARIES, restored_logs

TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
FORGED = "2026-01-01T00:00:00.000000Z [info     ] delivery accepted"

Configure = Callable[..., io.StringIO]


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Configure logs that are written to a text, and undo all of it at the end."""

    def run(form: Form | None = "json", level: Level = "info", **options: Any) -> io.StringIO:
        stream = io.StringIO()
        configure(form, level, stream=stream, **options)
        return stream

    with restored_logs():
        yield run


def log() -> Any:
    return structlog.get_logger("generator.sync.drain")


def fail(error: Exception, cause: Exception | None = None) -> NoReturn:
    raise error from cause


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# What a line says


def test_a_line_is_an_object_with_its_time_and_weight(configured: Configure) -> None:
    stream = configured()
    log().info("delivery accepted", action="published", size=3)
    (line,) = told(stream)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])).total_seconds()) < 60
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {
        "level": "info",
        "event": "delivery accepted",
        "logger": "generator.sync.drain",
        "action": "published",
        "size": 3,
    }


def test_a_line_for_people_says_the_same(configured: Configure) -> None:
    stream = configured("console")
    log().warning("delivery put off", delivery="d-1", reason="the remote is away", empty="")
    timestamp, _, rest = stream.getvalue().partition(" ")
    assert datetime.fromisoformat(timestamp).tzinfo is UTC
    assert rest == (
        "[warning  ] delivery put off logger=generator.sync.drain delivery=d-1 reason='the remote is away' empty=''\n"
    )


def test_libraries_speak_in_the_same_form_and_once(configured: Configure) -> None:
    for name in ("uvicorn", "uvicorn.access", "dbos", "github", "sqlalchemy"):
        logging.getLogger(name).addHandler(logging.StreamHandler(io.StringIO()))
        logging.getLogger(name).propagate = False
    stream = configured()
    for name in LIBRARIES:
        logging.getLogger(name).error("%s failed", name)
    assert [(line["event"], line["logger"], line["level"]) for line in told(stream)] == [
        (f"{name} failed", name, "error") for name in LIBRARIES
    ]


def test_dbos_adds_no_handler_of_its_own(configured: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    from dbos._logger import init_logger  # noqa: PLC0415 - slow to import

    stream = configured()
    init_logger()
    logging.getLogger("dbos").error("Executor is gone")
    assert [line["event"] for line in told(stream)] == ["Executor is gone"]
    assert capsys.readouterr() == ("", "")


def test_warnings_of_python_are_lines_too(configured: Configure) -> None:
    stream = configured()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old ways", UserWarning, stacklevel=1)
    assert "UserWarning: old ways" in told(stream)[0]["event"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["ours debug", "ours info", "ours error", "dbos info", "dbos warning", "dbos error"]),
        ("info", ["ours info", "ours error", "dbos warning", "dbos error"]),
        ("error", ["ours error", "dbos error"]),
    ],
)
def test_the_level_bounds_what_is_told(configured: Configure, level: Level, expected: list[str]) -> None:
    stream = configured("json", level)
    for weight in ("debug", "info", "error"):
        getattr(log(), weight)(f"ours {weight}")
    for weight in ("info", "warning", "error"):
        getattr(logging.getLogger("dbos"), weight)(f"dbos {weight}")
    assert [line["event"] for line in told(stream)] == expected


def test_configured_again_everything_is_told_once_in_the_new_form(configured: Configure) -> None:
    before, after = configured("json"), configured("console")
    log().info("ours")
    logging.getLogger("uvicorn.error").error("theirs")
    assert before.getvalue() == ""
    assert len(after.getvalue().splitlines()) == 2


# What must not be told


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_told_wherever_it_stands(configured: Configure, form: Form) -> None:
    known = ["hunter2", "added-later"]
    secrets = KnownSecrets(known[:1])
    stream = configured(form, secrets=secrets)
    secrets.add(known[1])
    log().info(f"hunter2 {TOKEN}", hunter2="x", nested={"a": ["added-later", {"b": b"hunter2"}]})
    log().info("names", headers={"Authorization": "Basic abc", "X-Token": "abc"}, webhook_secret="abc", n=1)
    logging.getLogger("github.Requester").error("PUT %s", f"https://x:{TOKEN}@github.com")
    try:
        fail(ValueError(f"refused hunter2 and {TOKEN}"))
    except ValueError:
        log().exception("it broke", error=ValueError("hunter2"))
    for secret in (*known, TOKEN, "abc"):
        assert secret not in stream.getvalue()
    assert stream.getvalue().count("***") > 10
    assert "github.com" in stream.getvalue()


def test_a_secret_that_is_cut_off_leaves_no_half(configured: Configure) -> None:
    stream = configured(secrets=KnownSecrets(["hunter2" * 10]))
    log().info(
        "a" * (20_000 - 30) + "hunter2" * 10, payload=["x" * 30_000] * 1000, deep=json.loads("[" * 90 + "]" * 90)
    )
    (line,) = told(stream)
    assert "hunter2" not in line["event"]
    assert len(line["event"]) <= 20_000
    assert {len(item) for item in line["payload"]} == {20_001}
    assert len(line["payload"]) == 200


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\x1b[2K\r"])
def test_no_text_from_outside_looks_like_a_line_of_ours(configured: Configure, end: str) -> None:
    hostile = f"feature{end}{FORGED}"
    stream = configured("console")
    log().info(hostile, branch=hostile, nested={hostile: [hostile]}, **{f"k{end}": 1})
    logging.getLogger("uvicorn.error").error(hostile)
    try:
        fail(ValueError(hostile))
    except ValueError:
        log().exception("it broke")
    lines = stream.getvalue().split("\n")
    assert not any(line.startswith((FORGED, "\x1b")) for line in lines)
    assert [line[:4] for line in lines if "T" in line[:12] and line[:4].isdigit()] == [str(datetime.now(UTC).year)] * 3
    assert all(char.isprintable() for line in lines for char in line)
    behind = lines[lines.index(next(line for line in lines if "it broke" in line)) + 1 : -1]
    assert all(line.startswith("  | ") for line in behind)
    assert behind


def test_halves_of_characters_and_what_json_has_no_word_for_are_told_nevertheless(configured: Configure) -> None:
    stream = configured()
    log().info(
        "odd",
        text="\ud800 \x00 \x7f é",
        number=float("nan"),
        endless=float("-inf"),
        when=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert stream.getvalue().isascii()
    assert stream.getvalue().strip().isprintable()
    (line,) = told(stream)
    assert line["text"] == "\ud800 \x00 \x7f é"
    assert (line["number"], line["endless"], line["when"]) == ("nan", "-inf", "2026-01-01 00:00:00+00:00")


def test_a_traceback_is_one_field(configured: Configure) -> None:
    stream = configured()
    try:
        fail(ValueError("second"), KeyError("first"))
    except ValueError:
        log().exception("it broke")
        logging.getLogger("uvicorn.error").exception("theirs broke")
    lines = told(stream)
    assert [line["level"] for line in lines] == ["error", "error"]
    for line in lines:
        assert "Traceback (most recent call last):" in line["exception"]
        assert "KeyError: 'first'" in line["exception"]
        assert line["exception"].endswith("ValueError: second")


# Where it is told


SPEAK = """
import logging, sys
from generator.sync.monitoring.logs import configure
import structlog
assert not logging.getLogger().handlers and not structlog.is_configured()
if len(sys.argv) > 1:
    configure()
    structlog.get_logger("x").info("hello")
"""


def run(*arguments: str, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SPEAK, *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True, check=True
    )


def test_importing_it_configures_nothing() -> None:
    done = run()
    assert (done.stdout, done.stderr) == ("", "")


def test_it_is_told_on_stderr_in_json_where_that_is_no_terminal() -> None:
    done = run("configured")
    assert done.stdout == ""
    assert json.loads(done.stderr)["event"] == "hello"


def test_it_is_told_in_colours_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    try:
        assert run("configured", stderr=theirs).stdout == ""
        line = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "hello" in line
    assert "\x1b[" in line
    assert "{" not in line
