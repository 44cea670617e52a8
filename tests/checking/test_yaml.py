"""What is wrong with the YAML itself, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.checking.checker import check
from generator.checking.documents import read
from generator.checking.findings import Finding
from generator.checking.model import CheckedRepository
from generator.core.tree import File, MemoryTree

Check = Callable[..., list[Finding]]


def test_broken_yaml_is_found_with_its_place(check_one: Check) -> None:
    (finding,) = check_one("kind: ConfigMap\ndata:\n  a: b: c\n")
    assert (finding.rule, finding.path, finding.line, finding.column) == ("yaml-syntax", "a.yaml", 3, 7)
    assert "mapping values are not allowed" in finding.message


def test_the_documents_before_a_break_are_checked_too(check_one: Check) -> None:
    found = check_one("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n---\nkind: [\n")
    assert [(f.rule, f.line) for f in found] == [("name", 3), ("yaml-syntax", 6)]


def test_a_key_that_stands_twice_is_found_at_the_second(check_one: Check) -> None:
    (finding,) = check_one("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert (finding.rule, finding.line, finding.column, finding.key) == ("duplicate-key", 4, 3, "b")


@pytest.mark.parametrize("text", ["name: {{ name }}\n", "{% if x %}\na: 1\n{% endif %}\n"])
def test_a_template_that_was_never_rendered_is_called_so(check_one: Check, text: str) -> None:
    assert [f.rule for f in check_one(text)] == ["template-mark"]


def test_bytes_that_are_no_text_are_found(check_one: Check) -> None:
    (finding,) = check_one(b"\xff\x00\x01")
    assert (finding.rule, finding.line) == ("yaml-syntax", 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? "])
def test_a_file_nested_without_end_is_refused_instead_of_exhausting_the_stack(opening: str, encoding: str) -> None:
    content = read((opening * 20_000).encode(encoding))
    assert not content.documents
    assert "nested" in content.problems[0].message


def test_a_block_nested_by_indentation_is_refused_too() -> None:
    deep = b"".join(b" " * level + b"a:\n" for level in range(2000))
    assert "nested" in read(deep).problems[0].message


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [1,1,1,1,1,1,1,1,1,1]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "expand" in read("\n".join(lines).encode()).problems[0].message


def test_an_alias_to_what_holds_it_is_refused() -> None:
    assert "alias" in read(b"a: &a [*a]").problems[0].message


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1e3", 1000.0),
        ("1.10", 1.1),
        ("010", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("yes", True),
        ("Off", False),
        ("y", "y"),
        ("~", None),
        ("", None),
        ("+", "+"),
        ("1_000", 1000),
        ("!custom x", "x"),
        ("'1'", "1"),
        ("!!float ''", ""),
        ("!!float _", "_"),
    ],
)
def test_plain_scalars_are_what_the_readers_of_kubernetes_take_them_for(scalar: str, value: Any) -> None:
    (document,) = read(f"a: {scalar}\n".encode()).documents
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


def test_merged_keys_are_known_with_their_own_place() -> None:
    (document,) = read(b"base: &b\n  x: 1\n  y: 2\nuse:\n  <<: *b\n  y: 3\n").documents
    assert document.value["use"] == {"x": 1, "y": 3}
    assert document.position(("use", "x")) == (2, 3)
    assert document.position(("use", "y")) == (6, 3)
    assert document.position(("use", "nothing")) == (4, 1)


INDICATORS = [b"a", b": ", b"\n", b"- ", b"  ", *(bytes([char]) for char in b"[]{}|'#\r\t\x00-"), b'"', b"? ", b"---\n"]
WORDS = [b"&x ", b"*x", b"<<: ", b"!t ", b"1e99999", b"0o9", b"{{", b"<A_B>", b".inf", b"9" * 40, "\u2028".encode()]
KEYS = [b"apiVersion: v1\n", b"kind: List\n", b"items:\n", b"metadata: "]
YAML_LIKE = st.lists(st.sampled_from([*INDICATORS, *WORDS, *KEYS]), max_size=40).map(b"".join)
NAMES = st.sampled_from(["a.yaml", "kustomization.yaml", "Chart.yaml", "templates/a.yaml", ".x/a.yml", "copier.yml"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, st.one_of(st.binary(max_size=200), YAML_LIKE), max_size=4))
def test_no_bytes_bring_the_check_down(files: dict[str, bytes]) -> None:
    tree = MemoryTree({path: File(data) for path, data in files.items()})
    first = check([CheckedRepository("r", tree, "https://github.com/a/b")])
    assert first == check([CheckedRepository("r", tree, "https://github.com/a/b")])
    assert all(finding.line >= 1 and finding.column >= 1 for finding in first)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}))
FIELDS = ["metadata", "name", "namespace", "labels", "spec", "source", "sources", "destination", "destinations", "helm"]
FIELDS += ["sourceRepos", "clusterResourceWhitelist", "data", "items", "resources", "path", "repoURL", "valueFiles"]
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)),
    max_leaves=12,
)
KINDS = ["Application", "AppProject", "ApplicationSet", "Deployment", "Secret", "CustomResourceDefinition", "List"]
VERSIONS = ["argoproj.io/v1alpha1", "apps/v1", "v1", "apiextensions.k8s.io/v1", "kustomize.config.k8s.io/v1beta1"]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(VERSIONS),
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5),
    st.sampled_from(["a.yaml", "kustomization.yaml"]),
)
def test_no_shape_of_an_object_brings_the_check_down(version: str, kind: str, rest: dict[str, Any], path: str) -> None:
    # JSON is YAML, and writes every value.
    text = json.dumps({"apiVersion": version, "kind": kind, **rest}).encode()
    check([CheckedRepository("r", MemoryTree({path: File(text)}), "https://github.com/a/b")])
