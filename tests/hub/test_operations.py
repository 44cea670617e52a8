"""What metrics call a call: they name nobody and nothing, so they stay few."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from generator.hub.operations import operation
from tests import github_double

OPERATIONS = json.loads((Path(github_double.__file__).parent / "openapi" / "api.json").read_text())["operations"]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.parametrize("value", ["releases", "feature", "0a1b2c3d", "repos"])
def test_every_operation_has_one_name_whatever_it_is_asked_of(name: str, value: str) -> None:
    verb, path = name.split()
    numbered = re.sub(r"\{\w+_(id|number)\}", "4711", path)
    asked = re.sub(r"\{\w+\}", value, numbered)
    assert operation(verb, f"{asked}?per_page=100") == f"{verb} {re.sub(r'{[^}]*}', '{}', path)}"


def test_a_repository_by_its_number_has_a_name_of_its_own() -> None:
    assert operation("GET", "/repositories/4711/releases") == "GET /repositories/{}/releases"


def test_a_name_of_many_parts_is_one() -> None:
    assert operation("GET", "/repos/a/b/git/ref/heads/x/y") == "GET /repos/{}/{}/git/ref/{}"


def test_what_is_no_word_is_a_name() -> None:
    assert operation("GET", "/app/Ünïcode/4711") == "GET /app/{}/{}"
