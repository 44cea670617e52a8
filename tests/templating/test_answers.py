"""Answers: everything that is wrong is said at once; secrets and computed values are not recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from generator.core.errors import UserErrors
from generator.templating.answers import resolve
from generator.templating.template import Template

Parse = Callable[[Mapping[str, str | bytes]], Template]


@pytest.fixture
def problems(parse: Parse) -> Callable[[str, Mapping[str, object]], list[str]]:
    """Return what is wrong with some data for the questions of a `copier.yml`."""

    def find(config: str, data: Mapping[str, object]) -> list[str]:
        with pytest.raises(UserErrors) as caught:
            resolve(parse({"copier.yml": config}), data)
        return [problem.message for problem in caught.value.problems]

    return find


def test_all_problems_are_reported_at_once(problems: Callable[..., list[str]]) -> None:
    config = """
replicas: {type: int}
name: {type: str}
cloud: {default: aws, choices: [aws, google]}
size:
  default: small
  choices: {Small: small, Large: {value: large, validator: "{% if cloud == 'aws' %}not on aws{% endif %}"}}
domain: {type: str, default: a.b, validator: "{% if '.' not in domain %}must have a dot{% endif %}"}
debug: true
zone: {type: str, multiselect: true, choices: [a, b]}
extra: {type: json, default: {}}
"""
    data = {"replicas": "two", "size": "large", "domain": "nodot", "debug": "flase", "zone": "c", "extra": "["}
    assert problems(config, {**data, "clod": "x", "qqq": 1}) == [
        "`clod`: there is no such question; did you mean `cloud`?",
        "`qqq`: there is no such question; known are replicas, name, cloud, size, domain, debug, zone, extra.",
        "`replicas`: `two` is not of type int.",
        "`name`: an answer is required.",
        "`size`: `large` cannot be chosen: not on aws.",
        "`domain`: `nodot` is refused: must have a dot.",
        "`debug`: `flase` is not of type bool: write true or false.",
        "`zone`: `c` is not a list: write it as `[a, b]`.",
        "`extra`: `[` is not of type json: Expecting value: line 1 column 2 (char 1).",
    ]


@pytest.mark.parametrize(
    ("question", "value", "rule"),
    [
        ("{type: int}", 3.5, "`3.5` is not of type int: write a whole number"),
        ("{type: int}", True, "`true` is not of type int: write a whole number"),
        ("{type: float}", False, "`false` is not of type float: write a number"),
        ("{type: bool}", 2, "`2` is not of type bool: write true or false"),
        ("{type: bool}", [], "`[]` is not of type bool: write true or false"),
        ("{type: str}", 1.1, "`1.1` is not of type str: put it in quotes"),
        ("{type: str}", True, "`true` is not of type str: put it in quotes"),
        ("{type: str}", None, "`null` is not of type str: put it in quotes"),
        ("{type: path}", ["a"], '`["a"]` is not of type path: put it in quotes'),
        ("{type: str, choices: [a, b]}", "c", "`c` is none of the choices: a, b"),
        ("{type: str, multiselect: true, choices: [a]}", ["a", "c"], '`["a", "c"]` is none of the choices: a'),
        ("{type: yaml}", "[", "`[` is not of type yaml: did not find expected node content"),
    ],
)
def test_a_value_of_another_type_is_refused_not_bent(
    question: str, value: object, rule: str, problems: Callable[..., list[str]]
) -> None:
    assert problems(f"x: {question}", {"x": value}) == [f"`x`: {rule}."]


def test_a_default_that_breaks_its_own_rules_is_named_as_the_default(problems: Callable[..., list[str]]) -> None:
    assert problems("x: {type: int, default: many}", {}) == ["`x`: `many` (the default) is not of type int."]


def test_what_follows_from_a_problem_is_not_reported(problems: Callable[..., list[str]]) -> None:
    config = "a: {type: int}\nb: {type: int, default: '{{ a + 1 }}'}\nc: {type: int, default: '{{ b * 2 }}'}\n"
    assert problems(config, {"a": "x"}) == ["`a`: `x` is not of type int."]


def test_a_template_that_fails_is_reported_with_its_line_beside_the_other_problems(
    problems: Callable[..., list[str]],
) -> None:
    config = "a: {type: int}\nb:\n  default: '{{ nobody.x }}'\nc: '{% if %}'\n"
    assert problems(config, {}) == [
        "`a`: an answer is required.",
        "`b`: demo: copier.yml:3: `b.default`: 'nobody' is undefined",
        "`c`: demo: copier.yml:4: `c.default`: Expected an expression, got 'end of statement block'",
    ]


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ("x: {type: '{{ 1 }}', default: 1}", "`x`: there is no type `1`; known are str, int"),
        ("x: {type: str, default: a, choices: '{{ 1 }}'}", "`x`: `choices` renders to '1', which is no list"),
        (
            "x: {type: str, default: a, choices: '[{% raw %}{{% endraw %}'}",
            "`x`: `choices` renders to '[{', which is not",
        ),
        ("x: {type: str, default: a, choices: '[[a, b, c]]'}", "`x`: the choice ['a', 'b', 'c'] is no pair"),
        ("x: {type: str, default: a, choices: '[[a, {v: 1}]]'}", "`x`: the choice `a` has no `value`"),
        ("x: {type: int, default: 1, choices: [1, many]}", "`x`: the choice `many` is not of type int"),
    ],
)
def test_a_question_that_nobody_can_answer_is_refused(
    config: str, rule: str, problems: Callable[..., list[str]]
) -> None:
    (problem,) = problems(config, {})
    assert problem.startswith(rule)


def test_secrets_are_never_shown(problems: Callable[..., list[str]]) -> None:
    config = """
