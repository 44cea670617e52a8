"""What the sync does on GitHub with every pass: keeps webhooks, and takes what they failed to bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.missed_deliveries import MissedDeliveries

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Upkeep:
    """What looks after webhooks.

    Attributes:
        hooks: Keeps them; None where GitHub is not told an address of ours: then people look after them.
        missed: Takes what they failed to bring.
    """

    hooks: HookKeeping | None
    missed: MissedDeliveries

    def once(self, repositories: Sequence[str]) -> int:
        """Look after the webhooks of repositories, `owner/name`, and return how many deliveries had been missed.

        What goes wrong with one repository is logged, and keeps no other from being looked after.
        """
        if self.hooks is not None:
            report = self.hooks.keep_all(repositories)
            _log.info("webhooks are kept", **report.done)
        found = self.missed.take_all(repositories)
        if found.new:
            _log.info("took deliveries that GitHub had failed to deliver", number=found.new)
        return found.new
