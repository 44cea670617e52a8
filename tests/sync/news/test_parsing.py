"""GitHub's payloads as events: what GitHub sends is read, all else is refused in one way, and nothing slips through.

The payloads are real ones, see `payloads/README.md`; what they do not show is made from them, one key changed.
"""

from __future__ import annotations

import copy
import gzip
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.core.pull_requests import PullRequest, check_pull_request
from generator.core.releases import Release
from generator.sync.news.events import (
    Event,
    IgnoredEvent,
    InstallationEvent,
    PackageEvent,
    PullRequestEvent,
    ReleaseEvent,
    repository_key,
)
from generator.sync.news.parsing import MalformedPayloadError, occurred_at, parse, read_payload, subject_of

JSON = Any
GONE = object()
"""What a key is changed to that is to be deleted."""

KINDS: Mapping[str, type[Event] | tuple[type[Event], ...]] = {
    "installation": InstallationEvent,
    "installation_repositories": InstallationEvent,
    "package": (PackageEvent, IgnoredEvent),
    "ping": IgnoredEvent,
    "pull_request": PullRequestEvent,
    "release": ReleaseEvent,
}


def examples() -> Iterator[tuple[str, JSON]]:
    with gzip.open(Path(__file__).parent / "payloads" / "examples.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = json.loads(line)
            yield parts["event"], parts["payload"]


EXAMPLES = list(examples())
SHA = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
DOCKER = "docker.pkg.github.com/acme/podinfo"


def payload_of(event: str, action: str = "", number: int = 0) -> JSON:
    """Return the first example of an event and action, or one after it."""
    found = [payload for name, payload in EXAMPLES if name == event and payload.get("action", "") == action]
    return copy.deepcopy(found[number])


def changed(payload: JSON, **values: JSON) -> JSON:
    """Return a payload with other values, each named by its path with `__` between the keys."""
    payload = copy.deepcopy(payload)
    for path, value in values.items():
        *above, key = path.split("__")
        place = payload
        for part in above:
            place = place[part]
        if value is GONE:
            del place[key]
        else:
            place[key] = value
    return payload


def pull_request(**values: JSON) -> PullRequest:
    event = parse("pull_request", changed(payload_of("pull_request", "labeled"), **values))
    assert isinstance(event, PullRequestEvent)
    return event.pull_request


def release(**values: JSON) -> Event:
    return parse("release", changed(payload_of("release", "published"), **values))


def package(**values: JSON) -> JSON:
    """Return an image's payload as GitHub's container registry sends it, every key that is read with a value."""
    version = {
        "version": "sha256:" + "89160c58" * 8,
        "package_url": "ghcr.io/acme/podinfo:6.7.1",
        "container_metadata": {"tag": {"name": "6.7.1", "digest": "sha256:" + "89160c58" * 8}},
    }
    content = {
        "name": "podinfo",
        "namespace": "acme",
        "package_type": "CONTAINER",
        "package_version": version,
        "registry": {"type": "CONTAINER", "url": "https://CONTAINER.pkg.github.com/acme"},
    }
    repository = {"full_name": "acme/podinfo"}
    return changed({"action": "published", "package": content, "repository": repository}, **values)


def short(value: object) -> str:
    """Return a value as the name of a test."""
    return repr(value)[:20] if not isinstance(value, int) or abs(value) < 2**64 else "huge"


class TestExamples:
    @pytest.mark.parametrize("event", sorted({name for name, _ in EXAMPLES}))
    def test_every_payload_is_read(self, event: str) -> None:
        for payload in (payload for name, payload in EXAMPLES if name == event):
            found = parse(event, json.dumps(payload).encode())
            assert isinstance(found, KINDS.get(event, IgnoredEvent))
            assert found == parse(event, payload)
            if event not in KINDS:
                assert found == IgnoredEvent(f"`{event}` is not followed")

    def test_they_are_all_there(self) -> None:
        assert len({name for name, _ in EXAMPLES}) > 60
        assert {name for name, _ in EXAMPLES} >= set(KINDS)

    def test_release(self) -> None:
        assert parse("release", payload_of("release", "prereleased")) == ReleaseEvent(
            "Codertocat/Hello-World",
            "prereleased",
            Release(
                tag="0.0.1",
                prerelease=True,
                url="https://github.com/Codertocat/Hello-World/releases/tag/0.0.1",
                author="Codertocat",
                published_at="2019-05-15T15:20:53Z",
                target="master",
            ),
        )

    def test_pull_request(self) -> None:
        opened = PullRequest(
            number=2,
            sha=SHA,
            branch="changes",
            base="master",
            title="Update the README with new information.",
            author="Codertocat",
            labels=("bug",),
            updated_at="2019-05-15T15:20:35Z",
        )
        assert parse("pull_request", payload_of("pull_request", "labeled")) == PullRequestEvent(
            "Codertocat/Hello-World", "labeled", opened
        )

    def test_a_closed_pull_request_and_a_draft(self) -> None:
        closed = parse("pull_request", payload_of("pull_request", "closed"))
        assert isinstance(closed, PullRequestEvent)
        assert (closed.pull_request.state, closed.pull_request.updated_at) == ("closed", "2019-05-15T15:21:18Z")
        draft = parse("pull_request", payload_of("pull_request", "converted_to_draft"))
        assert isinstance(draft, PullRequestEvent)
        assert draft.pull_request.draft

    def test_installations(self) -> None:
        found = {parse(event, payload) for event, payload in EXAMPLES if event.startswith("installation")}
        assert found >= {
            InstallationEvent("Codertocat", "created"),
            InstallationEvent("octocat", "deleted"),
            InstallationEvent("Codertocat", "suspend"),
            InstallationEvent("Codertocat", "added"),
            InstallationEvent("octocat", "removed"),
        }

    def test_packages(self) -> None:
        found = [parse("package", payload) for event, payload in EXAMPLES if event == "package"]
        assert PackageEvent("Codertocat/hello-world-npm", "ghcr.io/codertocat/hello-world", ()) in found
        assert IgnoredEvent("`hello-world-npm` is a package, but no image and no chart") in found

    def test_ping(self) -> None:
        assert parse("ping", payload_of("ping")) == IgnoredEvent("a ping: the webhook reaches us")


class TestReleases:
    def test_a_draft_is_ignored_whatever_else_it_lacks(self) -> None:
        reason = "a draft of a release is nobody's release yet"
        assert release(release__draft=True, release__tag_name=None) == IgnoredEvent(reason)

    def test_an_unpublished_one_is_a_draft_and_news(self) -> None:
        event = release(action="unpublished", release__draft=True, release__published_at=None)
        assert isinstance(event, ReleaseEvent)
        assert (event.action, event.release.draft, event.release.published_at) == ("unpublished", True, "")

    def test_what_is_not_known_is_empty(self) -> None:
        event = release(
            release__author=None,
            release__name=None,
            release__html_url=None,
            release__published_at=None,
            release__prerelease=None,
            release__target_commitish=None,
        )
        assert event == ReleaseEvent("Codertocat/Hello-World", "published", Release("0.0.1"))

    @pytest.mark.parametrize("tag", ["podinfo@1.0/../x", "v1 \"'`{{ x }}", "日本語", "a\nb", "x" * 255], ids=short)
    def test_the_tag_is_kept_as_it_is(self, tag: str) -> None:
        event = release(release__tag_name=tag)
        assert isinstance(event, ReleaseEvent)
        assert event.release.tag == tag

    def test_what_people_read_is_cleaned_and_cut(self) -> None:
        event = release(release__name="a\n\ud800b\u202e" + "x" * 100_000)
        assert isinstance(event, ReleaseEvent)
        assert event.release.name.startswith("a b x")
        assert len(event.release.name) == 255

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", 'https://x/"onclick="', "https://x/" + "y" * 3000, "//x"], ids=short
    )
    def test_a_page_that_is_none_is_left_out(self, url: str) -> None:
        event = release(release__html_url=url)
        assert isinstance(event, ReleaseEvent)
        assert event.release.url == ""


