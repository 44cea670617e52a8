"""The documentation says what the product does: rules, commands and links are held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from generator.checking.findings import RULES
from generator.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("examples/*/README.md")),
]


def test_every_rule_of_the_check_is_documented() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/check.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(RULES)


def test_every_command_is_in_the_readme() -> None:
    verbs = getattr(get_command(cli), "commands", {})
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert verbs
    for verb in verbs:
        assert re.search(rf"^\| `{verb}\b", table, re.MULTILINE), f"{verb} is missing from the README's table"


def test_every_page_of_the_documentation_is_linked_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in text, f"README.md does not link to {page.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        there = (page.parent / link).resolve() if link else page
        assert there.exists(), f"{page.name} links to {link}"
        assert not heading or heading in anchors(there), f"{page.name} links to {link}#{heading}"


def anchors(page: Path) -> set[str]:
    """Return what GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
