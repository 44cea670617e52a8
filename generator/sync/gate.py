"""The image gate: what waits for an image, for how long, and how often the registry is asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from generator.core.intents import EnsurePreview
from generator.core.layout import Layout
from generator.core.previews import previews_of
from generator.core.tree import Tree
from generator.sync.rules import Step

_FIRST, _LONGEST = 5.0, 60.0
_SHARE = 0.25


def images_of(steps: Sequence[Step], main: Tree, layout: Layout) -> list[str]:
    """Return the images that must be there before the steps are made true.

    A preview that shows its commit already waits for nothing: its image was there.

    Args:
        steps: What should be true.
        main: What the application repository holds.
        layout: Where it keeps everything.

    Raises:
        UserError: A record that stands where the preview would cannot be read.
    """
    return list(dict.fromkeys(step.image for step in steps if step.image and not _is_shown(step, main, layout)))


def next_look(waited: float) -> float:
    """Return the seconds until the registry is asked again: a quarter of what was waited already, from 5 s to 60 s.

    Args:
        waited: The seconds that were waited so far, counted by the waits themselves: a clock may jump.
    """
    return min(_LONGEST, max(_FIRST, waited * _SHARE))


def _is_shown(step: Step, main: Tree, layout: Layout) -> bool:
    intent = step.intent
    return isinstance(intent, EnsurePreview) and any(
        preview.sha == intent.pull_request.sha
        for preview in previews_of(main, layout, intent.app, intent.pull_request.number)
    )
