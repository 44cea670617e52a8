"""A broken `copier.yml` is refused with its file, line and key, and with what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from generator.core.errors import UserError
from generator.templating.template import Template

Parse = Callable[[Mapping[str, str | bytes]], Template]

BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no YAML": ("a: [1\nb: 2", "copier.yml:2: this is not YAML: did not find expected ',' or ']'"),
    "no UTF-8": (b"a: \xff", "copier.yml: byte 3 is not UTF-8"),
    "a date that there is not": ("a: 2020-13-45", "copier.yml:1: this is not YAML: `2020-13-45` does not fit its tag"),
    "a truth that is none": ("\na: !!bool maybe", "copier.yml:2: this is not YAML: `maybe` does not fit its tag"),
    "an empty number": ('a: !!int ""', "copier.yml:1: this is not YAML: `` does not fit its tag !!int"),
    "a time that is none": ("a: !!timestamp x", "copier.yml:1: this is not YAML: `x` does not fit its tag !!timestamp"),
    "a number beyond all floats": ("a: " + "1:" * 300 + "1.0", "copier.yml:1: this is not YAML: `1:1:1:"),
    "a number without end": ("a: " + "1:" * 5000 + "1", "copier.yml:1: this is not YAML: a number of 10001 characters"),
    "nested too deeply": ("a: " + "[" * 300_000, "copier.yml:1: this is not YAML: it is nested too deeply"),
    "a text": ("text", "copier.yml: a mapping of settings and questions is expected, found a value of type str"),
    "a list of texts": ("- a", "copier.yml: a mapping of settings and questions is expected"),
    "a key that is a number": ("a: 1\n2: x", "copier.yml:2: the key `2` is a value of type int"),
    "a key that is a word of YAML": ("on: x", "copier.yml:1: the key `on` is a value of type bool"),
    "exclude as a text": ("a: 1\n_exclude: '*.md'", "copier.yml:2: `_exclude` must be a list of strings, found '*.md'"),
    "exclude of numbers": ("_exclude: [1]", "`_exclude` must be a list of strings, found [1]"),
    "subdirectory that is no text": ("_subdirectory: 3", "`_subdirectory` must be a string, found 3"),
    "suffix that is no text": ("_templates_suffix: 3", "`_templates_suffix` must be a string, found 3"),
    "envops as a list": ("_envops: []", "`_envops` must be a mapping of Jinja options"),
    "unknown option": ("_envops:\n  foo: 1", "copier.yml:2: `_envops.foo` is no Jinja option that a template can set"),
    "unknown undefined": ("_envops: {undefined: x.Y}", "must be one of jinja2.Undefined, jinja2.StrictUndefined"),
    "option that is no flag": ("_envops: {trim_blocks: 1}", "`_envops.trim_blocks` must be true or false, found 1"),
    "empty delimiter": ("_envops: {block_end_string: ''}", "`_envops.block_end_string` must be a string that is not"),
    "version as a number": ("_min_copier_version: 9.4", "`_min_copier_version` is no version: found 9.4"),
    "version to come": ("_min_copier_version: '99.0.0'", "`_min_copier_version` asks for copier 99.0.0"),
    "metadata as a text": ("_gitopsmith: x", "`_gitopsmith` must be a mapping, found 'x'"),
    "unknown type": ("a:\n  type: intt", "copier.yml:2: `a.type` must be one of str, int, float, bool, yaml, json"),
    "secret without default": ("a: {secret: true}", "`a` is secret and has no default"),
    "reserved name": ("now: 1", "`now` is a name that copier keeps for itself"),
    "choices as a number": ("a: {choices: 3}", "`a.choices` must be a list, a mapping or a string, found 3"),
    "choice of three": (
        "a: {choices: [[x, y, z]]}",
        "`a.choices` holds ['x', 'y', 'z']; a choice is a value, or a pair",
    ),
    "choice without value": ("a:\n  choices:\n    x: {v: 1}", "copier.yml:3: `a.choices.x` has no `value`"),
    "choice with a validator that is no text": (
        "a: {choices: {x: {value: 1, validator: 2}}}",
        "`a.choices.x.validator` must be a string",
    ),
    "condition that is a list": ("a: {when: [1]}", "`a.when` must be true, false or a Jinja string"),
    "help that is no text": ("a: {help: 3}", "`a.help` must be a string, found 3"),
    "flag that is a text": ("a: {multiselect: maybe}", "`a.multiselect` must be true or false, found 'maybe'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_configuration_is_refused(case: str, parse: Parse) -> None:
    config, message = BROKEN[case]
    with pytest.raises(UserError) as caught:
        parse({"copier.yml": config})
    assert caught.value.message.startswith("demo: ")
    assert message in caught.value.message


def test_delimiters_that_clash_are_refused(parse: Parse) -> None:
    template = parse({"copier.yml": "_envops:\n  block_start_string: '{{'"})
    with pytest.raises(UserError, match=r"copier\.yml:1: `_envops` is refused by Jinja: block, variable and comment"):
        _ = template.environment


def test_a_folder_without_configuration_is_no_template(parse: Parse) -> None:
    with pytest.raises(UserError, match=r"demo: there is no copier\.yml, so this is not a template"):
        parse({"folder/copier.yml": ""})


def test_two_configurations_are_refused(parse: Parse) -> None:
    with pytest.raises(UserError, match=r"two configuration files: copier\.yaml, copier\.yml"):
        parse({"copier.yml": "", "copier.yaml": ""})


def test_lists_of_several_documents_are_joined_and_other_keys_replaced(parse: Parse) -> None:
    template = parse({"copier.yml": "_exclude: [a]\nx: 1\n---\n_exclude: [b]\ny: 2\nx: 3\n"})
    assert template.settings.exclude == ("a", "b")
    assert [(question.name, question.default) for question in template.questions.values()] == [("x", 3), ("y", 2)]
