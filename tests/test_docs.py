"""The documentation says what the product does: rules, commands and links are held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from generator.checking.findings import RULES
from generator.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_rule_of_the_check_is_documented() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/check.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(RULES)


def test_every_command_is_in_the_readme() -> None:
    verbs = getattr(get_command(cli), "commands", {})
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert verbs
    for verb in verbs:
        assert re.search(rf"^\| `{verb}\b", table, re.MULTILINE), f"{verb} is missing from the README's table"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"
