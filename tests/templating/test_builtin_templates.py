"""Every template that ships renders to what copier renders it to, with the defaults and with each of its choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest

from generator.core.errors import UserError
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.library import builtin_folder, builtin_names, load_builtin
from generator.templating.render import render

Kind = Literal["templates", "catalog"]

REQUIRED: Mapping[str, object] = {
    "org": "Acme-Corp",
    "app_org": "acme-apps",
    "org_name": "acme-corp",
    "platform_repo_url": "https://github.com/Acme-Corp/Acme-Corp-gitops.git",
    "application_repo_url": "https://github.com/acme-apps/Acme-Corp-gitops.git",
    "cluster": "prod-eu",
    "management_cluster": "management",
    "host_cluster": "prod-eu",
    "cluster_type": "physical",
    "cloud": "aws",
    "region": "eu-west-1",
    "domain": "prod-eu.acme.example.com",
    "environment": "staging",
    "name": "podinfo",
    "path": "registry/clusters/prod-eu/components/podinfo",
    "namespace": "podinfo-staging",
    "application_name": "podinfo-staging",
    "source_owner": "acme",
    "source_repo": "podinfo",
    "image": "ghcr.io/acme/podinfo",
    "chart": "ghcr.io/acme/charts/podinfo",
    "version": "1.10",
}
"""An answer for each question that may come without a default."""


def _every_template() -> Iterator[tuple[Kind, str]]:
    kinds: tuple[Kind, ...] = ("templates", "catalog")
    for kind in kinds:
        for name in builtin_names(kind):
            yield kind, name


def _choices(raw: object) -> list[object]:
    """Return the values of choices that are written out."""
    values = list(raw.values()) if isinstance(raw, dict) else raw if isinstance(raw, list) else []
    return [value for value in values if isinstance(value, (str, int)) and "{" not in str(value)]


def _variants(kind: Kind, name: str) -> Iterator[dict[str, object]]:
    """Yield the defaults, then each choice of each question alone, then choices of all questions together."""
    questions = load_builtin(kind, name).questions.values()
    base = {question.name: REQUIRED[question.name] for question in questions if question.required}
    yield base
    choices = {q.name: found for q in questions if not q.multiselect and (found := _choices(q.choices))}
    for question, found in choices.items():
        yield from (base | {question: choice} for choice in found)
    for turn in range(max(map(len, choices.values()), default=0)):
        yield base | {question: found[turn % len(found)] for question, found in choices.items()}


@pytest.mark.parametrize(
    ("kind", "name"), [pytest.param(kind, name, id=f"{kind}/{name}") for kind, name in _every_template()]
)
def test_renders_what_copier_renders(
    kind: Kind, name: str, tmp_path: Path, oracle: Callable[[Path, Mapping[str, object]], MemoryTree]
) -> None:
    template = load_builtin(kind, name)
    for number, data in enumerate(_variants(kind, name)):
        try:
            actual = render(template, resolve(template, data))
        except UserError:
            assert number > 0, "the defaults must do"
            with pytest.raises(Exception, match=r".+"):
                oracle(builtin_folder(kind) / name, data)
            continue
        expected = oracle(builtin_folder(kind) / name, data)
        assert {path: actual.get(path) for path in actual.under("")} == {
            path: expected.get(path) for path in expected.under("")
        }, data


def test_no_template_that_ships_needs_copier() -> None:
    needing = [name for kind, name in _every_template() if load_builtin(kind, name).needs_copier]
    assert needing == []


def test_the_digest_of_a_template_tells_its_files_apart() -> None:
    digests = [load_builtin(kind, name).digest for kind, name in _every_template()]
    assert len(set(digests)) == len(digests)
