"""Whose a host is: no two previews have the same one, whatever their branches are called."""

from __future__ import annotations

from collections.abc import Sequence

from generator.core.errors import UserError
from generator.core.intents import AddInstance
from generator.core.layout import Layout
from generator.core.previews import OpenPreview, previews_in
from generator.core.record import parse_record
from generator.core.tree import Tree


def check_host(main: Tree, layout: Layout, name: str, rendered: AddInstance, gone: Sequence[OpenPreview]) -> None:
    """Refuse a preview whose host another one has: requests for it would reach either of them.

    The host may be made of the branch alone, whose name is its author's to choose. A preview that stands keeps its
    host: those that shared one before this was looked at are still brought to newer commits.

    Args:
        main: What the repository holds.
        layout: Where the repository keeps its instances.
        name: The name of the preview.
        rendered: The preview as its template renders it.
        gone: The previews that are removed by the same change.

    Raises:
        UserError: Another preview has the host.
    """
    record = rendered.place.record
    host = _host(parse_record(rendered.files[record].data, record).url)
    standing = main.get(record)
    if not host or (standing is not None and _host(parse_record(standing.data, record).url) == host):
        return
    for other in previews_in(main, layout, holding=host):
        if _host(other.url) == host and other.place != rendered.place and other not in gone:
            raise UserError(
                f"{name}: its host {host} is the one of {other.name} already.",
                hint="Close that preview, or rename the branch; without a domain in the app's NetworkPolicy, each "
                "preview has a host of its own.",
            )


def _host(url: str) -> str:
    return url.partition("://")[2]
