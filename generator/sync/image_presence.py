"""Whether an image is there: asked of its registry, which may not say so."""

from __future__ import annotations

from typing import Protocol

from generator.core.errors import GitopsmithError
from generator.registries.reference import ImageReference
from generator.registries.registry import Presence


class Registry(Protocol):
    """Whoever knows whether an image can be pulled."""

    def presence(self, reference: ImageReference) -> Presence:
        """Return whether the image is there.

        Raises:
            UserError: The registry does not let us in.
            TemporaryError: The registry is away.
        """
        ...


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
