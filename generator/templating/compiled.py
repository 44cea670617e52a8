"""Questions made ready to be answered many times: every Jinja string in them compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined

from generator.templating.casting import TYPES, CastError, cast, parse_yaml, parse_yaml_list, to_bool
from generator.templating.config import Config
from generator.templating.questions import MISSING, Question
from generator.templating.sandbox import Sandbox
from generator.templating.text import Context, Place, Text, Unset


class BrokenQuestionError(ValueError):
    """A question cannot be answered at all, whatever is given."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice as rendered: its name, its value, and why it cannot be chosen if it cannot."""

    name: str
    value: Any
    refusal: str


class Value:
    """A value of the configuration: a string is Jinja, so are the strings of a list; all else stands for itself.

    Args:
        raw: The value as written.
        compile_text: Makes a text of a string.
    """

    __slots__ = ("_parts", "_raw", "_text")

    def __init__(self, raw: Any, compile_text: Callable[[str], Text]) -> None:
        self._raw = raw
        self._text = compile_text(raw) if isinstance(raw, str) else None
        self._parts = [Value(item, compile_text) for item in raw] if isinstance(raw, list) else None

    def render(self, context: Context) -> Any:
        """Return the value for one instance; never an object that another instance can see."""
        if self._text is not None:
            return self._text.render(context)
        if self._parts is not None:
            return [part.render(context) for part in self._parts]
        return deepcopy(self._raw) if isinstance(self._raw, dict) else self._raw

    def texts(self) -> Iterator[Text]:
        """Yield every text of the value."""
        if self._text is not None:
            yield self._text
        for part in self._parts or ():
            yield from part.texts()


@dataclass(frozen=True, slots=True)
class _ChoiceForm:
    name: Value
    value: Value
    validator: Value

    def render(self, context: Context) -> Choice:
        name = str(self.name.render(context))
        value = self.value.render(context)
        # Copier's prompt takes the name for a value that is null.
        return Choice(name, name if value is None else value, self.validator.render(context))