class TestPullRequests:
    def test_a_fork_is_told_by_its_repository(self) -> None:
        assert not pull_request(pull_request__head__repo__full_name="codertocat/hello-WORLD").fork
        assert pull_request(pull_request__head__repo__full_name="someone/Hello-World").fork
        assert pull_request(pull_request__head__repo=None).fork, "deleted"
        assert pull_request(pull_request__head__repo=GONE).fork, "not told"
        for name in ("evil/pod info", "../etc", "", None, 7):
            assert pull_request(pull_request__head__repo__full_name=name).fork, "nothing that could be ours"
        assert pull_request(pull_request__head__repo=7).fork
        assert pull_request(pull_request__head__repo__full_name="evil/pod..info").fork

    def test_what_is_not_known_is_empty(self) -> None:
        found = pull_request(
            pull_request__user=None,
            pull_request__labels=None,
            pull_request__draft=None,
            pull_request__title=None,
            pull_request__updated_at=None,
        )
        assert found == PullRequest(number=2, sha=SHA, branch="changes", base="master")

    @pytest.mark.parametrize("branch", ["feat/../x", "a'\"b", "{{ 7 * 7 }}", "x\ny: z", "ветка", "b" * 255], ids=short)
    def test_branches_are_kept_as_they_are(self, branch: str) -> None:
        found = pull_request(pull_request__head__ref=branch, pull_request__base__ref=branch)
        assert (found.branch, found.base) == (branch, branch)

    def test_labels_stay_what_an_app_compares_them_with(self) -> None:
        family = "\U0001f468\u200d\U0001f469"
        names = [family, "Preview", "\ud800", "x" * 300]
        found = pull_request(pull_request__labels=[{"name": name} for name in names])
        assert found.labels == (family, "Preview", "?", "x" * 255)

    def test_the_time_is_written_in_one_way(self) -> None:
        assert pull_request(pull_request__updated_at="2019-05-15T17:20:35.5+02:00").updated_at == "2019-05-15T15:20:35Z"
        assert pull_request(pull_request__updated_at="0001-01-01T00:00:00Z").updated_at == "", "GitHub's unknown time"


