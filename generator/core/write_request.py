"""The pull request by which writes reach a branch that takes no pushes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from generator.core.markdown import code
from generator.core.promotion_request import PromotionRequest

_TITLE = 250
_LISTED = 50


def write_request(branch: str, base: str, subjects: Sequence[str]) -> PromotionRequest:
    """Return the request for what waits on a branch: whoever reads its commits again comes to the same.

    Args:
        branch: The branch that it waits on.
        base: The branch that takes no pushes.
        subjects: What the commits say in their first lines, the oldest first; at least one.
    """
    title = subjects[0] if len(subjects) == 1 else f"{len(subjects)} changes: {subjects[0]}, …"
    lines = [f"- {code(subject)}" for subject in subjects[:_LISTED]]
    if len(subjects) > _LISTED:
        lines.append(f"- and {len(subjects) - _LISTED} more")
    about = (
        f"`{base}` takes no pushes, so gitopsmith's commits wait here and are merged as soon as GitHub lets them. "
        f"More of them may come to `{branch}`; what others commit there stays, and is left to them to merge."
    )
    title = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return PromotionRequest(branch, base, title, "\n\n".join(("\n".join(lines), about)))
