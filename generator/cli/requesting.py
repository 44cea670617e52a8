"""What `--pull-request` and `--merge` do on GitHub once the branch is pushed, and how that is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.cli.output import say
from generator.core.errors import GitopsmithError, UserError

if TYPE_CHECKING:
    from generator.hub.pull_requests import Request, Requests
    from generator.workspace.remotes import Remote
    from generator.workspace.standing_requests import StandingRequest
    from generator.workspace.version_pushing import Pushed


@dataclass(frozen=True)
class OnGitHub:
    """The remote as GitHub knows it.

    Attributes:
        remote: The remote, opened by the same credentials where git has none of its own.
        repository: The repository, `owner/name`.
        requests: Its pull requests.
    """

    remote: Remote
    repository: str
    requests: Requests


@contextmanager
def opened(remote: Remote, github_url: str, *, merge: bool) -> Iterator[OnGitHub | None]:
    """Yield the remote as GitHub knows it; None where it is not there, or without credentials.

    Raises:
        UserError: The credentials are not right; or there is nothing to merge with.
    """
    from generator.hub.address import repository_on, web_url, without_user  # noqa: PLC0415
    from generator.hub.connection import Connection  # noqa: PLC0415
    from generator.hub.credentials import credentials_in  # noqa: PLC0415
    from generator.hub.pull_requests import Requests  # noqa: PLC0415

    credentials = credentials_in(os.environ)
    if credentials is not None:
        with Connection(credentials, github_url) as connection:
            repository = repository_on(connection.url, remote.url)
            if repository is not None:
                token = remote.token or connection.token(repository.partition("/")[0])
                yield OnGitHub(replace(remote, token=token), repository, Requests(connection))
                return
            where = web_url(connection.url)
        if merge:
            raise UserError(
                f"{without_user(remote.url)} is no repository of {where}, so no pull request can be merged.",
                hint="Name the GitHub that is meant with --github-url, or leave --merge out and merge it there.",
            )
    elif merge:
        raise UserError(
            "There are no credentials for GitHub, so no pull request can be merged.",
            hint="Set GITOPSMITH_TOKEN, or leave --merge out and merge it on GitHub.",
        )
    yield None


def bring_up_to_date(remote: Remote, pushed: Pushed, github: OnGitHub | None, *, merge: bool) -> None:
    """Let GitHub have the request that the branch stands for, merge it where that is asked for, and say so.

    Raises:
        UserError: GitHub or the remote refuses; the branch stays as it was pushed.
        TemporaryError: GitHub or the remote is away, likewise.
    """
    if github is None:
        _tell_by_hand(remote, pushed)
        return
    from generator.workspace.requesting import merge as merge_request  # noqa: PLC0415
    from generator.workspace.requesting import settle  # noqa: PLC0415
    from generator.workspace.standing_requests import remove_branch, standing_request  # noqa: PLC0415

    remote = github.remote
    standing = standing_request(remote, pushed.branch)
    if standing is None:
        return
    try:
        request = settle(
            standing, github.repository, github.requests, lambda branch, head: remove_branch(remote, branch, head)
        )
    except GitopsmithError:
        _tell_by_hand(remote, pushed)
        raise
    _tell(standing, request)
    if merge and standing.state in {"open", "left"} and (request is None or request.state != "merged"):
        _refuse_others(pushed, standing)
        is_merged = merge_request(remote, github.repository, standing, request, github.requests)
        say(f"Merged into {remote.branch}." if is_merged else f"It is in the merge queue of {remote.branch}.")


def _refuse_others(pushed: Pushed, standing: StandingRequest) -> None:
    """Refuse to merge what others pushed after us."""
    if pushed.outcome.commit not in (None, standing.head):
        raise UserError(
            f"Somebody pushed to {standing.branch} after us, so nothing is merged.",
            hint="Look at it, and run the same again to merge what stands there then.",
        )


def _tell(standing: StandingRequest, request: Request | None) -> None:
    if standing.reason:
        say(f"{standing.branch}: {standing.reason}")
    if request is None:
        return
    if request.state == "closed":
        say(f"Somebody closed the pull request of this very commit, so it is not opened again: {request.url}")
    elif request.state == "merged":
        say(f"The pull request is merged: {request.url}")
    else:
        say(f"Pull request: {request.url}")


def _tell_by_hand(remote: Remote, pushed: Pushed) -> None:
    if pushed.address:
        say(f"Open the pull request, if it is not open yet: {pushed.address}")
    elif pushed.stands:
        say(f"Open a pull request of {pushed.branch} into {remote.branch}, if it is not open yet.")
