"""Which webhooks of ours are of no use any more, because no app follows their repository. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.core.preview_gc import CAREFUL_ABOVE
from generator.sync.following import Following


@dataclass(frozen=True)
class Unfollowed:
    """What goes, and what stays although no app follows it.

    Attributes:
        gone: The repositories whose webhooks go.
        held_back: Those whose webhooks would go and stay, on doubt.
        reason: What the doubt is; empty where nothing is held back.
    """

    gone: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    reason: str = ""


NOTHING = Unfollowed()


def unfollowed(noted: Sequence[str], following: Following, *, allow_many: bool = False) -> Unfollowed:
    """Return which webhooks go.

    None goes while a document cannot be read, for it may be the one that follows; and none where more than half of more
    than five would go at once.

    Args:
        noted: Every repository that has a webhook of ours.
        following: Which apps follow what.
        allow_many: Whether that many may go at once.
    """
    gone = tuple(repository for repository in noted if not following.of(repository))
    if gone and following.broken:
        broken = "; ".join(error.message for error in following.broken)
        return Unfollowed((), gone, f"Documents cannot be read, and may follow these repositories: {broken}")
    if len(noted) > CAREFUL_ABOVE and 2 * len(gone) > len(noted) and not allow_many:
        return Unfollowed((), gone, f"{len(gone)} of {len(noted)} webhooks would go at once.")
    return Unfollowed(gone)
