"""Decides what GitHub should be told, from the tree and the inbox, and keeps it; nobody is called here.

All of it is found again from what is there, so that a crash between a commit and this loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from generator.core.deployment_states import Arrival, Situation, Waiting, wanted_reports
from generator.core.errors import GitopsmithError
from generator.core.plan_version import deployed
from generator.core.previews import ENVIRONMENT, previews_in
from generator.core.standing_versions import addresses, standing_versions
from generator.core.tree import Tree
from generator.core.unannounced import unannounced
from generator.sync.following import Following
from generator.sync.gitops import View
from generator.sync.news.delivery import Delivery
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.report_news import arrivals_of, places_of, proposals_of, steps_of, waiting_of
from generator.sync.reports.reports_table import Reports
from generator.sync.settlement import Settlement
from generator.sync.store.inbox import Inbox
from generator.workspace.arrivals import last_commits

_MOST = 1000
"""The most deliveries that are shown as waiting, and as failed."""

_log = structlog.get_logger(__name__)


@dataclass
class Reporting:
    """What decides what GitHub should be told.

    Attributes:
        inbox: What waits and what failed.
        reports: Where it is kept.
        clock: The time, in seconds since 1970.
        promotions: Keeps the pull requests of versions.
        changed: Is called where there is something new to tell.
    """

    inbox: Inbox
    reports: Reports
    clock: Callable[[], float]
    promotions: Promotions
    changed: Callable[[], None] = lambda: None
    _payloads: dict[str, Delivery] = field(default_factory=dict)

    def look(
        self,
        view: View,
        following: Following,
        settled: Iterable[tuple[Delivery, Settlement]] = (),
        *,
        whole: bool = False,
        proposed: bool = False,
    ) -> None:
        """Bring what GitHub should be told up to date. What fails here is logged, and made up for by the next look.

        Args:
            view: The repositories; the branch is read where it is now.
            following: Which apps follow what.
            settled: What became of deliveries just now, before it is written down, with their payloads.
            whole: Whether to see as well if what was ever said of environments still holds, beyond what was settled.
            proposed: Whether versions were just proposed: then, and with a whole look, their requests are looked at.
        """
        if whole or proposed:
            _guarded(lambda: self.promotions.look(view))
        _guarded(lambda: self._look(view, following, settled, whole=whole))

    def learn(self, view: View) -> None:
        """Take note of where the repositories are, before there is anything to tell."""
        self.promotions.learn(view)

    def _look(
        self, view: View, following: Following, settled: Iterable[tuple[Delivery, Settlement]], *, whole: bool
    ) -> None:
        with view.branch.reserved():
            head = view.branch.heads().deployed.main
            main = view.branch.tree(head)
        if head is None:
            return  # nothing is known: that is no reason to end anything
        outcomes = [_settled(one, outcome) for one, outcome in settled]
        now = self._situation(main, view, self._news(view, following, outcomes), whole=whole)
        if self.reports.update(lambda kept: wanted_reports(now, kept), self.clock()):
            self.changed()

    def _situation(self, main: Tree, view: View, found: _News, *, whole: bool) -> Situation:
        environments = [one.name for one in view.organization.spec.environments if one.name != ENVIRONMENT]
        touched = {app for app, _ in found.places}
        kept = [one for one in self.reports.kept() if not one.number and (whole or one.app in touched)]
        places = {(app, one) for app in touched | {one.app for one in kept} for one in environments}
        versions = standing_versions(main, view.layout, places | {(one.app, one.environment) for one in kept})
        unseen = unannounced(kept, versions)
        arrivals = [*unseen, *(one for one in found.arrivals if _stands(one, versions))]
        return Situation(
            previews_in(main, view.layout),
            [*(one for one in found.proposals if not _stands(one, versions)), *found.waiting],
            arrivals,
            _commits_of(main, unseen, view) | found.commits,
            versions,
            addresses(main, view.layout, ((one.app, one.environment) for one in arrivals)),
            self.promotions.proposed,
            f"{view.organization.spec.git_url.rstrip('/')}/{view.application.slug}/commit/",
            environments[-1] if environments else "",
        )

    def _news(self, view: View, following: Following, outcomes: Sequence[Delivery]) -> _News:
        git_url = view.organization.spec.git_url
        news = _News()
        for delivery in (*outcomes, *self._others({one.id for one in outcomes})):
            steps = steps_of(delivery, following, git_url)
            news.waiting += waiting_of(delivery, steps, following)
            news.proposals += proposals_of(delivery, steps)
            news.arrivals += arrivals_of(delivery, steps)
            news.places.update(places := places_of(steps))
            if delivery.commit:
                news.commits.update(dict.fromkeys(places, delivery.commit))
        return news

    def _others(self, known: set[str]) -> list[Delivery]:
        """Return what waits or failed beside the deliveries that are known, of each thing the newest alone."""
        listed = [*self.inbox.listing("waiting", limit=_MOST), *self.inbox.listing("failed", limit=_MOST)]
        asked = [one for one in listed if one.subject and one.id not in known]
        stale = self.inbox.newer_than(asked)
        current = [one for one in asked if one.id not in stale]
        payloads = {one.id: self._payloads.get(one.id) or self.inbox.get(one.id) for one in current}
        self._payloads = payloads
        whole = [replace(one, payload=payloads[one.id].payload) for one in current]
        return sorted(whole, key=lambda one: one.sequence)


@dataclass
class _News:
    waiting: list[Waiting] = field(default_factory=list)
    proposals: list[Waiting] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    commits: dict[tuple[str, str], str] = field(default_factory=dict)
    places: set[tuple[str, str]] = field(default_factory=set)


def _guarded(look: Callable[[], None]) -> None:
    """Look, and let nothing that is wrong with reports hold up commits."""
    try:
        look()
    except GitopsmithError as error:
        _log.warning("what GitHub should be told is not known yet", reason=str(error))
    except Exception:
        _log.exception("a bug: what GitHub should be told could not be decided")


def _settled(delivery: Delivery, settlement: Settlement) -> Delivery:
    return replace(
        delivery,
        state=settlement.state,
        result=settlement.result,
        reason=settlement.reason,
        commit=settlement.commit,
        waiting_for=settlement.waiting_for,
    )


def _stands(one: Arrival | Waiting, versions: Mapping[tuple[str, str], frozenset[str]]) -> bool:
    return one.version in versions.get((one.app, one.environment), ())


def _commits_of(main: Tree, arrivals: Sequence[Arrival], view: View) -> dict[tuple[str, str], str]:
    """Return the commits that brought versions of which there was no news, as far as they are known."""
    if view.remote is None:
        return {}  # nobody shows a commit that is not pushed
    files = {
        (one.app, one.environment): deployed(main, view.layout, one.app, one.environment)[0].path for one in arrivals
    }
    found = last_commits(view.remote, files.values())
    return {place: found[path] for place, path in files.items() if path in found}
