"""Whether GitHub keeps a pull request from being merged because its branch lacks commits of its base."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from generator.hub.connection import Connection
from generator.hub.failures import RefusedError
from generator.hub.requester import Caller

_CHECKS = "required_status_checks"
_UNTOLD = frozenset((HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND))


def is_behind(connection: Connection, repository: str, number: int) -> bool:
    """Return whether a rule wants the branch of a pull request to have all commits of its base.

    Args:
        connection: Who calls.
        repository: The repository, `owner/name`.
        number: The pull request, whose branch lacks some.

    Raises:
        RefusedError: GitHub refuses.
        UnavailableError: GitHub is away or limits us.
    """
    path, caller = connection.of(repository)
    found = _mapping(caller.ask("GET", f"{path}/pulls/{number}").data)
    if found.get("mergeable_state") != "blocked":
        return found.get("mergeable_state") == "behind"
    # Whatever else is missing, a review or a check, GitHub says in place of that.
    base = quote(str(_mapping(found.get("base")).get("ref")), safe="")
    return _is_strict_by_ruleset(caller, path, base) or _is_strict_by_protection(caller, path, base)


def _is_strict_by_ruleset(caller: Caller, path: str, branch: str) -> bool:
    rules = _told(caller, f"{path}/rules/branches/{branch}", {"per_page": "100"})
    checks = [rule for rule in map(_mapping, rules if isinstance(rules, list) else ()) if rule.get("type") == _CHECKS]
    return any(_mapping(rule.get("parameters")).get("strict_required_status_checks_policy") for rule in checks)


def _is_strict_by_protection(caller: Caller, path: str, branch: str) -> bool:
    # Only those who may administer the repository are told.
    rule = _mapping(_told(caller, f"{path}/branches/{branch}/protection"))
    return bool(_mapping(rule.get(_CHECKS)).get("strict"))


def _told(caller: Caller, path: str, query: dict[str, str] | None = None) -> Any:
    """Return what GitHub says of rules; None where there is nothing, or nothing that it lets us know."""
    try:
        return caller.ask("GET", path, query).data
    except RefusedError as error:
        if error.status not in _UNTOLD:
            raise
        return None


def _mapping(data: object) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