token: {default: '', secret: true, validator: 'no good'}
pin: {type: int, secret: true, default: 1}
blob: {type: json, secret: true, default: {}}
kind: {type: str, secret: true, default: a, choices: [a]}
"""
    found = problems(config, {"token": "hunter2", "pin": "hunter2", "blob": "hunter2", "kind": "hunter2"})
    assert len(found) == 4
    assert not any("hunter2" in problem for problem in found)


def test_secret_and_computed_answers_are_seen_and_not_recorded(parse: Parse) -> None:
    config = "_secret_questions: [b]\nc: {default: 1, when: false}\na: x\nb: y\nd: {default: z, secret: true}\n"
    answers = resolve(parse({"copier.yml": config}), {"b": "given", "a": "given"})
    assert list(answers.values.items()) == [("c", 1), ("a", "given"), ("b", "given"), ("d", "z")]
    assert list(answers.recorded.items()) == [("a", "given")]


def test_what_was_recorded_gives_the_same_answers_again(parse: Parse) -> None:
    template = parse(
        {"copier.yml": "v: {type: str, default: '1.10'}\nn: 3\nl: {type: yaml, default: [on, 1e3]}\nm: '{{ v }}'\n"}
    )
    answers = resolve(template, {"n": "4"})
    assert resolve(template, answers.recorded) == answers


def test_validation_can_be_left_out_types_cannot(parse: Parse) -> None:
    template = parse({"copier.yml": "a: {default: x, validator: 'no'}\nb: {type: int, default: 1, validator: 'no'}\n"})
    assert resolve(template, {"b": "2"}, skip_validation=True).values == {"a": "x", "b": 2}
    with pytest.raises(UserErrors, match="`b`: `x` is not of type int"):
        resolve(template, {"b": "x"}, skip_validation=True)


def test_answers_share_nothing_with_the_template_or_with_what_was_given(parse: Parse) -> None:
    template = parse({"copier.yml": "a: {default: {k: [1]}}\nb: {type: yaml}\n"})
    given: dict[str, list[int]] = {"b": [1]}
    first = resolve(template, given)
    first.values["a"]["k"].append(2)
    first.values["b"].append(2)
    assert given == {"b": [1]}
    assert resolve(template, given).values == {"a": {"k": [1]}, "b": [1]}
