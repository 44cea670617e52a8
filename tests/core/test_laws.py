"""The design's laws over every intent: idempotent, byte-exact, only what is ours, the same each time.

Law 1 is proven where changes are written (`tests/gitrepo/writing/test_laws.py`), law 3 for every edit of any file
beside the editor (`tests/core/yamltext/test_laws.py`), law 5 beside what collects previews (`test_previews.py`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import Change, ChangedTree
from generator.core.documents import Preview
from generator.core.errors import UserError
from generator.core.instants import parse_instant, show_instant
from generator.core.intents import AddInstance, EnsurePreview, Promote, RemoveInstance, RemovePreview, SetVersion
from generator.core.layout import Layout, Place
from generator.core.plan import plan_instances
from generator.core.plan_version import plan_promotion, plan_versions
from generator.core.preview_names import preview_name
from generator.core.preview_plan import decide, plan_closing, plan_opening
from generator.core.previews import ENVIRONMENT, marks, previews_in, previews_of
from generator.core.pull_requests import PullRequest
from generator.core.record import Record
from generator.core.tree import File, MemoryTree, Tree, as_memory
from generator.core.version_field import VersionField

LAYOUT = Layout()
APPS, ENVIRONMENTS, CLUSTERS = ("api", "web"), ("dev", "staging"), ("eu", "us")
POLICY, LIMIT = Preview(), 2
BY_HAND = b"# by hand\n"
SPRING = parse_instant("2026-03-20T00:00:00Z")

Versions = tuple[SetVersion, ...]
"""What one piece of news leads to."""

Intent = Versions | Promote | EnsurePreview | RemovePreview | AddInstance | RemoveInstance


@dataclass(frozen=True)
class State:
    """The two branches of an application repository."""

    main: Tree
    pristine: Tree

    def after(self, change: Change, pristine: Change) -> State:
        return State(ChangedTree(self.main, change.edits), ChangedTree(self.pristine, pristine.edits))

    def files(self) -> dict[str, File]:
        return {path: file for path in self.main.under("") if (file := self.main.get(path))}


def plan(state: State, intent: Intent) -> tuple[Change, Change]:
    """Return what an intent changes on both branches, rendered where it needs to be."""
    match intent:
        case Promote():
            return plan_promotion(state.main, LAYOUT, intent), Change({}, "")
        case EnsurePreview():
            opening = decide(intent, POLICY, CLUSTERS[0], previews_in(state.main, LAYOUT, intent.app), LIMIT)
            if opening.refusal:
                return Change({}, "", notes=(opening.refusal,)), Change({}, "")
            labels, annotations = marks(
                intent.app,
                f"acme/{intent.app}",
                intent.pull_request,
                updated=opening.updated,
                expires=opening.expires,
                pinned=opening.pinned,
            )
            name = preview_name(intent.app, intent.pull_request.number)
            rendered = instance(ENVIRONMENT, CLUSTERS[0], name, intent.pull_request.sha, {**labels, **annotations})
            opened = plan_opening(state.main, state.pristine, LAYOUT, intent, opening, rendered)
            return opened.main, opened.pristine
        case RemovePreview():
            present = previews_of(state.main, LAYOUT, intent.app, intent.number)
            closed = plan_closing(state.main, state.pristine, LAYOUT, intent, present)
            return closed.main, closed.pristine
        case AddInstance() | RemoveInstance():
            planned = plan_instances(state.main, state.pristine, LAYOUT, [intent])
            return Change(planned.main, "instance"), Change(planned.pristine, "instance")
        case _:
            return plan_versions(state.main, LAYOUT, intent), Change({}, "")


def instance(
    environment: str, cluster: str, name: str, version: str, annotations: Mapping[str, str] = {}, body: str = ""
) -> AddInstance:
    """Return an app as a small template renders it: comments, quotes and odd spaces are the template's own."""
    place = LAYOUT.app_place(environment, cluster, name)
    path = f"{name}/kustomization.yaml"
    record = Record(
        "builtin:service",
        "1",
        {"version": version, "annotations": dict(annotations)},
        version_fields=(VersionField(path, "images[name=x].newTag"),),
    )
    text = f"# {name}: left as it is\nimages:\n-   name: 'x'\n    newTag: \"{version}\"   # set by machines\n{body}"
    lines = "".join(f"{key}: {value}\n" for key, value in annotations.items())
    return AddInstance(
        place,
        {
            place.record: File(record.dump()),
            f"{place.destination}/{path}": File(text.replace("\n", "\r\n").encode() if body else text.encode()),
            f"{place.destination}/{name}.yaml": File(f"kind: Application\n{lines}".encode()),
        },
    )