class TestPackages:
    @pytest.mark.parametrize("event", ["package", "registry_package"])
    def test_an_image(self, event: str) -> None:
        payload = package()
        payload[event] = payload.pop("package")
        assert parse(event, payload) == PackageEvent("acme/podinfo", "ghcr.io/acme/podinfo", ("6.7.1",))

    def test_only_a_digest_was_pushed(self) -> None:
        payload = package(
            package__package_version__package_url="ghcr.io/acme/podinfo:",
            package__package_version__container_metadata__tag__name="",
        )
        assert parse("package", payload) == PackageEvent("acme/podinfo", "ghcr.io/acme/podinfo", ())

    @pytest.mark.parametrize(
        ("url", "name", "tags"),
        [
            ("ghcr.io/Acme/Podinfo:v1", "ghcr.io/acme/podinfo", ("v1", "6.7.1")),
            ("ghcr.io/acme/charts/podinfo", "ghcr.io/acme/charts/podinfo", ("6.7.1",)),
            ("ghcr.io/acme/podinfo@sha256:3da1", "ghcr.io/acme/podinfo", ("6.7.1",)),
            ("containers.example.com:5000/acme/x:v1", "containers.example.com:5000/acme/x", ("v1", "6.7.1")),
        ],
    )
    def test_the_reference_is_taken_apart(self, url: str, name: str, tags: tuple[str, ...]) -> None:
        payload = package(package__package_version__package_url=url)
        assert parse("package", payload) == PackageEvent("acme/podinfo", name, tags)

    def test_the_first_form_of_the_container_registry(self) -> None:
        payload = package(
            action="create",
            repository=GONE,
            package__package_type=GONE,
            package__registry=GONE,
            package__package_version__package_url=None,
        )
        assert parse("package", payload) == PackageEvent("", "ghcr.io/acme/podinfo", ("6.7.1",))

    def test_the_docker_registry(self) -> None:
        payload = package(
            package__package_type="docker",
            package__name="server",
            package__registry={"type": "docker", "url": "https://docker.pkg.github.com/Acme/podinfo"},
            package__package_version={"version": "1.2.3", "docker_metadata": [{"tags": ["1.2.3", "latest"]}, {}]},
        )
        assert parse("package", payload) == PackageEvent("acme/podinfo", f"{DOCKER}/server", ("1.2.3", "latest"))

    def test_a_digest_in_the_docker_registry_is_no_tag(self) -> None:
        payload = package(
            package__package_type="docker",
            package__registry=None,
            package__package_version={"version": "sha256:3da1", "package_url": "docker.pkg.github.com/acme/podinfo/x"},
        )
        assert parse("package", payload) == PackageEvent("acme/podinfo", f"{DOCKER}/x", ())

    @pytest.mark.parametrize("unknown", ["package__registry", "package__package_type"])
    def test_nothing_is_known_but_the_name(self, unknown: str) -> None:
        payload = package(repository=None, package__package_version=None, **{unknown: None})
        assert parse("package", payload) == PackageEvent("", "ghcr.io/acme/podinfo", ())

    def test_what_is_not_pulled_may_be_called_anything(self) -> None:
        payload = package(
            package__name="@acme/Pod Info",
            package__package_type="npm",
            package__registry__type="npm",
            package__package_version={"version": "1 0"},
        )
        assert parse("package", payload) == IgnoredEvent("`@acme/Pod Info` is a package, but no image and no chart")

    def test_another_action_is_ignored(self) -> None:
        assert parse("package", package(action="deleted")) == IgnoredEvent("`deleted` of a package is not followed")


