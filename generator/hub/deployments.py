"""GitHub Deployments: each made once, found again by its commit, task and payload, and no state said twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from generator.core.deployment_states import Report
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, UnavailableError
from generator.hub.lookup import each, number_of
from generator.hub.requester import Caller

_MAKER = "gitopsmith"


@dataclass(frozen=True)
class Stray:
    """A deployment of the same task that is not the one that is meant.

    Attributes:
        id: GitHub's number of it.
        sha: Its commit.
    """

    id: int
    sha: str


@dataclass(frozen=True)
class Standing:
    """A deployment that GitHub has.

    Attributes:
        id: GitHub's number of it.
        made: Whether it was made just now: then nothing was said of it yet.
        strays: Others of ours of the same task, which should be inactive.
    """

    id: int
    made: bool
    strays: tuple[Stray, ...] = ()


class Deployments:
    """The Deployments of source repositories. Several threads may call at once.

    Args:
        connection: Who calls.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, report: Report) -> Standing | None:
        """Return the deployment that a report is about; None where GitHub has none.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        path, caller = self._connection.of(report.repository)
        return self._look(report, _commit(caller, path, report.ref))[0]

    def ensure(self, report: Report) -> Standing:
        """Return the deployment that a report is about; it is made where GitHub has none.

        Raises:
            RefusedError: GitHub refuses: the commit is not in the repository, or we may not.
            UnavailableError: GitHub is away or limits us. It may have made the deployment: the next call finds it.
        """
        path, caller = self._connection.of(report.repository)
        sha = _commit(caller, path, report.ref)
        found, strays = self._look(report, sha)
        if found is not None:
            return found
        answer = caller.ask("POST", f"{path}/deployments", body=_request(report, sha))
        return Standing(number_of(answer, f"POST {path}/deployments"), True, strays)

    def say(self, report: Report, standing: Standing) -> bool:
        """Say how far a deployment is, unless that was said last.

        Returns:
            Whether it had to be said.

        Raises:
            NotFoundError: GitHub has the deployment no more.
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us. It may have heard: the next call reads that first.
        """
        path, caller = self._connection.of(report.repository)
        statuses = f"{path}/deployments/{standing.id}/statuses"
        body = _status(report)
        if not standing.made:
            newest = max(each(caller, statuses), key=lambda one: int(one["id"]), default=None)
            if newest is not None and _said(newest) == _said(body):
                return False
        # GitHub would end the deployments of other apps in the same environment.
        caller.ask("POST", statuses, body={**body, "auto_inactive": False})
        return True

    def remove(self, repository: str, id: int) -> None:  # noqa: A002  (GitHub's own name)
        """Delete a deployment that is inactive; one that is gone already is no error.

        Raises:
            RefusedError: GitHub refuses: it is not inactive, or we may not.
            UnavailableError: GitHub is away or limits us.
        """
        path, caller = self._connection.of(repository)
        try:
            caller.ask("DELETE", f"{path}/deployments/{id}", repeatable=True)
        except NotFoundError:
            return

    def _look(self, report: Report, sha: str) -> tuple[Standing | None, tuple[Stray, ...]]:
        """Return the deployment of a commit, and all of ours of the same task."""
        path, caller = self._connection.of(report.repository)
        # A preview's task is its own, so that those of other commits are seen along with it.
        query = {"environment": report.environment, "task": report.task, **({} if report.number else {"sha": sha})}
        ours = tuple(
            Stray(int(one["id"]), str(one.get("sha", "")))
            for one in each(caller, f"{path}/deployments", query)
            if _app_of(one) == report.app
        )
        same = sorted(one.id for one in ours if one.sha == sha)
        if not same:
            return None, ours
        return Standing(same[0], False, tuple(one for one in ours if one.id != same[0])), ours


def _commit(caller: Caller, path: str, ref: str) -> str:
    """Return the commit of a tag: a deployment of the tag itself would say nothing of what was deployed."""
    if len(ref) in {40, 64} and set(ref) <= set("0123456789abcdef"):
        return ref
    asked = f"{path}/commits/{quote(ref, safe='')}/status"
    data = caller.ask("GET", asked).data
    sha = data.get("sha") if isinstance(data, dict) else None
    if not isinstance(sha, str) or not sha:
        raise UnavailableError(f"GitHub, asked for `GET {asked}`, does not tell the commit.")
    return sha


def _request(report: Report, sha: str) -> dict[str, Any]:
    # Nobody can edit it, so it holds what is so from the beginning on: the commit stands in what is said later.
    payload = {
        "by": _MAKER,
        "app": report.app,
        "environment": report.where,
        **({"pull_request": report.number} if report.number else {}),
    }
    return {
        "ref": sha,
        "task": report.task,
        "auto_merge": False,
        "required_contexts": [],
        "payload": payload,
        "environment": report.environment,
        "description": f"{report.app} {report.version}".strip()[:140],
        "transient_environment": bool(report.number),
        "production_environment": report.production,
    }


def _app_of(deployment: Mapping[str, Any]) -> str | None:
    """Return the app of a deployment of ours; None for one that somebody else made."""
    payload = deployment.get("payload")
    if isinstance(payload, str):  # as GitHub tells those that were made with a text
        try:
            payload = json.loads(payload)
        except ValueError:
            return None
    if not isinstance(payload, dict) or payload.get("by") != _MAKER:
        return None
    return str(payload.get("app", ""))


def _status(report: Report) -> dict[str, str]:
    return {
        "state": report.state,
        "description": report.description,
        **({"log_url": report.log_url} if report.log_url else {}),
        **({"environment_url": report.url} if report.state == "success" and report.url else {}),
    }


def _said(status: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(status.get(name) or "") for name in ("state", "description", "log_url", "environment_url"))