versions = st.sampled_from(["1.0.0", "1.1.0", "1.10", "2.0.0-rc.1", "3f2c1a9"])
apps, environments, clusters = st.sampled_from(APPS), st.sampled_from(ENVIRONMENTS), st.sampled_from(CLUSTERS)
bodies = st.sampled_from(["", "replicas: []\n", "namePrefix: x-"])
set_version = st.builds(SetVersion, apps, environments, versions, st.none() | clusters, allow_downgrade=st.booleans())
pull_requests = st.builds(
    lambda number, sha, days, pinned: PullRequest(
        number,
        sha * 40,
        f"feat/{sha}",
        updated_at=show_instant(SPRING + days * 86_400),
        labels=(POLICY.pin,) if pinned else (),
    ),
    st.integers(1, 4),
    st.sampled_from("ab"),
    st.integers(0, 5),
    st.booleans(),
)
added = st.builds(
    lambda env, cluster, app, version, body: instance(env, cluster, app, version, body=body),
    environments,
    clusters,
    apps,
    versions,
    bodies,
)
removed = st.builds(
    lambda env, cluster, app: RemoveInstance(LAYOUT.app_place(env, cluster, app)), environments, clusters, apps
)
intents: st.SearchStrategy[Intent] = st.one_of(
    st.lists(set_version, min_size=1, max_size=3).map(tuple),
    st.builds(Promote, apps, environments, environments, st.booleans()),
    st.builds(lambda app, told: EnsurePreview(app, told, told.updated_at), apps, pull_requests),
    st.builds(RemovePreview, apps, st.integers(1, 4)),
    added,
    removed,
)


@st.composite
def states(draw: st.DrawFn) -> State:
    """A repository with a past: what was planned before, and comments that people wrote into some files."""
    state = State(MemoryTree(), MemoryTree())
    for intent in [*draw(st.lists(added, min_size=3, max_size=6)), *draw(st.lists(intents, max_size=6))]:
        try:
            state = state.after(*plan(state, intent))
        except UserError:
            continue
    manifests = [path for path in state.main.under("") if not path.startswith(".gitopsmith/")]
    for path in draw(st.lists(st.sampled_from(manifests), max_size=2, unique=True)) if manifests else ():
        file = state.main.get(path)
        assert file
        state = State(ChangedTree(state.main, {path: File(BY_HAND + file.data)}), state.pristine)
    return State(as_memory(state.main), as_memory(state.pristine))


def planned(state: State, intent: Intent) -> tuple[Change, Change]:
    """Return what is planned; nothing where it is refused."""
    try:
        return plan(state, intent)
    except UserError:
        return Change({}, "refused"), Change({}, "refused")


def places(intent: Intent) -> Iterator[Place]:
    """Yield the instances that an intent may touch."""
    match intent:
        case Promote():
            yield from (LAYOUT.app_place(intent.target, cluster, intent.app) for cluster in CLUSTERS)
        case EnsurePreview() | RemovePreview():
            numbers = range(1, 5) if isinstance(intent, EnsurePreview) else [intent.number]
            for number in numbers:
                yield LAYOUT.app_place(ENVIRONMENT, CLUSTERS[0], preview_name(intent.app, number))
        case AddInstance() | RemoveInstance():
            yield intent.place
        case _:
            for one in intent:
                meant = [one.cluster] if one.cluster else CLUSTERS
                yield from (LAYOUT.app_place(one.environment, cluster, one.app) for cluster in meant)


