"""Answers from the command line: `--data key=value` and `--data-file`."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.core.errors import UserError, UserErrors
from generator.templating.values import load_data_file, parse_data


def test_items_are_split_at_the_first_equals_sign() -> None:
    assert parse_data(["replicas=2", "flags=a=b", "empty=", " name = x "]) == {
        "replicas": "2",
        "flags": "a=b",
        "empty": "",
        "name": " x ",
    }
    assert parse_data([]) == {}


def test_all_bad_items_are_named() -> None:
    with pytest.raises(UserErrors) as caught:
        parse_data(["a=1", "b", "=c", "a=2"])
    assert [problem.message for problem in caught.value.problems] == [
        "`b` has no `=`.",
        "`=c` has no key.",
        "`a` is given twice.",
    ]


def test_a_file_gives_typed_answers_and_may_be_an_answers_file_of_copier(tmp_path: Path) -> None:
    path = tmp_path / "answers.yml"
    path.write_text("_commit: v1\n_src_path: x\nreplicas: 2\nversion: '1.10'\nzones: [a, b]\n")
    assert load_data_file(path) == {"replicas": 2, "version": "1.10", "zones": ["a", "b"]}
    path.write_text("")
    assert load_data_file(path) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [", "answers.yml:2: this is not YAML: did not find expected node content"),
        (b"a: 1\nb: c: d\n", "answers.yml:2: this is not YAML: mapping values are not allowed"),
        (b"a: \xff", "answers.yml: this is not YAML"),
        (b"- a", "answers.yml: a mapping of answers is expected"),
        (b"1: a", "answers.yml: the key `1` is no name"),
        (b"a: 1\n---\nb: 1\n", "answers.yml: this is not YAML: it holds more than one document"),
        (b"[" * 300_000, "answers.yml:1: this is not YAML: it is nested too deeply"),
    ],
)
def test_a_bad_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_data_file(tmp_path / "answers.yml")
    assert message in caught.value.message


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yml: No such file or directory"):
        load_data_file(tmp_path / "nowhere.yml")
    with pytest.raises(UserError, match="Is a directory"):
        load_data_file(tmp_path)
