"""What GitHub sends, in webhooks and by its API, read into ours: typed, bounded, cleaned. Pure.

What it sends as null, because a fork or an account is gone or a text was never written, is empty.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from generator.core.errors import UserError
from generator.core.instants import parse_instant, show_instant
from generator.core.pull_requests import NUMBER_LIMIT, TEXT_LIMIT, PullRequest, clean
from generator.core.releases import Release

T = TypeVar("T")

URL_LIMIT = 2048

_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,39}/[A-Za-z0-9._-]{1,100}", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_PAGE = re.compile(r"https?://[!#-&(-;=?-\[\]_a-~]+", re.ASCII)


class Part(BaseModel):
    """An object of a payload: the keys that we read, of exactly these types; all others may be whatever they are."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


def _shown(value: Any) -> Any:
    """Text that people read: nobody compares it, so it may be changed until it can be shown."""
    return clean(value or "") if value is None or isinstance(value, str) else value


def _text(value: Any) -> Any:
    return "" if value is None else value


def _compared(value: Any) -> Any:
    """Text that is compared, but names nothing: kept, except for what UTF-8 cannot write."""
    return value.encode(errors="replace").decode()[:TEXT_LIMIT] if isinstance(value, str) else value


def _page(value: Any) -> Any:
    """An address that people may follow: then it is the web's, and cannot leave the attribute that it is put in."""
    if not isinstance(value, str):
        return "" if value is None else value
    return value if len(value) <= URL_LIMIT and _PAGE.fullmatch(value) else ""


def _repository(value: str) -> str:
    if not _REPOSITORY.fullmatch(value) or not {".", ".."}.isdisjoint(value.split("/")):
        raise ValueError("must be owner/name, of letters, digits, `.`, `_` and `-`, 39 and 100 at most")
    return value


def _account(value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        raise ValueError("must be the name of an account, of letters, digits, `.`, `_` and `-`, 100 at most")
    return value


def _instant(value: Any) -> Any:
    if isinstance(value, str) and value:
        try:
            parse_instant(value)
        except UserError as error:
            raise ValueError("must be a time such as 2026-01-31T12:00:00Z") from error
        return instant_of(value)
    return "" if value is None else value


def _listed(value: Any) -> Any:
    # A model that cannot be changed has tuples; JSON has none, so nothing else becomes one.
    return tuple(value or ()) if value is None or isinstance(value, list) else value


Listed = Annotated[tuple[T, ...], Field(fail_fast=True), BeforeValidator(_listed)]
"""A list; null is the empty one. Its first problem is enough: a list of a million of them would be one of errors."""
Shown = Annotated[str, BeforeValidator(_shown)]
"""A text for people: cleaned, 255 characters at most; null is the empty text."""
Compared = Annotated[str, BeforeValidator(_compared)]
"""A text that others are compared with: 255 characters at most."""
Exact = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
"""A text that names something, as it is; refused where it is longer than 255 characters or cannot be UTF-8."""
Page = Annotated[str, BeforeValidator(_page)]
"""The address of a page, 2,048 characters at most; what is none is the empty text, and so is null."""
Instant = Annotated[str, BeforeValidator(_instant)]
"""A time, as `2026-01-31T12:00:00Z`; null is the empty text."""
Action = Annotated[str, Field(pattern="^[a-z][a-z_]{0,63}$")]
Sha = Annotated[str, Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")]
RepositoryName = Annotated[str, AfterValidator(_repository)]
AccountName = Annotated[str, AfterValidator(_account)]


class Repository(Part):
    """A repository, by its name alone."""

    full_name: RepositoryName


class Author(Part):
    """Somebody whose name is shown."""

    login: Shown = ""


class ReleaseObject(Part):
    """A release, as https://docs.github.com/rest/releases/releases has it; a draft need not have a tag yet."""

    draft: bool | None = None
    tag_name: Annotated[str, Field(max_length=TEXT_LIMIT), BeforeValidator(_text)]
    prerelease: bool | None = None
    name: Shown = ""
    html_url: Page = ""
    author: Author | None = None
    published_at: Instant = ""
    target_commitish: Annotated[str, Field(max_length=TEXT_LIMIT)] | None = None

    @field_validator("tag_name")
    @classmethod
    def _tagged(cls, tag: str, info: ValidationInfo) -> str:
        if not tag and not info.data.get("draft"):
            raise ValueError("only a draft may be without a tag")
        return tag

    def read(self) -> Release:
        """Return the release."""
        return Release(
            tag=self.tag_name,
            prerelease=bool(self.prerelease),
            draft=bool(self.draft),
            name=self.name,
            url=self.html_url,
            author=self.author.login if self.author else "",
            published_at=self.published_at,
            target=self.target_commitish or "",
        )


def _fork(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    # Whoever forks names the fork: one of a name that we cannot read must not hide the pull requests beside it.
    try:
        return read(value)
    except ValidationError:
        return None


class _Head(Part):
    ref: Exact
    sha: Sha
    repo: Annotated[Repository | None, WrapValidator(_fork)] = None


class _Base(Part):
    ref: Exact
    repo: Repository


class _Label(Part):
    name: Compared


class PullRequestObject(Part):
    """A pull request, as https://docs.github.com/rest/pulls/pulls has it."""

    number: Annotated[int, Field(ge=1, le=NUMBER_LIMIT)]
    state: Literal["open", "closed"]
    head: _Head
    base: _Base
    title: Shown = ""
    user: Author | None = None
    labels: Listed[_Label] = ()
    draft: bool | None = None
    updated_at: Instant = ""

    def read(self) -> PullRequest:
        """Return the pull request; one whose fork is gone, or has a name that cannot be read, is a fork's."""
        head = self.head.repo.full_name if self.head.repo else ""
        return PullRequest(
            number=self.number,
            sha=self.head.sha,
            branch=self.head.ref,
            base=self.base.ref,
            title=self.title,
            author=self.user.login if self.user else "",
            labels=tuple(label.name for label in self.labels),
            draft=bool(self.draft),
            fork=head.casefold() != self.base.repo.full_name.casefold(),
            state=self.state,
            updated_at=self.updated_at,
        )


def instant_of(value: object) -> str:
    """Return a time of a payload, ISO 8601 or seconds since 1970, as `2026-01-31T12:00:00Z`; empty where it is none.

    The year 1, which GitHub sends where it knows nothing, is none either.
    """
    if isinstance(value, str):
        try:
            seconds = parse_instant(value)
        except UserError:
            return ""
    else:
        seconds = value if isinstance(value, int) and not isinstance(value, bool) else 0
    return show_instant(seconds) if seconds > 0 else ""
