"""Finds versions that stand though no news brought them there: merged, promoted or set back by a person. Pure.

What they were made from is known where the app ran the same version before, there or in another environment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from generator.core.deployment_states import Arrival, Report


def unannounced(kept: Sequence[Report], versions: Mapping[tuple[str, str], frozenset[str]]) -> list[Arrival]:
    """Return the arrivals of versions that are not said to be there, sorted by app and environment.

    Args:
        kept: What was said of deployments.
        versions: The versions that stand in the tree, by app and environment. Where clusters run different ones, none
            of them has arrived.
    """
    known: dict[tuple[str, str], list[Report]] = defaultdict(list)
    for report in kept:
        if not report.number:
            known[report.app, report.version].append(report)
    found = []
    for (app, environment), (version, *others) in sorted((place, tuple(one)) for place, one in versions.items() if one):
        same = [] if others else known[app, version]
        if same and not any(one.environment == environment and one.is_there for one in same):
            # What it was made from here goes before what it was made from elsewhere.
            source = max(same, key=lambda one: (one.environment == environment, one.is_there, one.ref))
            found.append(Arrival(source.repository, app, environment, source.ref, version))
    return found
