"""The page of a list that is asked for, and the links to the others, as GitHub gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.github_double.exchange import Items, Reply

_USUAL, _MOST = 30, 100


def page(items: Items, parameters: Mapping[str, Any], query: Mapping[str, str], url: str) -> Reply:
    """Return one page.

    Args:
        items: The list.
        parameters: The values in the request's path and query.
        query: Its query as it was written.
        url: Its address as links name it, without its query.
    """
    size = max(1, min(parameters.get("per_page", _USUAL), _MOST))
    links: dict[str, dict[str, Any]] = {}
    if items.cursor:
        start = _after(items, parameters.get("cursor"))
        if start + size < len(items.all):
            links["next"] = {"cursor": f"v1_{items.all[start + size - 1].id}"}
    else:
        number = max(1, parameters.get("page", 1))
        start, last = (number - 1) * size, max(1, -(-len(items.all) // size))
        pages = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        before = ["prev", "first"] if number > 1 else []
        after = ["next", "last"] if number < last else []
        links = {name: {"page": pages[name]} for name in (*before, *after)}
    shown = [items.show(item) for item in items.all[start : start + size]]
    facts = {"total_count": len(items.all), items.key: shown} if items.key else shown
    text = ", ".join(f'<{url}?{urlencode({**query, **changed})}>; rel="{name}"' for name, changed in links.items())
    return Reply(200, facts, {"Link": text} if text else {})


def _after(items: Items, cursor: str | None) -> int:
    if cursor is None:
        return 0
    return next((index + 1 for index, item in enumerate(items.all) if f"v1_{item.id}" == cursor), len(items.all))