class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"7",
            b'"release"',
            b"[{}]",
            b"payload=%7B%7D",
            b'\xef\xbb\xbf{"action":"published"}',
            '{"a":1}'.encode("utf-16"),
            b'{"a":"\xff"}',
            b'{"a":NaN}',
            b'{"a":-Infinity}',
            b'{"a":' + b"9" * 10_000 + b"}",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        ],
        ids=short,
    )
    @pytest.mark.parametrize("event", ["release", "ping", "star"])
    def test_a_body_that_is_no_object(self, event: str, body: bytes) -> None:
        with pytest.raises(MalformedPayloadError, match="The body is"):
            parse(event, body)
        assert occurred_at(event, body) == ""

    @pytest.mark.parametrize("event", sorted({*KINDS, "registry_package"} - {"ping"}))
    def test_an_empty_object_lacks_what_the_event_must_have(self, event: str) -> None:
        with pytest.raises(MalformedPayloadError, match="is missing"):
            parse(event, b"{}")

    @pytest.mark.parametrize(
        ("event", "path", "value"),
        [
            ("release", "repository", None),
            ("release", "release", []),
            ("release", "release__tag_name", GONE),
            ("release", "release__tag_name", ""),
            ("release", "release__tag_name", "x" * 256),
            ("release", "release__tag_name", "\ud800"),
            ("release", "release__tag_name", ["v1"]),
            ("release", "release__target_commitish", "x" * 100_000),
            ("release", "release__prerelease", "false"),
            ("release", "release__draft", 1),
            ("release", "release__published_at", "yesterday"),
            ("release", "release__author", "Codertocat"),
            ("release", "action", "published\n"),
            ("release", "action", "x" * 100_000),
            ("pull_request", "pull_request__number", GONE),
            ("pull_request", "pull_request__number", 0),
            ("pull_request", "pull_request__number", -7),
            ("pull_request", "pull_request__number", 7.0),
            ("pull_request", "pull_request__number", math.nan),
            ("pull_request", "pull_request__number", True),
            ("pull_request", "pull_request__number", "7"),
            ("pull_request", "pull_request__number", 2**31),
            ("pull_request", "pull_request__number", 10**5000),
            ("pull_request", "pull_request__head", None),
            ("pull_request", "pull_request__head__ref", None),
            ("pull_request", "pull_request__head__ref", "b" * 256),
            ("pull_request", "pull_request__head__sha", SHA[:7]),
            ("pull_request", "pull_request__head__sha", SHA + "\n"),
            ("pull_request", "pull_request__base__ref", ""),
            ("pull_request", "pull_request__state", "merged"),
            ("pull_request", "pull_request__title", {"text": "x"}),
            ("pull_request", "pull_request__labels", ["preview"]),
            ("pull_request", "pull_request__labels", {"name": "preview"}),
            ("pull_request", "pull_request__updated_at", 1557933635),
            ("installation", "installation__account", None),
            ("installation", "installation__account__login", None),
            ("installation", "installation__account__login", "../etc"),
        ],
        ids=short,
    )
    def test_what_an_event_must_have_is_not_right(self, event: str, path: str, value: JSON) -> None:
        action = {"release": "published", "pull_request": "labeled", "installation": "created"}.get(event, "")
        payload = payload_of(event, action)
        parse(event, payload)
        with pytest.raises(MalformedPayloadError) as refused:
            parse(event, changed(payload, **{path: value}))
        assert f"`{event}`" in refused.value.message
        assert len(refused.value.message) < 400

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("package__name", 7),
            ("package__package_version__package_url", "https://ghcr.io/acme/podinfo"),
            ("package__package_version__package_url", "ghcr.io/acme/../podinfo:1"),
            ("package__package_version__package_url", "ghcr.io/acme/a..b:1"),
            ("package__package_version__package_url", "ghcr.io/acme/pod info:1"),
            ("package__package_version__package_url", "podinfo:1"),
            ("package__package_version__package_url", "ghcr.io/" + "x" * 100_000),
            ("package__package_version__package_url", "ghcr.io/acme/podinfo:" + "x" * 129),
            ("package__package_version__container_metadata__tag__name", "a\nb"),
            ("package__package_version__container_metadata__tag", []),
            ("package__package_version", "1.0.0"),
        ],
        ids=short,
    )
    def test_a_package_is_not_right(self, path: str, value: JSON) -> None:
        with pytest.raises(MalformedPayloadError):
            parse("package", package(**{path: value}))

    @pytest.mark.parametrize(
        "name",
        [
            "acme",
            "acme/",
            "/podinfo",
            "acme/podinfo/x",
            "acme/..",
            "acme/.",
            "../podinfo",
            "./podinfo",
            "acme/pod info",
            "acme/podinfo\n",
            "acme/pödinfo",
            "acme/pod'info",
            "a" * 40 + "/podinfo",
            "acme/" + "x" * 101,
            "acme/" + "x" * 100_000,
            "",
            7,
            ["acme", "podinfo"],
        ],
        ids=short,
    )
    def test_a_repository_that_github_would_not_have(self, name: JSON) -> None:
        for event, action in (("release", "published"), ("pull_request", "labeled")):
            with pytest.raises(MalformedPayloadError, match=r"repository\.full_name"):
                parse(event, changed(payload_of(event, action), repository__full_name=name))

    def test_a_repository_may_be_called_all_that_github_accepts(self) -> None:
        name = "a-B_9." + "x" * 33 + "/" + "..github-" + "x" * 91
        found = release(repository__full_name=name)
        assert isinstance(found, ReleaseEvent)
        assert found.repository == name

    def test_the_message_names_the_key_and_what_was_found(self) -> None:
        with pytest.raises(UserError) as refused:
            pull_request(pull_request__head=None, pull_request__state=["open"], pull_request__number="7\n")
        message = refused.value.message
        assert "pull_request.number: Input should be a valid integer (found: `7`)" in message
        assert "pull_request.head: must be an object (found: null)" in message
        assert "(found: a list)" in message

    def test_three_problems_are_enough(self) -> None:
        with pytest.raises(MalformedPayloadError) as refused:
            pull_request(pull_request={}, repository={}, action=None)
        assert refused.value.message.count(";") == 2

    def test_a_million_problems_are_not_collected(self) -> None:
        with pytest.raises(MalformedPayloadError, match=r"labels\.0") as refused:
            pull_request(pull_request__labels=[{}] * 1_000_000)
        assert "labels.1" not in refused.value.message

    def test_of_a_key_that_comes_twice_the_last_counts(self) -> None:
        assert read_payload(b'{"a":1,"a":2}') == {"a": 2}


