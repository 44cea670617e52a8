"""Answers: what is given, what the defaults say and what is computed, checked all at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from generator.core.errors import UserError, UserErrors
from generator.core.names import closest
from generator.templating.casting import RECORDABLE, CastError, check_given
from generator.templating.compiled import BrokenQuestionError, CompiledQuestion
from generator.templating.needs import names_in
from generator.templating.questions import MISSING
from generator.templating.sandbox import forget_modules
from generator.templating.template import Template
from generator.templating.text import Context


@dataclass(frozen=True)
class Answers:
    """The answers to a template's questions, in the questions' order.

    Attributes:
        values: Everything that the template sees, computed and secret answers included.
        recorded: What may be written down: no secrets, nothing computed.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)


def base_context(template: Template, phase: str) -> dict[str, Any]:
    """Return what every text of a template sees beside the answers.

    Args:
        template: The template.
        phase: `prompt` while questions are answered, `render` while files are rendered.
    """
    forget_modules(template.environment)
    context = dict(template.environment.globals)
    if template.source is not None:
        context["_src_path"] = template.source
    context["_copier_phase"] = phase
    context["_copier_conf"] = {"answers_file": "", "sep": "/"}
    context["_copier_answers"] = {} if template.source is None else {"_src_path": template.source}
    return context


def resolve(template: Template, data: Mapping[str, Any], *, skip_validation: bool = False) -> Answers:
    """Answer a template's questions without asking anybody: from what is given, else from the defaults.

    Args:
        template: The template.
        data: What is given; strings are cast to their question's type.
        skip_validation: Leave the validators out, to render what was answered before they were tightened.

    Raises:
        UserErrors: Answers are missing, ill-typed or refused, or no question has such a name; all of them at once.
        UserError: The template cannot be read.
    """
    resolver = _Resolver(template, data, skip_validation=skip_validation)
    problems = [*_unknown_keys(template, data), *resolver.run()]
    if problems:
        raise UserErrors(f"{template.name}: some answers do not fit.", problems)
    return Answers(resolver.values, resolver.recorded)


def check_keys(template: Template, data: Mapping[str, Any]) -> None:
    """Refuse answers to questions that a template does not ask, where it says itself what it asks.

    Raises:
        UserErrors: Some keys are unknown; each with the closest known one, or all.
    """
    problems = [] if template.has_includes else list(_unknown_keys(template, data))
    if problems:
        raise UserErrors(f"{template.name}: some answers do not fit.", problems)


class _Refused(Exception):
    """An answer cannot stand; the message says why."""


class _Resolver:
    """Answers the questions in their order; later ones see the answers to earlier ones."""

    def __init__(self, template: Template, data: Mapping[str, Any], *, skip_validation: bool) -> None:
        self.values: dict[str, Any] = {}
        self.recorded: dict[str, Any] = {}
        self._template = template
        self._data = {key: value for key, value in data.items() if key in template.questions}
        self._skip_validation = skip_validation
        self._context: Context = base_context(template, "prompt")
        self._context.update(self._data)
        self._broken: set[str] = set()

    def run(self) -> Iterator[UserError]:
        """Answer all questions and yield what is wrong.

        A question that reads the answer of a broken one is not judged: its trouble would be an echo.
        """
        for question in self._template.compiled_questions:
            name = question.question.name
            try:
                self._answer(question)
            except (_Refused, BrokenQuestionError, UserError) as error:
                if not self._reads_broken(question):
                    yield _problem(question, error)
                self._broken.add(name)

    def _answer(self, question: CompiledQuestion) -> None:
        name = question.question.name
        applies = question.applies(self._context)
        if name in self._data:
            answer = self._given(question, self._data[name])
        else:
            answer = self._default(question, applies=applies)
            if answer is MISSING:
                if applies and question.is_asked(self._context):
                    raise _Refused("an answer is required")
                return
        self._record(question, answer, hidden=not applies)

    def _given(self, question: CompiledQuestion, value: Any) -> Any:
        answer = self._parsed(question, _own(value), given=True)
        self._validate(question, answer)
        return answer

    def _default(self, question: CompiledQuestion, *, applies: bool) -> Any:
        raw = question.default(self._context)
        if raw is MISSING:
            return MISSING
        answer = self._parsed(question, raw, given=False)
        # Copier does not judge computed values, nor the defaults of secrets.
        if applies and not question.question.secret:
            self._validate(question, answer)
        return answer

    def _parsed(self, question: CompiledQuestion, raw: Any, *, given: bool) -> Any:
        """Return an answer as its question's type; what a person gave is taken more strictly than a default."""
        multiselect = question.question.multiselect
        items = raw if multiselect and isinstance(raw, list) else [] if multiselect else [raw]
        try:
            for item in items if given else ():
                check_given(question.type_name(self._context), item)
            return question.parse(raw, self._context)
        except CastError as error:
            whose = "" if given else " (the default)"
            reason = str(error).partition(":")[0] if question.question.secret else str(error)
            raise _Refused(f"{_shown(question, raw)}{whose} {reason}") from error

    def _validate(self, question: CompiledQuestion, answer: Any) -> None:
        refusal = "" if self._skip_validation else question.refusal(answer, self._context)
        if refusal:
            raise _Refused(f"{_shown(question, answer)} is refused: {refusal}")

    def _record(self, question: CompiledQuestion, answer: Any, *, hidden: bool) -> None:
        name = question.question.name
        self.values[name] = answer
        self._context[name] = answer
        if not hidden and not question.question.secret and isinstance(answer, RECORDABLE):
            self.recorded[name] = answer
            self._context["_copier_answers"][name] = answer

    def _reads_broken(self, question: CompiledQuestion) -> bool:
        if not self._broken:
            return False
        try:
            return any(not self._broken.isdisjoint(names_in(text.ast)) for text in question.texts())
        except UserError:
            return False  # no Jinja: trouble of its own


def _own(value: Any) -> Any:
    """Return a value that no other instance shares, since a template may change a list or a mapping."""
    return deepcopy(value) if isinstance(value, (list, dict)) else value


def _problem(question: CompiledQuestion, error: Exception) -> UserError:
    name = question.question.name
    if isinstance(error, UserError):
        return UserError(f"`{name}`: {error.message}", hint=error.hint)
    return UserError(f"`{name}`: {str(error).rstrip('.')}.")


def _shown(question: CompiledQuestion, answer: Any) -> str:
    if question.question.secret:
        return "what was given"
    return f"`{answer}`" if isinstance(answer, str) else f"`{json.dumps(answer, default=str)}`"


def _unknown_keys(template: Template, data: Mapping[str, Any]) -> Iterator[UserError]:
    known = list(template.questions)
    for key in data:
        if key in template.questions:
            continue
        if close := closest(str(key), known):
            yield UserError(f"`{key}`: there is no such question; did you mean `{close}`?")
        else:
            yield UserError(f"`{key}`: there is no such question; known are {', '.join(known) or 'none'}.")
