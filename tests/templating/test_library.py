"""The templates that ship are found in a checkout and in an installed package, and parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.templating import library
from generator.templating.library import builtin_folder, builtin_names, load_builtin


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the library look into a package in a checkout of its own, and forget it afterwards."""
    for cached in (builtin_names, load_builtin):
        cached.cache_clear()
    monkeypatch.setattr(library, "_PACKAGE", tmp_path / "generator")
    yield tmp_path / "generator"
    for cached in (builtin_names, load_builtin):
        cached.cache_clear()


def _put(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "copier.yml").write_text(f"name: {name}\n")


def test_a_checkout_keeps_them_at_its_top(package: Path) -> None:
    _put(package.parent / "templates", "b")
    _put(package.parent / "templates", "a")
    (package.parent / "templates" / "no-template").mkdir()
    assert builtin_folder("templates") == package.parent / "templates"
    assert builtin_names("templates") == ("a", "b")


def test_an_installed_package_keeps_them_inside_and_that_wins(package: Path) -> None:
    _put(package.parent / "catalog", "other")
    _put(package / "data" / "catalog", "mine")
    assert builtin_names("catalog") == ("mine",)


def test_a_template_is_parsed_once(package: Path) -> None:
    _put(package.parent / "catalog", "a")
    template = load_builtin("catalog", "a")
    assert template.name == "a"
    assert template.questions["name"].default == "a"
    assert load_builtin("catalog", "a") is template


def test_an_unknown_name_is_refused_with_what_is_close(package: Path) -> None:
    _put(package.parent / "catalog", "cert-manager")
    with pytest.raises(UserError) as caught:
        load_builtin("catalog", "certmanager")
    assert str(caught.value) == "There is no catalog item `certmanager`.\nDid you mean cert-manager?"
    with pytest.raises(UserError) as caught:
        load_builtin("catalog", "../secrets")
    assert str(caught.value) == "There is no catalog item `../secrets`.\nThere are: cert-manager."


def test_a_damaged_installation_is_named(package: Path) -> None:
    with pytest.raises(UserError, match="The templates of gitopsmith are missing from"):
        load_builtin("templates", "a")


def test_the_templates_of_this_checkout_are_found() -> None:
    assert "cluster" in builtin_names("templates")
    assert "cert-manager" in builtin_names("catalog")
