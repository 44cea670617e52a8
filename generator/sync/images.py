"""Images that must be there before something is made true: which these are, and whether their registry has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from generator.core.errors import GitopsmithError
from generator.core.intents import EnsurePreview
from generator.core.layout import Layout
from generator.core.previews import previews_of
from generator.core.tree import Tree
from generator.registries.reference import ImageReference
from generator.registries.registry import Presence
from generator.sync.rules import Step


class Registry(Protocol):
    """Whoever knows whether an image can be pulled."""

    def presence(self, reference: ImageReference) -> Presence:
        """Return whether the image is there.

        Raises:
            UserError: The registry does not let us in.
            TemporaryError: The registry is away.
        """
        ...


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


def presence_of(registry: Registry, image: str) -> Presence:
    """Return whether an image is there; where the registry does not say so, it is not, for as long as that takes.

    Raises:
        UserError: `image` is no reference.
    """
    reference = ImageReference.parse(image)
    try:
        return registry.presence(reference)
    except GitopsmithError as error:
        return Presence(False, str(error))


def _is_shown(step: Step, main: Tree, layout: Layout) -> bool:
    intent = step.intent
    return isinstance(intent, EnsurePreview) and any(
        preview.sha == intent.pull_request.sha
        for preview in previews_of(main, layout, intent.app, intent.pull_request.number)
    )
