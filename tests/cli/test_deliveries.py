"""`gitopsmith deliveries`: what came is looked at and tried again without what commits it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from generator.cli.deliveries import COLUMNS
from generator.cli.listing import table
from generator.sync.store.inbox import opened_inbox
from tests.sync.told import delivery, release

Run = Callable[..., Any]

LOOK = """
import sys
from generator.cli.main import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
SLOW = {"generator.core.documents", "generator.sync.service", "dbos", "git", "github", "requests", "starlette"}


ONE, OTHER = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "1b9d6bce-bbfd-4b2d-9b5d-ab8dfbbd4bed"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a database with two deliveries whose ids are alike."""
    url = f"sqlite:///{tmp_path}/sync.db"
    with opened_inbox(url, create=True) as inbox:
        for number, name in enumerate((ONE, OTHER)):
            inbox.add(delivery("release", release(f"v7.0.{number}"), name=name))
    return url


def test_a_table_shows_as_much_of_an_id_as_is_needed_and_json_all(run: Run, tmp_path: Path, database: str) -> None:
    listed = run(tmp_path, "deliveries", "list", "--database-url", database)
    assert " 1b9d6bcd " in listed.out
    assert "REASON" in listed.out
    assert ONE not in listed.out
    told = json.loads(run(tmp_path, "deliveries", "list", "--database-url", database, "--format", "json").out)
    assert {row["id"] for row in told} == {ONE, OTHER}


def test_an_id_stays_in_one_piece_on_a_narrow_terminal() -> None:
    told = ("2026-01-31T12:00:00Z", "1b9d6bcd", "pull_request synchronize", "acme-corporation/podinfo", "waiting")
    row = dict(
        zip(COLUMNS, (*told, "committed 3f2c1a9", "the image ghcr.io/acme/podinfo:1 is not there yet"), strict=True)
    )
    shown = StringIO()
    Console(file=shown, width=80).print(table(COLUMNS, (row,)))
    assert " 1b9d6bcd " in shown.getvalue()
    assert " REASON" in shown.getvalue()


def test_a_delivery_is_named_by_how_its_id_begins(run: Run, tmp_path: Path, database: str) -> None:
    shown = run(tmp_path, "deliveries", "show", "1b9d6bcd", "--database-url", database)
    assert json.loads(shown.out)["id"] == ONE
    assert (
        f"{OTHER} is tried again." in run(tmp_path, "deliveries", "retry", "1b9d6bce", "--database-url", database).err
    )
    both = run(tmp_path, "deliveries", "show", "1b9d6", "--database-url", database)
    assert (both.code, "2 deliveries begin with `1b9d6`." in both.err) == (1, True)
    none = run(tmp_path, "deliveries", "show", "2b9d", "--database-url", database)
    assert (none.code, "There is no delivery `2b9d`." in none.err) == (1, True)


def test_deliveries_are_listed_by_state_and_by_repository(run: Run, tmp_path: Path, database: str) -> None:
    for option, code, said in (
        ("--only=waiting", 0, "1b9d6bcd"),
        ("--only=done", 0, "No deliveries."),
        ("--repo=Acme/Podinfo", 0, "1b9d6bcd"),
        ("--repo=podinfo", 1, "`podinfo` is not OWNER/NAME"),
    ):
        ran = run(tmp_path, "deliveries", "list", option, "--database-url", database)
        assert (ran.code, said in ran.out + ran.err) == (code, True), ran


def test_a_payload_is_signed_from_the_file_of_secrets(run: Run, tmp_path: Path) -> None:
    payload, secrets = tmp_path / "release.json", tmp_path / "secrets.yaml"
    payload.write_text(json.dumps(release("v7.0.0")))
    secrets.write_text("acme/other: 0123456789abcdef\n")
    secrets.chmod(0o600)
    ran = run(
        tmp_path,
        "deliveries",
        "send",
        "release.json",
        "--event=release",
        f"--webhook-secrets={secrets}",
        "--timeout=1s",
    )
    assert (ran.code, "no webhook secret for acme/podinfo" in ran.err) == (1, True), ran


@pytest.mark.parametrize(("verb", "said"), [("list", "v7.0.0"), ("show v7.0.0", "acme/podinfo"), ("retry v7.0.0", "")])
def test_the_inbox_is_opened_without_the_rest_of_the_sync(tmp_path: Path, verb: str, said: str) -> None:
    url = f"sqlite:///{tmp_path}/sync.db"
    with opened_inbox(url, create=True) as inbox:
        inbox.add(delivery("release", release("v7.0.0"), name="v7.0.0"))
    command = [sys.executable, "-c", LOOK, "deliveries", *verb.split(), "--database-url", url]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert said in ran.stdout
    assert not SLOW & set(ran.stderr.split())
