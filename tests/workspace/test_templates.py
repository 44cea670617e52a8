"""Which template a name means: the organization's own before those that ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.record import Record
from generator.core.tree import File, MemoryTree
from generator.templating.library import load_builtin
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.proposal import Proposal
from generator.workspace.templates import (
    app_template,
    app_template_names,
    component_template,
    item,
    item_names,
    own_items,
    recorded,
)
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]

LAYOUT = Layout()
OWN = MemoryTree(
    {
        "catalog/loki/copier.yml": File(b"size: {type: int, default: 1}\n"),
        "catalog/worker/copier.yml": File(b"_gitopsmith: {kind: app}\n"),
        "catalog/worker/deep/copier.yml": File(b"{}"),
        "catalog/README.md": File(b""),
    }
)


def test_the_organizations_own_items_are_those_with_a_copier_yml() -> None:
    assert own_items(OWN, LAYOUT) == ["loki", "worker"]
    assert {"loki", "worker", "cert-manager"} <= set(item_names(OWN, LAYOUT))


def test_an_own_item_wins_over_the_one_that_ships() -> None:
    assert list(item(OWN, LAYOUT, "loki").template.questions) == ["size"]
    assert len(item(MemoryTree(), LAYOUT, "loki").template.questions) > 1


def test_an_app_template_is_of_that_kind() -> None:
    assert app_template_names(OWN, LAYOUT) == ["chart", "service", "worker"]
    assert app_template(OWN, LAYOUT, "worker").reference == "catalog:worker"
    assert app_template(OWN, LAYOUT, "service").reference == "builtin:service"
    for name in ("loki", "cluster", "nothing"):
        with pytest.raises(UserError, match=f"no app template `{name}`"):
            app_template(OWN, LAYOUT, name)
    with pytest.raises(UserError, match="kind `app`") as refused:
        component_template(OWN, LAYOUT, "worker")
    assert "gitopsmith app add" in refused.value.hint


def test_a_record_finds_its_template_at_its_very_version_only() -> None:
    service = load_builtin("templates", "service")
    assert recorded(Record("builtin:service", service.digest), None, LAYOUT) is service
    assert recorded(Record("builtin:service", "sha256:other"), None, LAYOUT) is None
    assert recorded(Record("builtin:gone", "sha256:other"), None, LAYOUT) is None
    own = item(OWN, LAYOUT, "loki").template
    assert recorded(Record("catalog:loki", own.digest), OWN, LAYOUT) is not None
    assert recorded(Record("catalog:loki", own.digest), None, LAYOUT) is None


def test_an_app_from_a_template_of_the_organizations_own(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    folder = out / "acme/acme-gitops/catalog/worker"
    folder.mkdir()
    (folder / "copier.yml").write_text(
        "_gitopsmith: {kind: app}\nname: {type: str, default: x}\nimage: {type: str, default: x}\n"
    )
    (folder / "{{ name }}.yaml.jinja").write_text('kind: "{{ image }}"\n')
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--message", "A template of our own")
    worker = NewApp("mail", "acme/mail", template="worker", image="ghcr.io/acme/mail")
    commit(add_app(acme(), worker, ["staging"], None, force=False))
    rendered = out / "acme-apps/acme-gitops/registry/environments/staging/prod-eu/mail.yaml"
    assert rendered.read_text() == 'kind: "ghcr.io/acme/mail"\n'
    # What the documents say is enough for the next command.
    assert add_app(acme(), NewApp("mail", "acme/mail"), ["staging"], None, force=False).repositories == ()
