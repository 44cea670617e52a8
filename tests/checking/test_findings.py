"""Findings: their order, and how they are written as text, JSON and GitHub workflow commands."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from generator.checking.checker import check
from generator.checking.findings import (
    RULES,
    Finding,
    Severity,
    format_github,
    format_json,
    format_text,
    has_errors,
    in_order,
)
from generator.checking.model import CheckedRepository
from generator.core.tree import File, MemoryTree

FOUND = Finding(Severity.ERROR, "schema", "apps", "a,b:c.yaml", 3, 5, "spec.x", "`spec.x` is 100% wrong.", "Mend\nit.")
NOTE = Finding(Severity.INFO, "template-drift", "platform", "b.yaml", 1, 1, "", "It was edited.")
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "manifests"
"""Public repositories beside the checkout, where they have been put."""


def test_text_has_a_line_for_the_place_and_one_for_what_to_do() -> None:
    assert format_text([FOUND]) == (
        "a,b:c.yaml:3:5: error: `spec.x` is 100% wrong. [schema]\n    Mend\\nit.\n1 error.\n"
    )


def test_text_names_the_repository_where_there_are_several() -> None:
    assert format_text([FOUND, NOTE]).splitlines() == [
        "apps:a,b:c.yaml:3:5: error: `spec.x` is 100% wrong. [schema]",
        "    Mend\\nit.",
        "platform:b.yaml:1:1: info: It was edited. [template-drift]",
        "1 error, 1 note.",
    ]


def test_text_of_nothing_says_so() -> None:
    assert format_text([]) == "No findings.\n"


def test_text_cannot_move_the_cursor_of_a_terminal() -> None:
    evil = Finding(Severity.ERROR, "name", "", "a\x1b[2J\n.yaml", 1, 1, "", "`\x1b[2J`")
    assert "\x1b" not in format_text([evil])
    assert len(format_text([evil]).splitlines()) == len(["the finding", "the count"])


def test_json_has_every_field_and_the_counts() -> None:
    document = json.loads(format_json([FOUND, NOTE]))
    assert document["counts"] == {"error": 1, "warning": 0, "info": 1}
    assert document["findings"][0] == {
        "severity": "error",
        "rule": "schema",
        "repository": "apps",
        "path": "a,b:c.yaml",
        "line": 3,
        "column": 5,
        "key": "spec.x",
        "message": "`spec.x` is 100% wrong.",
        "hint": "Mend\nit.",
    }


def test_github_commands_are_escaped_as_github_asks() -> None:
    assert format_github([FOUND, NOTE]) == (
        "::error file=a%2Cb%3Ac.yaml,line=3,col=5,title=gitopsmith schema::`spec.x` is 100%25 wrong. Mend%0Ait.\n"
        "::notice file=b.yaml,line=1,col=1,title=gitopsmith template-drift::It was edited.\n"
    )


def test_only_errors_fail_the_check() -> None:
    assert has_errors([NOTE, FOUND])
    assert not has_errors([NOTE])


def test_findings_are_ordered_by_place_and_stand_once() -> None:
    later = Finding(Severity.ERROR, "schema", "apps", "a,b:c.yaml", 10, 1, "", "x")
    assert in_order([NOTE, later, FOUND, FOUND]) == [FOUND, later, NOTE]


BAD = {
    "1.yaml": b"a: b: c\n",
    "2.yaml": b"apiVersion: v1\nkind: Secret\nmetadata: {name: A_B, labels: {x: '<A_B>'}}\ndata: {a: b}\nx: 1\n",
    "3.yaml": b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec: {}\n",
    "k/kustomization.yaml": b"resources: [lost.yaml]\nx: 1\n",
}


def test_findings_do_not_depend_on_the_order_of_repositories_or_files() -> None:
    orders = []
    for seed in range(4):
        shuffled = sorted(BAD)
        Random(seed).shuffle(shuffled)
        tree = MemoryTree({path: File(BAD[path]) for path in shuffled})
        repositories = [CheckedRepository(name, tree, f"https://github.com/a/{name}") for name in ("p", "q")]
        orders.append(check(repositories[:: 1 if seed % 2 else -1]))
    assert orders[0]
    assert all(found == orders[0] for found in orders)


def test_every_finding_has_a_known_rule_a_sentence_and_a_place() -> None:
    tree = MemoryTree({path: File(data) for path, data in BAD.items()})
    found = check([CheckedRepository("", tree)])
    assert {finding.rule for finding in found} <= set(RULES)
    assert all(finding.message.endswith(".") and finding.line >= 1 for finding in found)


def test_progress_is_told_after_each_file_that_is_read() -> None:
    told: list[tuple[int, int]] = []
    tree = MemoryTree({path: File(data) for path, data in {**BAD, "README.md": b""}.items()})
    check([CheckedRepository("", tree)], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        # The folder is rendered by a plugin, which writes the file before Kustomize runs.
        ("argocd-example-apps", [("plugins/kustomized-helm/kustomization.yaml", "kustomization")]),
        ("flux2-kustomize-helm-example", []),
    ],
)
def test_manifests_that_others_wrote_have_no_false_alarms(folder: str, expected: list[tuple[str, str]]) -> None:
    root = CORPUS / folder
    if not root.is_dir():
        pytest.skip("the corpus of public manifests is not here")
    files = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
    tree = MemoryTree({path.relative_to(root).as_posix(): File(path.read_bytes()) for path in files})
    assert [(f.path, f.rule) for f in check([CheckedRepository("", tree)])] == expected