class TestSubjects:
    @pytest.mark.parametrize(
        ("event", "subject"),
        [
            (PullRequestEvent("Acme/Podinfo", "opened", PullRequest(7, SHA, "x")), "pull_request:acme/podinfo#7"),
            (ReleaseEvent("Acme/Podinfo", "edited", Release("V1.0/x")), "release:acme/podinfo@V1.0/x"),
            (ReleaseEvent("acme/podinfo", "edited", Release('a\n"ü')), 'release:acme/podinfo@a\\n\\"\\u00fc'),
            (PackageEvent("acme/podinfo", "ghcr.io/acme/podinfo", ("1",)), "package:ghcr.io/acme/podinfo"),
            (InstallationEvent("acme", "created"), ""),
            (IgnoredEvent("x"), ""),
        ],
    )
    def test_subjects(self, event: Event, subject: str) -> None:
        assert subject_of(event) == subject

    @given(st.text(max_size=255), st.text(max_size=255))
    @example("a\n", "a\\n")
    def test_different_tags_are_different_subjects(self, one: str, other: str) -> None:
        first, second = (subject_of(ReleaseEvent("a/b", "edited", Release(tag))) for tag in (one, other))
        assert (first == second) == (one == other)
        assert first.isascii()
        assert first.isprintable()

    def test_a_repository_is_compared_in_whatever_case(self) -> None:
        assert repository_key("Acme/Pod-Info") == "acme/pod-info"


