"""Releases and pull requests as GitHub's API shows them, read into ours. Pure."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from generator.core.api_objects import Part, PullRequestObject, ReleaseObject
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release

Model = TypeVar("Model", bound=Part)


class UnreadableError(ValueError):
    """Something is not as GitHub's API shows it."""


class _Numbered(ReleaseObject):
    id: int


def release_of(data: object) -> tuple[int, Release]:
    """Return a release and the number that GitHub knows it by.

    Raises:
        UnreadableError: It is none.
    """
    found = _read(_Numbered, data)
    return found.id, found.read()


def pull_request_of(data: object) -> tuple[int, PullRequest]:
    """Return a pull request and its number.

    Raises:
        UnreadableError: It is none.
    """
    found = _read(PullRequestObject, data)
    return found.number, found.read()


def _read(model: type[Model], data: object) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise UnreadableError(f"{key}: {problem['msg'].removeprefix('Value error, ')}") from error
