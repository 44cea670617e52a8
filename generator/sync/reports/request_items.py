"""What GitHub is told of pull requests for versions: one item for each branch that stands for one, or did. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from generator.core.promotion_request import PromotionRequest
from generator.sync.reports.report_items import Item, fingerprint
from generator.workspace.standing_requests import StandingRequest

_GONE = "Its branch is gone."


def request_items(repository: str, standing: Sequence[StandingRequest], kept: Sequence[Item]) -> list[Item]:
    """Return what should be told of the branches of a repository, those that were kept and are gone included.

    Args:
        repository: The repository, `owner/name`.
        standing: Every branch of a request that stands there; one that is left out is gone.
        kept: What was wanted before.
    """
    items = {item.key: item for item in (_item(repository, one) for one in standing)}
    for item in kept:
        of, before = standing_of(item.content)
        if of.casefold() == repository.casefold() and item.key not in items and before.state != "over":
            # What was merged or removed may have been seen by nobody but GitHub.
            items[item.key] = _item(repository, StandingRequest(before.branch, before.head, "over", _GONE))
    return list(items.values())


def standing_of(content: Mapping[str, Any]) -> tuple[str, StandingRequest]:
    """Return the repository and the branch that the content of a request keeps."""
    known = dict(content)
    repository, request = str(known.pop("repository")), known.pop("request")
    return repository, StandingRequest(**known, request=PromotionRequest(**request) if request else None)


def _item(repository: str, standing: StandingRequest) -> Item:
    content = {"repository": repository, **asdict(standing)}
    state = "inactive" if standing.state == "over" else standing.state
    return Item("request", f"{repository.casefold()} {standing.branch}", state, content, fingerprint(content))