class TestTimes:
    def test_of_real_payloads(self) -> None:
        assert occurred_at("pull_request", payload_of("pull_request", "closed")) == "2019-05-15T15:21:18Z"
        assert occurred_at("release", payload_of("release", "published")) == "2019-05-15T15:20:53Z"
        assert occurred_at("release", json.dumps(payload_of("release", "published")).encode()) == "2019-05-15T15:20:53Z"
        assert occurred_at("push", payload_of("push")) == ""
        assert occurred_at("ping", payload_of("ping")) == ""

    def test_a_release_was_last_touched_at_the_latest_of_its_times(self) -> None:
        touched = {
            "published_at": "2026-01-02T00:00:00Z",
            "created_at": None,
            "updated_at": "2026-01-02T02:00:00+01:00",
        }
        assert occurred_at("release", {"release": touched}) == "2026-01-02T01:00:00Z"
        assert occurred_at("release", {"release": {**touched, "updated_at": "soon"}}) == "2026-01-02T00:00:00Z"

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "",
            "soon",
            "2026-01-31T12:00:00",
            "0001-01-01T00:00:00Z",
            -1,
            0,
            True,
            1.5,
            math.nan,
            [],
            {},
            "9" * 10**5,
        ],
    )
    def test_what_is_not_readable_is_empty(self, value: JSON) -> None:
        assert occurred_at("pull_request", {"pull_request": {"updated_at": value}}) == ""

    def test_a_time_that_is_too_far_away_is_the_last_one(self) -> None:
        assert occurred_at("pull_request", {"pull_request": {"updated_at": 10**5000}}) == "9999-12-31T23:59:59Z"

    @pytest.mark.parametrize("event", ["pull_request", "release"])
    @pytest.mark.parametrize("payload", [{}, {"pull_request": 7, "release": []}])
    def test_what_is_not_there_is_empty(self, event: str, payload: JSON) -> None:
        assert occurred_at(event, payload) == ""