class CompiledQuestion:
    """A question ready to be answered.

    Args:
        question: The question.
        environment: Its template's environment.
        config: Where it stands, for messages.
    """

    def __init__(self, question: Question, environment: Sandbox, config: Config) -> None:
        self.question = question
        self._environment = environment
        self._config = config
        self._type = self._value("type", question.type)
        self._when = self._value("when", question.when)
        self._ask = self._value("ask", question.ask)
        self._default = self._value("default", None if question.default is MISSING else question.default)
        self._validator = self._value("validator", question.validator)
        self._choices = self._compile_choices(question.choices)

    def texts(self) -> Iterator[Text]:
        """Yield every text that answering the question renders."""
        for value in (self._type, self._when, self._ask, self._default, self._validator):
            yield from value.texts()
        if isinstance(self._choices, Value):
            yield from self._choices.texts()
            return
        for choice in self._choices:
            for value in (choice.name, choice.value, choice.validator):
                yield from value.texts()

    def type_name(self, context: Context) -> str:
        """Return the type's name.

        Raises:
            BrokenQuestionError: There is no such type.
        """
        name = str(self._type.render(context))
        if name not in TYPES:
            raise BrokenQuestionError(f"there is no type `{name}`; known are {', '.join(TYPES)}")
        return name

    def applies(self, context: Context) -> bool:
        """Return whether the question's `when` holds."""
        return to_bool(self._when.render(context))

    def is_asked(self, context: Context) -> bool:
        """Return whether the question's `ask` holds."""
        return to_bool(self._ask.render(context))

    def default(self, context: Context) -> Any:
        """Return the default as rendered, not yet cast, or `MISSING`."""
        if self.question.default is MISSING:
            return MISSING
        try:
            return self._default.render({**context, "UNSET": StrictUndefined("UNSET", exc=Unset)})
        except Unset:
            return MISSING

    def refusal(self, answer: Any, context: Context) -> str:
        """Return what the validator says against an answer; nothing if it is well."""
        if not self.question.validator:
            return ""
        return str(self._validator.render({**context, self.question.name: answer})).strip()

    def choices(self, context: Context) -> list[Choice]:
        """Return the choices; none if anything may be answered.

        Raises:
            BrokenQuestionError: They render to something that is no list of choices.
        """
        if isinstance(self._choices, Value):
            text = self._choices.render(context)
            try:
                found = parse_yaml(text)
            except ValueError as error:
                raise BrokenQuestionError(f"`choices` renders to {text!r}, which is not YAML") from error
            if not isinstance(found, (list, dict)):
                raise BrokenQuestionError(f"`choices` renders to {text!r}, which is no list and no mapping")
            return [form.render(context) for form in self._forms(found)]
        return [form.render(context) for form in self._choices]

    def parse(self, answer: Any, context: Context) -> Any:
        """Return an answer as the question's type, checked against its choices.

        Raises:
            CastError: It does not fit the type or is none of the choices.
            BrokenQuestionError: A choice does not fit the type.
        """
        type_name = self.type_name(context)
        choices = self.choices(context)
        self._check_choices(type_name, choices)
        if not self.question.multiselect:
            return self._parse_one(answer, type_name, choices)
        items = parse_yaml_list(answer) if isinstance(answer, str) else answer
        if not isinstance(items, (list, tuple)):
            raise CastError("is not a list: write it as `[a, b]`")
        chosen = [self._parse_one(item, type_name, choices) for item in items]
        return [value for choice in choices if (value := self._cast(type_name, choice.value)) in chosen]

    def _parse_one(self, answer: Any, type_name: str, choices: list[Choice]) -> Any:
        value = self._cast(type_name, answer)
        if not choices:
            return value
        refusal = ""
        open_values = []
        for choice in choices:
            candidate = self._cast(type_name, choice.value)
            if not choice.refusal:
                open_values.append(candidate)
            if value == candidate:
                if not choice.refusal:
                    return value
                refusal = refusal or choice.refusal
        if refusal:
            raise CastError(f"cannot be chosen: {refusal}")
        raise CastError(f"is none of the choices: {', '.join(str(item) for item in open_values)}")

    def _check_choices(self, type_name: str, choices: list[Choice]) -> None:
        for choice in choices:
            try:
                self._cast(type_name, choice.value)
            except CastError as error:
                raise BrokenQuestionError(f"the choice `{choice.value}` {error}") from error

    def _cast(self, type_name: str, value: Any) -> Any:
        if self.question.multiselect and isinstance(value, list):
            return [cast(type_name, item) for item in value]
        return cast(type_name, value)

    def _compile_choices(self, raw: Any) -> Value | list[_ChoiceForm]:
        if isinstance(raw, str):
            # An empty string is no choices, as an empty list is.
            return self._value("choices", raw) if raw else []
        return self._forms(raw)

    def _forms(self, raw: list[Any] | dict[Any, Any]) -> list[_ChoiceForm]:
        pairs = list(raw.items()) if isinstance(raw, dict) else raw
        return [self._form(choice) for choice in pairs]

    def _form(self, choice: Any) -> _ChoiceForm:
        name, value, validator = choice, choice, ""
        if isinstance(choice, (list, tuple)):
            if len(choice) != 2:  # noqa: PLR2004 - a pair
                raise BrokenQuestionError(f"the choice {choice!r} is no pair of a name and a value")
            name, value = choice
            if isinstance(value, dict):
                if "value" not in value:
                    raise BrokenQuestionError(f"the choice `{name}` has no `value`")
                validator, value = value.get("validator", ""), value["value"]
        return _ChoiceForm(*(self._value("choices", part) for part in (name, value, validator)))

    def _value(self, key: str, raw: Any) -> Value:
        place = Place(self._config.template, config=self._config, keys=(self.question.name, key))
        return Value(raw, lambda source: Text(self._environment, source, place))


def compile_questions(
    questions: Mapping[str, Question], environment: Sandbox, config: Config
) -> list[CompiledQuestion]:
    """Return the questions of a template, each ready to be answered."""
    return [CompiledQuestion(question, environment, config) for question in questions.values()]
