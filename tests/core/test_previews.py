"""Previews by law: names legal whatever comes, the same end in whatever order, nothing removed on doubt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.core.change import ChangedTree
from generator.core.documents import Organization, Preview
from generator.core.errors import UserError
from generator.core.instants import parse_instant, seconds_of, show_instant
from generator.core.intents import AddInstance, EnsurePreview, RemovePreview
from generator.core.layout import Layout
from generator.core.names import is_label, is_subdomain, is_yaml_keyword
from generator.core.preview_gc import Wanted, plan_gc
from generator.core.preview_names import (
    CHART_VERSION,
    IMAGE_TAG,
    full_name,
    host,
    image_tag,
    preview_name,
    stream_name,
)
from generator.core.preview_plan import PreviewPlan, decide, plan_closing, plan_opening
from generator.core.previews import (
    ENVIRONMENT,
    OpenPreview,
    marks,
    previews_in,
    previews_of,
    read_preview,
    target_of,
)
from generator.core.pull_requests import PullRequest, admits, check_pull_request, clean, inert, is_pinned
from generator.core.record import Record
from generator.core.tree import File, MemoryTree, Tree
from generator.core.version_field import VersionField
from generator.core.versions import is_version

LAYOUT = Layout()
CLUSTER = "prod-eu"
NOW = "2026-01-31T12:00:00Z"
BEGINNING = "2026-01-01T00:00:00Z"
QUARTER = 18 * 3600
"""The quarter of the time that a preview stays, which is 72 hours."""
POLICY = Preview()
EMPTY = MemoryTree()

apps = st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
numbers = st.integers(1, 2**31 - 1)
shas = st.text("0123456789abcdef", min_size=40, max_size=40)
branches = st.text(min_size=1, max_size=300) | st.sampled_from(
    ["feat/x", "a'\"b", "{{ 7 * 7 }}", "{% raw %}", "x\ny: z", "main #", "\ud800", "\u202e", "$(host)", "b" * 255]
)
times = st.integers(parse_instant(BEGINNING), parse_instant("2026-02-01T00:00:00Z"))


def head(number: int = 7, sha: str = "3f2c1a9" + "0" * 33, **told: Any) -> PullRequest:
    return PullRequest(number, sha, **{"branch": "feat/x", "updated_at": NOW, **told})


def rendered(intent: EnsurePreview, opening: Any, cluster: str = CLUSTER, domain: str = "") -> AddInstance:
    """Return a preview as a small template renders it, with a host where there is a domain."""
    pull_request, name = intent.pull_request, preview_name(intent.app, intent.pull_request.number)
    place = LAYOUT.app_place(ENVIRONMENT, cluster, name)
    _, annotations = marks(
        intent.app,
        "acme/podinfo",
        pull_request,
        updated=opening.updated,
        expires=opening.expires,
        pinned=opening.pinned,
    )
    record = Record(
        "builtin:service",
        "1",
        {
            "version": pull_request.sha,
            "annotations": annotations,
            **({"host": host(domain, intent.app, pull_request.branch, pull_request.sha, "here")} if domain else {}),
        },
        version_fields=(VersionField(f"{name}/kustomization.yaml", "newTag"),),
    )
    text = (
        f'# by hand: leave this\nnewTag: "{pull_request.sha}"\nnotes: {json.dumps(annotations, ensure_ascii=False)}\n'
    )
    return AddInstance(
        place,
        {
            place.record: File(record.dump()),
            f"{place.destination}/{name}.yaml": File(b"kind: Application\n"),
            f"{place.destination}/{name}/kustomization.yaml": File(text.encode()),
        },
    )


class Repository:
    """A repository in memory that previews are opened and closed in."""

    def __init__(self, policy: Preview = POLICY, limit: int = 10, domain: str = "") -> None:
        self.main: Tree = EMPTY
        self.pristine: Tree = EMPTY
        self.policy, self.limit, self.domain = policy, limit, domain

    def ensure(self, pull_request: PullRequest, app: str = "podinfo", now: str = NOW, cluster: str = CLUSTER) -> Any:
        intent = EnsurePreview(app, pull_request, now)
        opening = decide(intent, self.policy, cluster, previews_in(self.main, LAYOUT, app), self.limit)
        if opening.refusal:
            return opening.refusal
        instance = rendered(intent, opening, cluster, self.domain)
        plan = plan_opening(self.main, self.pristine, LAYOUT, intent, opening, instance, force=False)
        self._apply(plan)
        return plan.main

    def remove(self, number: int, app: str = "podinfo") -> Any:
        present = previews_of(self.main, LAYOUT, app, number)
        plan = plan_closing(self.main, self.pristine, LAYOUT, RemovePreview(app, number), present)
        self._apply(plan)
        return plan.main

    def edit(self, path: str, text: bytes) -> None:
        self.main = ChangedTree(self.main, {path: File(text)})

    def files(self) -> dict[str, bytes]:
        return {path: file.data for path in self.main.under("") if (file := self.main.get(path))}

    def open(self) -> list[OpenPreview]:
        return previews_in(self.main, LAYOUT)

    def _apply(self, plan: PreviewPlan) -> None:
        self.main = ChangedTree(self.main, plan.main.edits)
        self.pristine = ChangedTree(self.pristine, plan.pristine.edits)


def at(seconds: int) -> str:
    return show_instant(seconds)


# ---- Times ----------------------------------------------------------------------------------------------------


@given(st.integers(0, parse_instant("9999-12-31T23:59:59Z")))
def test_a_time_is_the_same_after_it_was_written(seconds: int) -> None:
    assert parse_instant(show_instant(seconds)) == seconds


def test_times_are_read_with_their_offset() -> None:
    assert show_instant(parse_instant("2024-02-29T23:30:00.123-05:30")) == "2024-03-01T05:00:00Z"
    assert show_instant(951_782_400) == "2000-02-29T00:00:00Z"
    assert show_instant(10**15) == "9999-12-31T23:59:59Z"
    assert (seconds_of("72h"), seconds_of("3d")) == (259_200, 259_200)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "1e3"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no time"):
        parse_instant(text)


# ---- Names ----------------------------------------------------------------------------------------------------


def test_streams_and_full_names_are_those_that_users_of_heighliner_know() -> None:
    assert stream_name("hello-world", "release") == "hello-world"
    assert stream_name("hello-world", "candidate") == "hello-world-rc"
    assert stream_name("hello-world", "preview", "hello-world") == "hello-world-pr-cmqolv9f"
    assert stream_name("ms", "preview", "a-branch") == "ms-pr-ebq4dofr"
    assert full_name("hello-world-pr-cmqolv9f", "0.0.1") == "hello-world-pr-cmqolv9f-svek39uq"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{.StreamName}}.arigato.tools", "hello-world-pr-cmqolv9f.arigato.tools"),
        ("{{ .FullName }}.arigato.tools", "hello-world-pr-cmqolv9f-svek39uq.arigato.tools"),
        ("{{  .Name}}-x.arigato.tools", "hello-world-x.arigato.tools"),
        ("previews.arigato.tools", "previews.arigato.tools"),
    ],
)
def test_a_host_is_made_of_the_domain_of_the_network_policy(template: str, expected: str) -> None:
    assert host(template, "hello-world", "hello-world", "0.0.1", "apps/x.yaml: here") == expected


@pytest.mark.parametrize(
    "template",
    [
        *("{{.Host}}.x", "{{ printf .Name }}", "{{.Name | upper}}.x", "{{.Name", "}}", "{{{{.Name}}}}"),
        *("", "a..b", "A.b", "{{.Name}}.x/y", "{{.Name}}_.x", f"{'a.' * 130}b", "x" * 2000),
    ],
)
def test_a_domain_that_is_no_template_of_a_host_is_refused_with_its_place(template: str) -> None:
    with pytest.raises(UserError, match=r"apps/podinfo.yaml: spec.externalDNS\[0\].domain"):
        host(template, "podinfo", "main", "1", "apps/podinfo.yaml: spec.externalDNS[0].domain")


@given(apps, numbers, branches, shas)
@example("a" * 63, 2**31 - 1, "feat/" + "x" * 250, "0" * 40)
def test_names_and_hosts_are_legal_whatever_the_app_the_number_and_the_branch(
    app: str, number: int, branch: str, sha: str
) -> None:
    name = preview_name(app, number)
    assert is_label(name)
    assert not is_yaml_keyword(name)
    assert name[0].isalpha(), "a Service is named so"
    for token in ("StreamName", "FullName", "Name"):
        found = host(f"{{{{.{token}}}}}.preview.acme.example.com", app, branch, sha, "here")
        assert is_subdomain(found)
        assert all(is_label(part) for part in found.split("."))
        assert found.endswith(".preview.acme.example.com")


@given(apps, numbers, numbers)
def test_pull_requests_never_share_a_name(app: str, one: int, other: int) -> None:
    assert (preview_name(app, one) == preview_name(app, other)) == (one == other)


@given(numbers, shas, branches)
def test_a_tag_is_legal_and_a_charts_version_is_semantic(number: int, sha: str, branch: str) -> None:
    pull_request = head(number, sha, branch=branch)
    assert image_tag(IMAGE_TAG, pull_request) == sha
    assert is_version(image_tag(CHART_VERSION, pull_request))
    image_tag("pr-{number}-{branch}-{sha7}", pull_request)


def test_a_tag_is_made_of_what_the_app_declares() -> None:
    template = "v{number}-{branch}.{sha7}"
    assert image_tag(template, head(branch="feat/New Thing!")) == "v7-feat-new-thing.3f2c1a9"


@pytest.mark.parametrize("tag", ["{version}", "{{sha}}", "a b", "", "{sha", "x" * 129])
def test_a_tag_of_anything_else_is_refused_where_it_is_declared(tag: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        Preview(tag=tag)


# ---- Who gets one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "told", "reason"),
    [
        ({}, {}, None),
        ({"enabled": False}, {}, "switched off"),
        ({"max": 0}, {}, "switched off"),
        ({}, {"state": "closed"}, "closed"),
        ({}, {"draft": True}, "a draft"),
        ({"drafts": True}, {"draft": True}, None),
        ({"bases": ["main", "release/*"]}, {"base": "release/1.x"}, None),
        ({"bases": ["main"]}, {"base": "next"}, "aims at `next`, not at `main`"),
        ({"bases": ["main"]}, {}, None),
        ({"labels": ["preview", "demo"]}, {}, "no label of `demo`, `preview`"),
        ({"labels": ["preview", "demo"]}, {"labels": ("DEMO",)}, None),
        ({"labels": ["!wip"]}, {}, None),
        ({"labels": ["!wip"]}, {"labels": ("wip", "x")}, "has the label `wip`"),
        ({"labels": ["preview", "!wip"]}, {"labels": ("preview", "wip")}, "has the label `wip`"),
        ({}, {"fork": True}, "from a fork"),
        ({"labels": ["preview"]}, {"fork": True, "labels": ("preview",)}, "from a fork"),
        ({"forks": "labelled"}, {"fork": True, "labels": ("x",)}, "no label is declared"),
        ({"forks": "labelled", "labels": ["!wip"]}, {"fork": True}, "no label is declared"),
        ({"forks": "labelled", "labels": ["preview"]}, {"fork": True}, "no label of `preview`"),
        ({"forks": "labelled", "labels": ["preview"]}, {"fork": True, "labels": ("preview",)}, None),
        ({"forks": "always"}, {"fork": True}, None),
        ({"forks": "always"}, {"fork": True, "draft": True}, "a draft"),
    ],
)
def test_an_app_says_which_pull_requests_it_lets_in(
    policy: dict[str, Any], told: dict[str, Any], reason: str | None
) -> None:
    refusal = admits(Preview(**policy), head(**told))
    assert (refusal is None) == (reason is None)
    assert (reason or "") in (refusal or "")


def test_the_label_that_pins_is_the_apps_to_name() -> None:
    assert is_pinned(POLICY, head(labels=("Preview/Pin",)))
    assert is_pinned(Preview(pin="keep"), head(labels=("keep",)))
    assert not is_pinned(Preview(pin=""), head(labels=("", "preview/pin")))


def test_all_that_is_wrong_with_a_pull_request_is_said_at_once() -> None:
    with pytest.raises(UserError) as refusal:
        check_pull_request(PullRequest(0, "3F2C", "", updated_at="yesterday"))
    for part in ("0 is no number", "`3F2C` is no whole commit id", "branch"):
        assert part in str(refusal.value)


@pytest.mark.parametrize("sha", ["", "3f2c1a9", "g" * 40, "A" * 40, "0" * 41, "0" * 40 + "\n"])
def test_a_commit_that_is_not_whole_is_refused(sha: str) -> None:
    with pytest.raises(UserError, match="whole commit id"):
        check_pull_request(head(sha=sha))


@given(branches)
def test_what_comes_from_outside_is_one_line_that_can_be_written(branch: str) -> None:
    text = clean(branch)
    assert len(text.encode().decode().splitlines()) <= 1
    assert len(text) <= 255
    assert not set(text) & {"\t", "\x00", "\x85", "\u202e", "\ufeff"}
    assert clean(text) == text


@given(branches)
def test_what_stands_in_a_manifest_holds_no_marks_of_templates(branch: str) -> None:
    assert not set(inert(branch)) & set("{}<>")
    assert inert("{{ x }}/<CLUSTER>") == "?? x ??/?CLUSTER?"


# ---- What the tree tells --------------------------------------------------------------------------------------


@given(apps, numbers, shas, branches, times, st.booleans())
def test_a_preview_is_known_from_its_record_alone(
    app: str, number: int, sha: str, branch: str, updated: int, pinned: bool
) -> None:
    repository = Repository()
    labels = ("preview/pin",) if pinned else ()
    repository.ensure(head(number, sha, branch=branch, updated_at=at(updated), labels=labels), app, at(updated))
    (preview,) = previews_in(repository.main, LAYOUT, app)
    assert (preview.app, preview.number, preview.sha, preview.cluster) == (app, number, sha, CLUSTER)
    assert (preview.branch, preview.version) == (inert(branch), sha)
    quarter = updated - updated % QUARTER
    assert (preview.updated, preview.expires, preview.pinned) == (quarter, quarter + QUARTER + 72 * 3600, pinned)
    assert previews_of(repository.main, LAYOUT, app, number) == [preview]


def test_an_app_whose_name_begins_like_anothers_has_its_own_previews() -> None:
    repository = Repository()
    repository.ensure(head(7), "web")
    repository.ensure(head(7), "web-pr")
    assert [preview.name for preview in previews_in(repository.main, LAYOUT, "web")] == ["web-pr-7"]
    assert [preview.name for preview in previews_in(repository.main, LAYOUT, "web-pr")] == ["web-pr-pr-7"]


def test_other_instances_and_broken_records_hide_no_preview() -> None:
    repository = Repository()
    repository.ensure(head())
    folder = f".gitopsmith/registry/environments/preview/{CLUSTER}"
    repository.edit(f"{folder}/podinfo.yaml", Record("builtin:service", "1", {"annotations": {}}).dump())
    repository.edit(f"{folder}/podinfo-pr-8.yaml", b"{")
    assert [preview.name for preview in repository.open()] == ["podinfo-pr-7"]
    with pytest.raises(UserError, match=r"podinfo-pr-8.yaml"):
        previews_of(repository.main, LAYOUT, "podinfo", 8)


def test_an_instance_that_is_no_preview_is_not_taken_for_one() -> None:
    repository = Repository()
    place = LAYOUT.app_place(ENVIRONMENT, CLUSTER, "podinfo-pr-7")
    repository.edit(place.record, Record("builtin:service", "1", {"version": "1"}).dump())
    with pytest.raises(UserError, match="is no preview of podinfo's pull request 7"):
        previews_of(repository.main, LAYOUT, "podinfo", 7)


@pytest.mark.parametrize("value", ["seven", "", "²", "9" * 11, None])
def test_marks_that_people_broke_make_no_preview(value: str | None) -> None:
    place = LAYOUT.app_place(ENVIRONMENT, CLUSTER, "x")
    annotations = {"gitopsmith.dev/app": "podinfo", "gitopsmith.dev/pull-request": value}
    tree = MemoryTree({place.record: File(Record("t", "1", {"annotations": annotations}).dump())})
    assert read_preview(tree, place, CLUSTER) is None


# ---- Where it goes --------------------------------------------------------------------------------------------


def organization(**clusters: Sequence[str]) -> Organization:
    names = ["development", "staging", "production", "preview"]
    repository = {"owner": "acme", "name": "acme-gitops"}
    return Organization.model_validate(
        {
            "metadata": {"name": "acme"},
            "spec": {
                "owner": "acme",
                "domain": "acme.example.com",
                "repositories": {"platform": repository, "application": repository},
                "environments": [{"name": name} for name in names],
                "clusters": [
                    {"name": name, "role": "physical", "domain": f"{name}.example.com", "environments": environments}
                    for name, environments in clusters.items()
                ],
            },
        }
    )


def with_app(*places: tuple[str, str]) -> Tree:
    paths = [LAYOUT.app_place(environment, cluster, "podinfo").record for environment, cluster in places]
    return MemoryTree({path: File(Record("builtin:service", "1").dump()) for path in paths})


def test_a_preview_goes_beside_the_first_environment_that_has_the_app() -> None:
    known = organization(one=["staging"], two=["staging", "preview"], three=["production", "preview"])
    tree = with_app(("staging", "one"), ("staging", "two"), ("production", "three"))
    target = target_of(known, tree, "podinfo", POLICY)
    assert target.cluster.name == "two"
    assert target.record == LAYOUT.app_place("staging", "two", "podinfo").record


def test_an_app_may_name_the_cluster_and_the_base() -> None:
    known = organization(one=["staging", "preview"], two=["production", "preview"])
    tree = with_app(("staging", "one"), ("production", "two"), ("preview", "one"))
    target = target_of(known, tree, "podinfo", Preview(base_environment="production", cluster="one"))
    assert target.cluster.name == "one"
    assert target.record == LAYOUT.app_place("production", "two", "podinfo").record


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({}, "gitopsmith env add preview --cluster one"),
        ({"cluster": "two"}, "gitopsmith env add preview --cluster two"),
        ({"cluster": "tow"}, "spec.preview.cluster: there is no cluster `tow`"),
        ({"base_environment": "stagin"}, "Did you mean `staging`?"),
        ({"base_environment": "production"}, "production does not have the app `podinfo`"),
        ({"base_environment": "preview"}, "there is no environment `preview`"),
    ],
)
def test_without_a_place_the_error_says_what_to_do(policy: dict[str, str], message: str) -> None:
    known = organization(one=["staging"], two=["production"])
    with pytest.raises(UserError) as refusal:
        target_of(known, with_app(("staging", "one")), "podinfo", Preview.model_validate(policy))
    assert message in str(refusal.value)


def test_an_app_that_is_nowhere_has_no_preview() -> None:
    with pytest.raises(UserError, match="No environment has the app `podinfo`"):
        target_of(organization(one=["preview"]), with_app(("preview", "one")), "podinfo", POLICY)


# ---- Opening and closing --------------------------------------------------------------------------------------


def test_opening_says_what_and_until_when() -> None:
    change = Repository().ensure(head())
    assert change.subject == "Open preview podinfo-pr-7 at 3f2c1a9"
    assert change.body == "Pull request 7, until 2026-02-03T18:00:00Z."


def test_a_new_commit_comes_in_place() -> None:
    repository = Repository()
    repository.ensure(head())
    before = repository.files()
    change = repository.ensure(head(sha="9" * 40, updated_at="2026-01-31T13:00:00Z"))
    assert change.subject == "Update preview podinfo-pr-7 to 9999999"
    assert repository.files().keys() == before.keys()


def test_the_same_commit_changes_nothing_and_newer_activity_renews_it() -> None:
    repository = Repository()
    repository.ensure(head())
    before = repository.files()
    assert "already" in repository.ensure(head())
    assert "already" in repository.ensure(head(updated_at=""), now="2027-01-01T00:00:00Z")
    assert "older" in repository.ensure(head(updated_at="2026-01-30T00:00:00Z"))
    assert repository.files() == before
    change = repository.ensure(head(updated_at="2026-02-01T12:00:00Z"))
    assert change.subject == "Renew preview podinfo-pr-7 until 2026-02-05T06:00:00Z"
    changed = {path for path, data in repository.files().items() if before[path] != data}
    assert changed == {path for path in before if path.endswith(("kustomization.yaml", ".gitopsmith"))} | {
        LAYOUT.app_place(ENVIRONMENT, CLUSTER, "podinfo-pr-7").record
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.integers(0, 4 * QUARTER), st.booleans(), st.sampled_from(["feat/x", "feat/y"])
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_recorded_depends_on_the_latest_news_and_not_on_the_way_there(
    history: list[tuple[str, int, bool, str]],
) -> None:
    repository, at_once = Repository(), Repository()
    for sha, later, pinned, branch in sorted(history, key=lambda news: news[1]):
        time = at(parse_instant(BEGINNING) + later)
        latest = head(sha=sha * 40, branch=branch, updated_at=time, labels=("preview/pin",) if pinned else ())
        repository.ensure(latest, now=time)
    at_once.ensure(latest, now=time)
    assert repository.files() == at_once.files()


@given(st.lists(times, min_size=1, max_size=40))
def test_comments_renew_a_preview_once_in_a_quarter_of_its_time_at_most(seen: list[int]) -> None:
    repository = Repository()
    before, commits = repository.files(), 0
    for updated in sorted(seen):
        repository.ensure(head(updated_at=at(updated)), now=at(updated))
        commits += repository.files() != before
        before = repository.files()
    assert commits == len({updated // QUARTER for updated in seen})


def test_the_end_of_time_is_recorded_as_it_is_read() -> None:
    repository = Repository()
    repository.ensure(head(updated_at="9999-12-31T23:00:00Z"))
    assert "already" in repository.ensure(head(updated_at="9999-12-31T23:00:00Z"))


def test_another_commit_in_the_same_quarter_is_news_whichever_comes_first() -> None:
    repository = Repository()
    repository.ensure(head(sha="1" * 40, updated_at="2026-01-31T12:00:10Z"))
    assert repository.ensure(head(sha="2" * 40, updated_at="2026-01-31T12:00:00Z")).subject.startswith("Update")


def test_no_news_is_taken_for_older_because_its_app_wants_another_time() -> None:
    repository = Repository()
    repository.ensure(head(updated_at=NOW))
    for ttl in ("200d", "1h", "72h"):
        repository.policy = Preview(ttl=ttl)
        assert repository.ensure(head(updated_at=NOW)).subject.startswith("Renew preview")
        assert "already" in repository.ensure(head(updated_at=NOW))


@given(times, st.integers(0, 12 * QUARTER), st.booleans())
def test_what_is_not_opened_for_its_age_is_just_what_would_be_collected_for_it(
    activity: int, later: int, pinned: bool
) -> None:
    """Reconciliation that opened what it collects would do both in turns, for ever."""
    pull_request, now = head(updated_at=at(activity), labels=("preview/pin",) if pinned else ()), at(activity + later)
    in_time, late = Repository(), Repository()
    in_time.ensure(pull_request, now=at(activity))
    collected = plan_gc(in_time.open(), {"podinfo": Wanted(POLICY, 10, listing(pull_request))}, now).gone
    refusal = late.ensure(pull_request, now=now)
    assert bool(collected) == (not late.open())
    assert not collected or "would be idle too long already" in refusal


def test_without_a_time_a_new_commit_is_news_even_where_the_clock_is_behind() -> None:
    repository = Repository()
    repository.ensure(head())
    change = repository.ensure(head(sha="9" * 40, updated_at=""), now="2026-01-01T00:00:00Z")
    assert change.subject == "Update preview podinfo-pr-7 to 9999999"


def test_a_pin_that_comes_or_goes_is_news() -> None:
    repository = Repository()
    repository.ensure(head(updated_at=""))
    assert repository.ensure(head(updated_at="", labels=("preview/pin",))).subject == "Pin preview podinfo-pr-7"
    assert repository.open()[0].pinned
    assert repository.ensure(head(updated_at="")).subject.startswith("Renew preview")
    assert not repository.open()[0].pinned


def test_a_preview_shows_the_head_even_where_somebody_moved_its_version() -> None:
    repository = Repository()
    repository.ensure(head())
    path = "registry/environments/preview/prod-eu/podinfo-pr-7/kustomization.yaml"
    repository.edit(path, repository.files()[path].replace(head().sha.encode(), b"by-hand", 1))
    change = repository.ensure(head(sha="9" * 40))
    assert path in change.edits
    assert b'newTag: "' + b"9" * 40 in repository.files()[path]


def test_a_hand_edit_in_a_preview_is_named_and_not_lost() -> None:
    repository = Repository()
    repository.ensure(head())
    path = "registry/environments/preview/prod-eu/podinfo-pr-7/kustomization.yaml"
    repository.edit(path, b"replicas: 9\n")
    with pytest.raises(UserError, match=r"kustomization\.yaml"):
        repository.ensure(head(sha="9" * 40))
    with pytest.raises(UserError, match=r"kustomization\.yaml"):
        repository.remove(7)
    assert repository.files()[path] == b"replicas: 9\n"


def test_closing_leaves_nothing_and_closing_what_is_not_there_says_so() -> None:
    repository = Repository()
    assert repository.remove(7).notes == ("There is no preview podinfo-pr-7.",)
    repository.ensure(head())
    assert repository.remove(7).subject == "Close preview podinfo-pr-7"
    assert repository.files() == {}
    assert repository.remove(7).edits == {}
    assert repository.ensure(head()).subject == "Open preview podinfo-pr-7 at 3f2c1a9"


def test_a_preview_moves_when_its_app_names_another_cluster() -> None:
    repository = Repository()
    repository.ensure(head())
    repository.ensure(head(), cluster="edge")
    assert [preview.cluster for preview in repository.open()] == ["edge"]
    assert not any(f"/{CLUSTER}/" in path for path in repository.files())


BY_BRANCH = "{{.Name}}.preview.acme.dev"


@pytest.mark.parametrize(("app", "branch"), [("podinfo", "feat-x"), ("podinfo", "FEAT/X"), ("frontend", "feat/x")])
def test_the_host_of_another_preview_is_not_taken(app: str, branch: str) -> None:
    repository = Repository(domain=BY_BRANCH)
    repository.ensure(head(7, branch="feat/x"))
    before = repository.files()
    with pytest.raises(UserError) as caught:
        repository.ensure(head(8, branch=branch), app)
    assert caught.value.message == f"{app}-pr-8: its host feat-x.preview.acme.dev is the one of podinfo-pr-7 already."
    assert "NetworkPolicy" in caught.value.hint
    assert repository.files() == before
    assert repository.ensure(head(8, branch="feat/y"), app).edits


def test_a_host_that_another_one_merely_ends_in_is_free() -> None:
    repository = Repository(domain=BY_BRANCH)
    repository.ensure(head(7, branch="my-feat/x"))
    assert repository.ensure(head(8, branch="feat/x")).edits


def test_a_host_is_free_when_its_preview_is_gone() -> None:
    repository = Repository(domain=BY_BRANCH, limit=1)
    repository.ensure(head(7, branch="feat/x", updated_at=at(parse_instant(NOW) - QUARTER)))
    assert repository.ensure(head(8, branch="feat-x")).edits, "the first one makes room"
    repository.remove(8)
    assert repository.ensure(head(9, branch="feat-x")).edits


def test_a_preview_keeps_its_host_from_commit_to_commit_and_from_cluster_to_cluster() -> None:
    repository = Repository(domain=BY_BRANCH)
    repository.ensure(head(7))
    assert repository.ensure(head(7, "b" * 40), now=at(parse_instant(NOW) + 60)).edits
    assert repository.ensure(head(7, "b" * 40), cluster="prod-us").edits


def test_previews_that_shared_a_host_before_are_brought_to_newer_commits_all_the_same() -> None:
    repository = Repository()
    for number in (7, 8):
        repository.ensure(head(number))
        place = LAYOUT.app_place(ENVIRONMENT, CLUSTER, preview_name("podinfo", number))
        record = repository.files()[place.record].replace(b"answers:\n", b"answers:\n  host: feat-x.preview.acme.dev\n")
        repository.edit(place.record, record)
        repository.pristine = ChangedTree(repository.pristine, {place.record: File(record)})
    repository.domain = BY_BRANCH
    assert repository.ensure(head(8, "b" * 40, updated_at=at(parse_instant(NOW) + 60))).edits


events = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from("abc"), times, st.booleans()),
    max_size=12,
    unique_by=lambda event: event[2] // QUARTER,
)


@given(events)
def test_law_2_the_same_news_twice_changes_nothing(news: list[tuple[int, str, int, bool]]) -> None:
    repository = Repository(limit=3)
    for event in news:
        repository.ensure(told(event), now=at(event[2]))
        before = repository.files()
        repository.ensure(told(event), now=at(event[2]))
        assert repository.files() == before


@given(events, st.randoms(use_true_random=False))
def test_law_2_news_leads_to_the_same_tree_in_whatever_order_it_comes(
    news: list[tuple[int, str, int, bool]], chance: Any
) -> None:
    one, other = Repository(), Repository()
    for event in news:
        one.ensure(told(event), now=BEGINNING)
    for event in chance.sample(news, len(news)):
        other.ensure(told(event), now=BEGINNING)
    assert one.files() == other.files()


@given(st.lists(times, unique=True, min_size=1, max_size=9), st.integers(1, 4), st.randoms(use_true_random=False))
def test_of_too_many_previews_the_ones_idle_longest_go_in_whatever_order_they_come(
    seen: list[int], limit: int, chance: Any
) -> None:
    repository = Repository(limit=limit)
    news = [head(number, updated_at=at(updated)) for number, updated in enumerate(seen, 1)]
    for pull_request in chance.sample(news, len(news)):
        repository.ensure(pull_request, now=BEGINNING)
    newest = sorted(((updated // QUARTER, number) for number, updated in enumerate(seen, 1)), reverse=True)[:limit]
    assert [preview.number for preview in repository.open()] == sorted(number for _, number in newest)


def test_a_pinned_preview_makes_no_room() -> None:
    repository = Repository(limit=1)
    repository.ensure(head(1, updated_at="2026-01-01T00:00:00Z", labels=("preview/pin",)))
    assert "as many as there may be" in repository.ensure(head(2))
    assert [preview.number for preview in repository.open()] == [1]


def test_a_limit_that_was_lowered_costs_one_preview_at_a_time() -> None:
    repository = Repository()
    for number in range(1, 9):
        repository.ensure(head(number, updated_at=at(parse_instant(NOW) + number)))
    repository.limit = 2
    change = repository.ensure(head(9, updated_at="2026-02-01T00:00:00Z"))
    assert [preview.number for preview in repository.open()] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert "Removes podinfo-pr-1 on prod-eu: idle longest" in change.body


def told(event: tuple[int, str, int, bool]) -> PullRequest:
    number, sha, updated, pinned = event
    return head(number, sha * 40, updated_at=at(updated), labels=("preview/pin",) if pinned else ())


# ---- Collecting -----------------------------------------------------------------------------------------------


def opened(number: int, *, idle: int = 0, pinned: bool = False, app: str = "podinfo") -> OpenPreview:
    """Return a preview that has been idle for some hours."""
    updated = parse_instant(NOW) - idle * 3600
    place = LAYOUT.app_place(ENVIRONMENT, CLUSTER, preview_name(app, number))
    expires = updated + 72 * 3600
    return OpenPreview(app, number, CLUSTER, place, updated=updated, expires=expires, pinned=pinned)


def listing(*pull_requests: PullRequest) -> Mapping[int, PullRequest]:
    return {pull_request.number: pull_request for pull_request in pull_requests}


def collected(previews: Sequence[OpenPreview], wanted: Wanted, **options: Any) -> dict[int, str]:
    garbage = plan_gc(previews, {"podinfo": wanted}, NOW, **options)
    return {preview.number: reason for preview, reason in garbage.gone}


def test_what_is_idle_past_its_time_goes_and_activity_renews_it() -> None:
    previews = [opened(1, idle=71), opened(2, idle=72), opened(3, idle=200, pinned=True)]
    assert collected(previews, Wanted(POLICY, 10)).keys() == {2}
    active = listing(*(head(number) for number in (1, 2, 3)))
    assert collected(previews, Wanted(POLICY, 10, active)) == {}


def test_what_is_no_longer_open_or_let_in_goes_only_by_a_whole_listing() -> None:
    previews = [opened(number) for number in (1, 2, 3, 4, 5)]
    assert collected(previews, Wanted(POLICY, 10, None)) == {}
    seen = listing(head(1), head(2, state="closed"), head(3, draft=True))
    reasons = collected(previews, Wanted(POLICY, 10, seen))
    assert reasons == {
        2: "pull request 2 is not let in: it is closed",
        3: "pull request 3 is not let in: it is a draft",
        4: "pull request 4 is not open",
        5: "pull request 5 is not open",
    }


def test_over_the_limit_the_ones_idle_longest_go() -> None:
    previews = [opened(1, idle=1), opened(2, idle=30), opened(3, idle=20), opened(4, idle=40, pinned=True)]
    assert collected(previews, Wanted(POLICY, 2)).keys() == {2, 3}
    # What its pull request tells is fresher than the record.
    seen = listing(*(head(number, updated_at=at(parse_instant(NOW) - number)) for number in (1, 2, 3, 4)))
    assert collected(previews, Wanted(POLICY, 2, seen)).keys() == {2, 3}
    assert collected(previews, Wanted(POLICY, 1, seen)).keys() == {1, 2, 3}


def test_an_app_without_documents_takes_its_previews_with_it() -> None:
    garbage = plan_gc([opened(1, app="gone"), opened(2)], {"podinfo": Wanted(POLICY, 10)}, NOW)
    assert [(preview.name, reason) for preview, reason in garbage.gone] == [
        ("gone-pr-1", "its app has no documents any more")
    ]


def test_a_pinned_preview_stays_and_is_told_of() -> None:
    pinned_now = listing(head(2, labels=("preview/pin",), draft=True))
    garbage = plan_gc(
        [opened(1, idle=99, pinned=True), opened(2, idle=99)], {"podinfo": Wanted(POLICY, 0, pinned_now)}, NOW
    )
    assert garbage.gone == ()
    assert garbage.notes == (
        "podinfo-pr-1 is pinned and stays: pull request 1 is not open.",
        "podinfo-pr-2 is pinned and stays: pull request 2 is not let in: it is a draft.",
    )


def test_a_surprising_share_is_not_touched_unless_told() -> None:
    previews = [opened(number, idle=99 if number <= 4 else 0) for number in range(1, 8)]
    garbage = plan_gc(previews, {"podinfo": Wanted(POLICY, 10)}, NOW)
    assert garbage.gone == ()
    assert "4 of 7 previews would go at once; none was touched" in garbage.notes[0]
    assert "podinfo-pr-3: idle, and expired" in garbage.notes[0]
    assert collected(previews, Wanted(POLICY, 10), allow_many=True).keys() == {1, 2, 3, 4}
    assert collected([*previews, opened(8)], Wanted(POLICY, 10)).keys() == {1, 2, 3, 4}
    assert len(collected([opened(number, idle=99) for number in range(5)], Wanted(POLICY, 10))) == 5


def test_a_preview_of_unknown_age_goes_neither_for_its_age_nor_for_the_number() -> None:
    unknown = replace(opened(1), updated=None, expires=None)
    assert collected([unknown, opened(2, idle=1)], Wanted(POLICY, 1)).keys() == {2}
    assert collected([unknown], Wanted(POLICY, 0)) == {}


collections = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 200), st.booleans()), max_size=14, unique_by=lambda item: item[0]
)
listings = st.none() | st.dictionaries(
    st.integers(1, 30), st.builds(lambda draft, pin: (draft, pin), st.booleans(), st.booleans()), max_size=20
)


@given(collections, listings, st.integers(0, 6), st.booleans(), st.randoms(use_true_random=False))
def test_collecting_removes_no_more_than_it_may(
    items: list[tuple[int, int, bool]],
    seen: dict[int, tuple[bool, bool]] | None,
    limit: int,
    allow_many: bool,
    chance: Any,
) -> None:
    previews = [opened(number, idle=idle, pinned=pinned) for number, idle, pinned in items]
    pull_requests = None
    if seen is not None:
        pull_requests = {
            number: head(number, updated_at="", draft=draft, labels=("preview/pin",) if pin else ())
            for number, (draft, pin) in seen.items()
        }
    wanted = {"podinfo": Wanted(POLICY, limit, pull_requests)}
    garbage = plan_gc(previews, wanted, NOW, allow_many=allow_many)
    gone = {preview.number for preview, _ in garbage.gone}

    assert plan_gc(chance.sample(previews, len(previews)), wanted, NOW, allow_many=allow_many) == garbage
    pinned = {preview.number for preview in previews if preview.pinned}
    pinned |= {number for number, (_, pin) in (seen or {}).items() if pin}
    assert not gone & pinned
    if not allow_many and len(previews) > 5:
        assert 2 * len(gone) <= len(previews)
    staying = [preview for preview in previews if preview.number not in gone]
    expired = {number for number, idle, _ in items if idle >= 72}
    if seen is None:
        assert len(gone - expired) <= max(0, len(previews) - limit)
        assert len(gone) <= max(len(expired), len(previews) - limit)
    if gone or not garbage.notes:
        # What stays would stay if it were looked at again.
        assert plan_gc(staying, wanted, NOW, allow_many=True).gone == ()