FOLLOWED = [(event, payload) for event, payload in EXAMPLES if event in KINDS] + [("package", package())]
READ = frozenset(
    """
    action repository full_name release tag_name prerelease draft name html_url author login published_at updated_at
    created_at target_commitish pull_request number state head base ref sha repo title user labels installation
    account slug
    package namespace package_type package_version version package_url container_metadata tag docker_metadata tags
    registry type url
    """.split()  # noqa: SIM905  (a list of sixty would be sixty lines)
)
"""Every key that is read anywhere."""
LIMITS = {"url": 2048, "repository": 140}

nasty = st.sampled_from(
    ["", "\ud800", "\x00", "a\nb", "../..", "acme/../x", "refs/heads/\udfff", "x" * 255, "x" * 256, "x" * 100_000]
)
scalars = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20) | nasty
junk = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(READ)) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: JSON, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Return the way to every part of a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


PLACES = [list(places(payload)) for _, payload in FOLLOWED]
READ_PLACES = [[path for path in paths if READ.issuperset(set(path) - {0, 1})] or paths for paths in PLACES]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, JSON]:
    """Return a real payload of which up to three parts are gone or something else, most often parts that are read."""
    number = draw(st.integers(0, len(FOLLOWED) - 1))
    event, payload = FOLLOWED[number]
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(READ_PLACES[number]) | st.sampled_from(PLACES[number]))
        value = draw(st.just(GONE) | junk)
        place = payload
        try:
            for key in path[:-1]:
                place = place[key]
            if value is GONE:
                del place[path[-1]]
            else:
                place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took that part away
    return event, payload


def texts(value: JSON, key: str = "") -> Iterator[tuple[str, str]]:
    """Return every text of an event, with the name of its field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, tuple):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def assert_safe(event: Event) -> None:
    for key, text in texts(asdict(event)):
        assert text.encode() is not None
        assert len(text) <= LIMITS.get(key, 255)
    assert subject_of(event).isascii()
    if isinstance(event, PullRequestEvent):
        assert check_pull_request(event.pull_request) == event.pull_request
        assert isinstance(event.pull_request.draft, bool)


class TestMutations:
    @settings(max_examples=300)
    @given(mutated())
    def test_a_changed_payload_is_an_event_or_refused_and_nothing_else(self, found: tuple[str, JSON]) -> None:
        event, payload = found
        assert re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?", occurred_at(event, payload))
        parsed = outcome(event, payload)
        if isinstance(parsed, str):
            assert len(parsed.encode()) < 1000
        else:
            assert_safe(parsed)

    @given(mutated())
    def test_a_body_tells_the_same_as_what_it_holds(self, found: tuple[str, JSON]) -> None:
        event, payload = found
        text = json.dumps(payload)
        if not re.search(r"\b(NaN|Infinity)\b", text):
            outcomes = [outcome(event, payload), outcome(event, text.encode())]
            assert outcomes[0] == outcomes[1]

    @given(st.sampled_from(sorted({*KINDS, "registry_package", "star"})), st.binary(max_size=60) | junk)
    def test_any_body_is_an_event_or_refused(self, event: str, body: JSON) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = outcome(event, data)
        if not isinstance(found, str):
            assert_safe(found)


def outcome(event: str, payload: bytes | JSON) -> Event | str:
    try:
        return parse(event, payload)
    except MalformedPayloadError as refused:
        return refused.message
