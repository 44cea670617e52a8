"""What reconciliation found that should be true, as the body of a delivery of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from generator.core.errors import UserError
from generator.sync.rules import Step

EVENT = "reconciliation"
"""The event of such a delivery."""

_STEPS = TypeAdapter(tuple[Step, ...])


def dump_steps(steps: Sequence[Step]) -> bytes:
    """Return steps as JSON."""
    return _STEPS.dump_json(tuple(steps))


def load_steps(data: bytes) -> tuple[Step, ...]:
    """Return the steps that JSON holds.

    Raises:
        UserError: It holds none, as after an upgrade that changed them.
    """
    try:
        return _STEPS.validate_json(data)
    except ValidationError as error:
        raise UserError(
            "Another version of gitopsmith stored this, and this one cannot read it.",
            hint="Nothing is lost: the next reconciliation finds it again.",
        ) from error
