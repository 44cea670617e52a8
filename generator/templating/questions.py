"""The questions of a template as its author wrote them, their shape checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.templating.casting import TYPES
from generator.templating.config import Config


class _Missing:
    """The type of the one value that stands for a default that is not there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands for a default that is not there; null is a default."""

# Copier gives templates functions of these names.
_RESERVED = frozenset({"now", "make_secret"})


@dataclass(frozen=True)
class Question:
    """One question (https://copier.readthedocs.io/en/stable/configuring/#questions, 9.19).

    Attributes:
        name: What templates call the answer.
        type: str, int, float, bool, yaml, json or path; may be a Jinja string.
        help: What a person is told.
        default: The answer where none is given, often a Jinja string; `MISSING` where one must be given.
        choices: What may be answered, in any of copier's forms; empty for anything.
        multiselect: Whether the answer is a list of choices.
        validator: A Jinja string that renders to what is wrong with an answer.
        when: Whether the question applies; where not, the default is a computed value and is not recorded.
        ask: Whether a person is asked.
        secret: Whether the answer is kept out of every record.
    """

    name: str
    type: str
    help: str = ""
    default: Any = MISSING
    choices: Any = ()
    multiselect: bool = False
    validator: str = ""
    when: str | bool = True
    ask: str | bool = True
    secret: bool = False

    @property
    def required(self) -> bool:
        """Whether there is no default, so that an answer must be given where the question applies."""
        return self.default is MISSING


def read_questions(config: Config, secret_questions: tuple[str, ...]) -> Mapping[str, Question]:
    """Read and check the questions of a template, in their order.

    Args:
        config: The template's configuration.
        secret_questions: Names of questions that the settings declare secret.

    Raises:
        UserError: A question has the wrong shape.
    """
    return {
        name: _read_question(config, name, raw, secret=name in secret_questions)
        for name, raw in config.questions.items()
    }


def _read_question(config: Config, name: str, raw: object, *, secret: bool) -> Question:
    if name in _RESERVED:
        raise config.problem([name], "is a name that copier keeps for itself.", hint="Rename the question.")
    details: dict[str, Any] = raw if isinstance(raw, dict) else {"default": raw}
    reader = _Reader(config, name, details)
    default = details.get("default", MISSING)
    question = Question(
        name=name,
        type=reader.text("type") or _type_of(default),
        help=reader.text("help"),
        default=default,
        choices=reader.choices(),
        multiselect=reader.flag("multiselect"),
        validator=reader.text("validator"),
        when=reader.condition("when"),
        ask=reader.condition("ask"),
        secret=reader.flag("secret") or secret,
    )
    if question.secret and default is MISSING:
        raise config.problem(
            [name],
            "is secret and has no default.",
            hint='Give it one, for example `default: ""`; copier insists on it.',
        )
    return question


def _type_of(default: object) -> str:
    name = type(default).__name__
    return name if name in TYPES else "yaml"


@dataclass(frozen=True)
class _Reader:
    """Reads the keys of one question."""

    config: Config
    name: str
    details: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Return a string, empty where there is none."""
        value = self.details.get(key, "")
        if not isinstance(value, str):
            raise self.config.problem([self.name, key], f"must be a string, found {value!r}.")
        if key == "type" and value and "{" not in value and value not in TYPES:
            raise self.config.problem([self.name, key], f"must be one of {', '.join(TYPES)}, found `{value}`.")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false, false where there is none."""
        value = self.details.get(key, False)
        if not isinstance(value, bool):
            raise self.config.problem([self.name, key], f"must be true or false, found {value!r}.")
        return value

    def condition(self, key: str) -> str | bool:
        """Return a Jinja string or a truth value, true where there is none."""
        value = self.details.get(key, True)
        if not isinstance(value, (str, bool, int)):
            raise self.config.problem([self.name, key], f"must be true, false or a Jinja string, found {value!r}.")
        return value if isinstance(value, str) else bool(value)

    def choices(self) -> Any:
        """Return the choices as written."""
        value = self.details.get("choices", [])
        if not isinstance(value, (str, list, dict)):
            raise self.config.problem(
                [self.name, "choices"], f"must be a list, a mapping or a string, found {value!r}."
            )
        pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for choice in pairs:
            self._check_choice(choice)
        return value

    def _check_choice(self, choice: object) -> None:
        if not isinstance(choice, (list, tuple)):
            return
        where = [self.name, "choices"]
        if len(choice) != 2:  # noqa: PLR2004 - a pair
            raise self.config.problem(where, f"holds {choice!r}; a choice is a value, or a pair of a name and a value.")
        name, extended = choice
        if not isinstance(extended, dict):
            return
        if "value" not in extended:
            raise self.config.problem([*where, str(name)], "has no `value`.")
        if not isinstance(extended.get("validator", ""), str):
            raise self.config.problem([*where, str(name), "validator"], "must be a string.")
