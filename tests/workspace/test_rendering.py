"""Instances: their record is enough to render the same bytes again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.core.layout import RECORDS
from generator.core.record import BUILTIN_ITEM, parse_record
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.proposal import Proposal
from generator.workspace.rendering import at
from generator.workspace.templates import recorded
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Open = Callable[[], Workspace]


def test_every_record_renders_the_same_bytes_again(acme: Open, commit: Commit) -> None:
    chart = "oci://ghcr.io/stefanprodan/charts/podinfo"
    for app in (
        NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0"),
        NewApp("info", "acme/podinfo", chart=chart, version="6.7.0", data={"values": "{a: {b: 'yes'}}"}),
    ):
        commit(add_app(acme(), app, ["staging"], None, force=False))
    workspace, seen = acme(), set()
    for role in ("platform", "application"):
        tree, layout = workspace.tree(role), workspace.layout
        for place in layout.places(tree.under(RECORDS)):
            file = tree.get(place.record)
            assert file is not None
            record = parse_record(file.data, place.record)
            assert record.dump() == file.data
            template = recorded(record, workspace.tree("platform"), layout)
            assert template is not None
            if record.template.startswith(BUILTIN_ITEM):
                again: MemoryTree = template.tree
            else:
                again = render(template, resolve(template, record.answers))
            for path, rendered in at(place.destination, again).items():
                assert tree.get(path) == rendered
            seen.add(record.template.partition(":")[0])
    assert seen == {"builtin", "builtin-item", "catalog"}


def test_records_are_mirrored_by_path(out: Path) -> None:
    for repository in (out / "acme/acme-gitops", out / "acme-apps/acme-gitops"):
        records = repository / RECORDS
        paths = list(records.rglob("*.yaml"))
        assert len(paths) > 1
        for path in paths:
            place = repository / path.relative_to(records).with_suffix("")
            assert place.exists() or place.with_suffix(".yaml").exists() or path.name == "repository.yaml"
