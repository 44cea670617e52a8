"""Payloads have the keys and the types of those that GitHub sent, of their event and of their action."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.github_double.changes import NOTHING
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Hook, News
from tests.github_double.payloads import payload, ping

JSON = Any
EXAMPLES = Path(__file__).parents[1] / "sync" / "news" / "payloads" / "examples.jsonl.gz"
TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
MERGED = "/pull_request/merged_at"
"""No example is of a request that was merged."""
GRANTED = "/installation/permissions"
"""What an App is granted differs from App to App."""

KINDS = (
    ("installation", "suspend"),
    ("installation", "unsuspend"),
    ("package", "published"),
    ("ping", ""),
    ("pull_request", "closed"),
    ("pull_request", "converted_to_draft"),
    ("pull_request", "edited"),
    ("pull_request", "labeled"),
    ("pull_request", "opened"),
    ("pull_request", "ready_for_review"),
    ("pull_request", "reopened"),
    ("pull_request", "synchronize"),
    ("pull_request", "unlabeled"),
    ("push", ""),
    ("release", "created"),
    ("release", "deleted"),
    ("release", "edited"),
    ("release", "prereleased"),
    ("release", "published"),
    ("release", "released"),
    ("release", "unpublished"),
)
UNSHOWN = {("registry_package", "published")}
"""What nobody gave away as an example; GitHub's description is what it is held to."""

Kind = tuple[str, str]
Payloads = Mapping[Kind, list[JSON]]


@pytest.fixture(scope="module")
def examples() -> Payloads:
    """Return what GitHub sent."""
    found: defaultdict[Kind, list[JSON]] = defaultdict(list)
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = json.loads(line)
            found[parts["event"], parts["payload"].get("action", "")].append(parts["payload"])
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Payloads:
    """Return what the double sends when everything happens that it knows of."""
    found: defaultdict[Kind, list[JSON]] = defaultdict(list)
    with GitHubDouble(tmp_path_factory.mktemp("github")) as github:

        def take(news: News) -> None:
            found[news.event, news.action].append(payload(github.state, news, None))

        github.state.announce = take
        happen(github)
        found["ping", ""].append(ping(github.state, a_hook(github)))
    return found


def a_hook(github: GitHubDouble) -> Hook:
    repository, now = github.repository("acme/pinged"), github.state.now()
    config = {"url": "https://sync.acme.example/", "content_type": "json"}
    return Hook(github.state.new_id(), repository, config, ("release",), True, now, now)


def happen(github: GitHubDouble) -> None:
    repository, octocat = github.repository("acme/podinfo"), github.by("octocat")
    octocat.create_release(repository, "v2", prerelease=True)
    release = octocat.create_release(repository, "v1")
    octocat.edit_release(repository, release, name="One", body="The first.")
    octocat.edit_release(repository, release, draft=True)
    octocat.delete_release(repository, release)
    request = octocat.open_pull_request(repository, "feature", labels=("bug",))
    octocat.push_to(repository, request)
    octocat.edit_pull_request(repository, request, title="A title")
    octocat.label(repository, request, "preview")
    octocat.unlabel(repository, request, "preview")
    octocat.make_draft(repository, request, draft=True)
    octocat.make_draft(repository, request, draft=False)
    octocat.close(repository, request)
    octocat.reopen(repository, request)
    octocat.close(repository, request, merge_commit="a" * 40)
    octocat.moved_branch(repository, "refs/heads/main", NOTHING, "a" * 40)
    octocat.publish_package(repository, "podinfo", "6.7.0")
    installation = github.install(github.app("gitopsmith"), "acme")
    octocat.suspend(installation)
    octocat.unsuspend(installation)


def test_every_kind_that_the_double_sends_is_looked_at(made: Payloads) -> None:
    assert set(made) == {*KINDS, *UNSHOWN}


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_no_key_is_missing_that_every_example_has(made: Payloads, examples: Payloads, kind: Kind) -> None:
    always = {
        path: set.intersection(*map(set, objects)) for path, objects in objects_in(of_event(examples, kind)).items()
    }
    # Those of an action have few authors: beside the uppermost keys, what they share may well be by chance.
    for example in examples.get(kind, ())[:1]:
        always[""] |= set.intersection(set(example), *map(set, examples[kind])) - {"installation", "organization"}
    for path, objects in objects_in(made[kind]).items():
        if path != GRANTED:
            for one in objects:
                assert always.get(path, set()) <= set(one), path


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_every_value_has_the_type_of_the_examples(made: Payloads, examples: Payloads, kind: Kind) -> None:
    """Whether it may be null, GitHub's description says, to which each payload is held as it is made."""
    shown = types_in(of_event(examples, kind))
    shown[MERGED].add("string")
    for path, types in types_in(made[kind]).items():
        assert types <= shown.get(path, types), path


def of_event(payloads: Payloads, kind: Kind) -> list[JSON]:
    return [one for (event, _), ones in payloads.items() if event == kind[0] for one in ones]


def values_in(value: JSON, path: str = "") -> Iterator[tuple[str, JSON]]:
    """Yield a value and all that it holds, each with the keys that lead there."""
    yield path, value
    if isinstance(value, dict):
        for key, held in value.items():
            yield from values_in(held, f"{path}/{key}")
    elif isinstance(value, list):
        for held in value:
            yield from values_in(held, f"{path}/")


def objects_in(payloads: list[JSON]) -> defaultdict[str, list[dict[str, JSON]]]:
    found: defaultdict[str, list[dict[str, JSON]]] = defaultdict(list)
    for path, value in chain.from_iterable(map(values_in, payloads)):
        if isinstance(value, dict):
            found[path].append(value)
    return found


def types_in(payloads: list[JSON]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path, value in chain.from_iterable(map(values_in, payloads)):
        if value is not None:
            found[path].add(TYPES[type(value)])
    return found