@given(states(), intents)
def test_law_2_what_is_applied_is_not_planned_again(state: State, intent: Intent) -> None:
    after = state.after(*planned(state, intent))
    again = planned(after, intent)
    assert (again[0].edits, again[1].edits) == ({}, {})


@given(states(), intents.filter(lambda intent: isinstance(intent, (tuple, Promote))))
def test_law_3_a_version_changes_that_scalars_bytes_and_no_other_byte(state: State, intent: Intent) -> None:
    for path, file in planned(state, intent)[0].edits.items():
        before = state.main.get(path)
        assert before is not None
        assert file is not None
        assert file.mode == before.mode
        field = VersionField("", "images[name=x].newTag")
        old, new = field.read(before), field.read(file)
        assert file.data == before.data.replace(f'newTag: "{old}"'.encode(), f'newTag: "{new}"'.encode())


@given(states(), intents)
def test_law_4_only_files_of_the_intents_own_instances_change(state: State, intent: Intent) -> None:
    mine = list(places(intent))
    for change in planned(state, intent):
        for path in change.edits:
            assert any(
                path == place.record
                or any(path == root or (root.endswith("/") and path.startswith(root)) for root in place.roots)
                for place in mine
            ), path


@given(states(), intents)
def test_law_4_what_people_wrote_survives_or_stops_the_change(state: State, intent: Intent) -> None:
    after = state.after(*planned(state, intent)).files()
    for path, file in state.files().items():
        if file.data.startswith(BY_HAND):
            assert after[path].data.startswith(BY_HAND), path


@given(states(), intents)
def test_law_7_the_same_input_gives_the_same_bytes(state: State, intent: Intent) -> None:
    other = State(backwards(state.main), backwards(state.pristine))
    same = (
        AddInstance(intent.place, dict(reversed(list(intent.files.items()))))
        if isinstance(intent, AddInstance)
        else intent
    )
    assert told(*planned(state, intent)) == told(*planned(other, same))


def backwards(tree: Tree) -> Tree:
    """Return a tree that holds the same, put into it from the last path to the first."""
    return ChangedTree(MemoryTree(), {path: tree.get(path) for path in reversed(tree.under(""))})


def told(*changes: Change) -> str:
    """Return all that changes do and say, in their order."""
    return "\n".join(repr((list(change.edits.items()), change)) for change in changes)


def digest() -> str:
    """Return what a row of intents, each on what the former ones left, comes to."""
    request = PullRequest(7, "a" * 40, "feat/x", updated_at=show_instant(SPRING), labels=("x", POLICY.pin, "y"))
    row: list[Intent] = [
        *(instance(env, cluster, app, "1.0.0") for env in ENVIRONMENTS for cluster in CLUSTERS for app in APPS),
        tuple(SetVersion(app, env, "1.1.0", supersedes=("1 (1)", "2 (2)")) for app in APPS for env in ENVIRONMENTS),
        tuple(SetVersion(app, "nowhere" if app == "web" else "dev", "1.2.0") for app in APPS),
        Promote("api", "dev", "staging"),
        EnsurePreview("web", request, request.updated_at),
        RemovePreview("web", 7),
        RemoveInstance(LAYOUT.app_place("dev", "eu", "api")),
    ]
    state, found = State(MemoryTree(), MemoryTree()), ""
    for intent in row:
        changes = plan(state, intent)
        state, found = state.after(*changes), found + told(*changes)
    return hashlib.sha256(found.encode()).hexdigest()


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_law_7_the_same_bytes_whatever_the_order_of_hashes(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.core.test_laws import digest; print(digest())"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest()
