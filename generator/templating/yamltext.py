"""YAML from people and templates, with the line of what is wrong in it."""

from __future__ import annotations

from typing import Any

import yaml

from generator.core.yamlload import Loader, check_bounds, problem_of


class YamlError(ValueError):
    """A text is not YAML.

    Args:
        problem: What is wrong.
        line: Where, counted from 1; None where that is unknown.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line

    def at(self, place: str) -> str:
        """Return what is wrong, with the place of the text and the line in it."""
        position = f"{place}:{self.line}" if self.line else place
        return f"{position}: this is not YAML: {self.problem}."


def load_all(text: str | bytes, loader: type[Loader] = Loader) -> list[Any]:
    """Return the documents of a text.

    Args:
        text: The text.
        loader: A loader that has tags of its own, where one is needed.

    Raises:
        YamlError: It is not YAML, nested or multiplied too far, or holds a value that its tag does not fit: a date or a
            number that there is not, or one that is too long.
    """
    try:
        check_bounds(text)
        return list(yaml.load_all(text, Loader=loader))
    except (yaml.YAMLError, ValueError) as error:
        problem = problem_of(error)
        raise YamlError(problem.what, problem.line) from error


def load(text: str | bytes) -> Any:
    """Return the value of a text of one document; None for an empty one.

    Raises:
        YamlError: As for `load_all`, or there are several documents.
    """
    documents = load_all(text)
    if len(documents) > 1:
        raise YamlError("it holds more than one document")
    return documents[0] if documents else None


def compose_all(text: str) -> list[yaml.Node]:
    """Return the node trees of a text that was read before, for the lines of its keys; none where it is broken."""
    try:
        check_bounds(text)
        return [node for node in yaml.compose_all(text, Loader=yaml.CSafeLoader) if node is not None]
    except (yaml.YAMLError, ValueError):
        return []
