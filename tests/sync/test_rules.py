"""The delivery rules: what should be true after a piece of news."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.core.documents import GitHubRepository, Microservice
from generator.core.intents import EnsurePreview, RemovePreview, SetVersion
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.sync.following import FollowedApp
from generator.sync.news.events import (
    Event,
    IgnoredEvent,
    InstallationEvent,
    PackageEvent,
    PullRequestEvent,
    ReleaseEvent,
)
from generator.sync.rules import Reaction, newest_versions, react

SHA = "3f2c" + "0" * 36
RELEASE = Release("v6.7.1", author="ada", published_at="2026-01-31T12:00:00Z", target="main")
PULL_REQUEST = PullRequest(7, SHA, "feat/x", base="main", updated_at="2026-01-31T12:00:00Z")


def app(*rules: dict[str, Any], name: str = "podinfo", **spec: Any) -> FollowedApp:
    """Return an app that follows acme/podinfo by these delivery rules."""
    repository = {"metadata": {"name": name}, "spec": {"owner": "Acme", "repo": "podinfo"}}
    service = {
        "metadata": {"name": name},
        "spec": {
            "repository": {"name": name},
            "image": "ghcr.io/acme/podinfo",
            "template": "service",
            "delivery": list(rules),
            **spec,
        },
    }
    return FollowedApp(name, GitHubRepository.model_validate(repository), Microservice.model_validate(service))


def after(event: Event, *apps: FollowedApp) -> Reaction:
    return react(event, apps, now="2026-02-01T00:00:00Z", delivery="d-1", git_url="https://github.com/")


def released(release: Release = RELEASE, action: str = "published") -> ReleaseEvent:
    return ReleaseEvent("acme/podinfo", action, release)


def versions(reaction: Reaction) -> list[tuple[str, str]]:
    return [
        (step.intent.environment, step.intent.version) for step in reaction.steps if isinstance(step.intent, SetVersion)
    ]


def test_a_release_reaches_every_environment_whose_rule_lets_it_in() -> None:
    reaction = after(released(), app({"environment": "staging"}, {"environment": "production", "range": "6.x"}))
    assert versions(reaction) == [("staging", "6.7.1"), ("production", "6.7.1")]


def test_a_release_out_of_range_is_left_alone_and_the_reason_is_told() -> None:
    reaction = after(released(), app({"environment": "production", "range": "^5"}))
    assert reaction.steps == ()
    assert reaction.reasons == ("podinfo in production: 6.7.1 is not in the range `^5`",)


def test_a_candidate_reaches_the_environments_of_candidates_alone() -> None:
    candidate = replace(RELEASE, tag="v6.8.0-rc.1", prerelease=True)
    reaction = after(
        released(candidate), app({"environment": "staging", "level": "candidate"}, {"environment": "prod"})
    )
    assert versions(reaction) == [("staging", "6.8.0-rc.1")]


def test_an_environment_of_candidates_takes_the_release_that_they_lead_to() -> None:
    assert versions(after(released(), app({"environment": "staging", "level": "candidate"}))) == [("staging", "6.7.1")]


@pytest.mark.parametrize("action", ["published", "released", "prereleased", "edited", "created"])
def test_whatever_happened_to_a_release_it_counts_as_it_is_now(action: str) -> None:
    assert versions(after(released(action=action), app({"environment": "staging"}))) == [("staging", "6.7.1")]


@pytest.mark.parametrize("action", ["deleted", "unpublished"])
def test_a_withdrawn_release_is_not_deployed_and_what_runs_stays(action: str) -> None:
    reaction = after(released(action=action), app({"environment": "staging"}))
    assert reaction == Reaction(reasons=(f"v6.7.1 was {action}: what runs stays",))


def test_a_draft_never_counts() -> None:
    assert after(released(replace(RELEASE, draft=True)), app({"environment": "staging"})).steps == ()


def test_a_tag_of_another_pattern_is_none_of_the_apps() -> None:
    reaction = after(released(replace(RELEASE, tag="chart-6.7.1")), app({"environment": "staging"}))
    assert reaction.reasons == ("podinfo in staging: the tag chart-6.7.1 is none of `v{version}`",)


def test_plain_tags_are_taken_where_the_app_says_so() -> None:
    plain = app({"environment": "staging"}, match={"tag": "{version}"})
    assert versions(after(released(replace(RELEASE, tag="6.7.1")), plain)) == [("staging", "6.7.1")]


def test_a_rule_that_is_wrong_does_not_stop_the_others() -> None:
    wrong, right = {"environment": "dev", "range": "nonsense!"}, {"environment": "staging"}
    reaction = after(released(), app(wrong, right))
    assert versions(reaction) == [("staging", "6.7.1")]
    assert "nonsense!" in reaction.reasons[0]


def test_several_apps_of_one_repository_each_have_their_own_tags() -> None:
    shop = app({"environment": "staging"}, name="shop", match={"tag": "shop@{version}"})
    reaction = after(released(replace(RELEASE, tag="shop@1.2.3")), app({"environment": "staging"}), shop)
    assert [step.intent.app for step in reaction.steps] == ["shop"]


def test_a_commit_names_its_release_and_its_delivery() -> None:
    (step,) = after(released(replace(RELEASE, target=SHA)), app({"environment": "staging"})).steps
    assert step.intent.provenance.trailers() == (
        ("Argocd-reference-commit-author", "ada"),
        ("Argocd-reference-commit-sha", SHA),
        ("Argocd-reference-commit-subject", "Release v6.7.1"),
        ("Argocd-reference-commit-repourl", "https://github.com/Acme/podinfo"),
        ("Argocd-reference-commit-date", "2026-01-31T12:00:00Z"),
        ("Gitopsmith-Delivery", "d-1"),
    )


def test_a_release_waits_for_its_image_where_the_rule_says_so() -> None:
    waits, goes = {"environment": "staging", "waitForImage": True}, {"environment": "dev"}
    assert [step.image for step in after(released(), app(waits, goes)).steps] == ["ghcr.io/acme/podinfo:6.7.1", ""]


def test_a_pull_request_gets_a_preview_that_waits_for_its_image() -> None:
    (step,) = after(PullRequestEvent("acme/podinfo", "opened", PULL_REQUEST), app()).steps
    assert isinstance(step.intent, EnsurePreview)
    assert step.image == f"ghcr.io/acme/podinfo:{SHA}"


def test_a_preview_waits_for_nothing_where_the_app_says_so() -> None:
    (step,) = after(
        PullRequestEvent("acme/podinfo", "opened", PULL_REQUEST), app(preview={"waitForImage": False})
    ).steps
    assert step.image == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "closed"}, "Pull request 7 is closed"),
        ({"draft": True}, "Pull request 7 is not let in: it is a draft"),
        ({"fork": True}, "Pull request 7 is not let in: it comes from a fork"),
    ],
)
def test_a_pull_request_that_is_not_let_in_any_more_loses_its_preview(changed: dict[str, Any], reason: str) -> None:
    event = PullRequestEvent("acme/podinfo", "edited", replace(PULL_REQUEST, **changed))
    (step,) = after(event, app()).steps
    assert isinstance(step.intent, RemovePreview)
    assert step.intent.reason == reason


@pytest.mark.parametrize(
    "event",
    [
        IgnoredEvent("`push` is not followed"),
        PackageEvent("acme/podinfo", "ghcr.io/acme/podinfo", ("6.7.1",)),
        InstallationEvent("acme", "created"),
    ],
)
def test_other_news_changes_no_manifest_and_says_what_it_is(event: Event) -> None:
    reaction = after(event, app({"environment": "staging"}))
    assert reaction.steps == ()
    assert reaction.reasons


def test_of_all_releases_the_newest_counts_for_each_rule() -> None:
    releases = [
        replace(RELEASE, tag=tag, prerelease="-" in tag, draft=tag == "v9.0.0")
        for tag in ("v6.7.9", "v6.7.10", "v7.0.0-rc.1", "v9.0.0", "v5.1.0", "latest")
    ]
    podinfo = app(
        {"environment": "staging", "level": "candidate"}, {"environment": "prod"}, {"environment": "old", "range": "^5"}
    )
    found = newest_versions(podinfo, releases, git_url="https://github.com")
    assert [step.intent.version for step, _ in found if isinstance(step.intent, SetVersion)] == [
        "7.0.0-rc.1",
        "6.7.10",
        "5.1.0",
    ]
