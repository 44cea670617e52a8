"""Webhooks of followed repositories, against a GitHub over HTTP and the server that they deliver to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.hook_decision import EVENTS
from generator.sync.hooks.hook_keeping import DAY, HookKeeping, payload_url, public_address
from generator.sync.hooks.hook_notes import HookNote, fingerprint
from generator.sync.hooks.secret_file import SecretFile
from tests.github_double.faults import Answer, CutOff
from tests.sync.hooked import RELEASE, SHARED, SLUG, Hooked, hooked_up

CREATE = "POST /repos/{owner}/{repo}/hooks"
EDIT = "PATCH /repos/{owner}/{repo}/hooks/{hook_id}"
DELETE = "DELETE /repos/{owner}/{repo}/hooks/{hook_id}"


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path) as found:
        yield found


def test_a_hook_is_created_whose_deliveries_are_accepted(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    assert hooked.hook.config == {
        "url": hooked.url,
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": hooked.secrets.of(SLUG)[0],
    }
    assert (frozenset(hooked.hook.events), hooked.hook.active) == (EVENTS, True)
    hooked.release("v1")
    assert (set(hooked.statuses()), hooked.taken()) == ({202}, RELEASE)


def test_what_is_right_is_not_written_and_costs_nothing(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.github.courier.settle()
    hooked.keeping.keep(SLUG)
    before = len(hooked.github.calls())
    hooked.keeping.keep(SLUG)
    hooked.keeping.keep(SLUG.upper())
    hooked.keeping.keep(SLUG.upper())
    assert hooked.writes() == [CREATE]
    assert [seen.charged for seen in hooked.github.calls()[before:]] == [False, True, False]


BREAKS: dict[str, Callable[[Hooked], Any]] = {
    "url": lambda hooked: hooked.hook.config.update(url="https://elsewhere.example/payload/acme/podinfo"),
    "content_type": lambda hooked: hooked.hook.config.update(content_type="form"),
    "insecure_ssl": lambda hooked: hooked.hook.config.update(insecure_ssl="1"),
    "secret": lambda hooked: hooked.hook.config.pop("secret"),
    "events": lambda hooked: setattr(hooked.hook, "events", ("push",)),
    "active": lambda hooked: setattr(hooked.hook, "active", False),
}


@pytest.mark.parametrize("field", BREAKS)
def test_whatever_differs_is_repaired_in_one_call_and_the_secret_stays(hooked: Hooked, field: str) -> None:
    hooked.keeping.keep(SLUG)
    number, right = hooked.hook.id, (dict(hooked.hook.config), set(hooked.hook.events), True)
    BREAKS[field](hooked)
    hooked.keeping.keep(SLUG)
    hooked.keeping.keep(SLUG)
    assert (hooked.hook.config, set(hooked.hook.events), hooked.hook.active) == right
    assert hooked.writes() == [CREATE, EDIT]
    assert hooked.hook.id == number


def test_another_domain_is_repaired(hooked: Hooked) -> None:
    replace(hooked.keeping, address="https://old.example").keep(SLUG)
    hooked.keeping.keep(SLUG)
    assert hooked.hook.config["url"] == hooked.url


def test_a_secret_that_was_changed_on_github_is_set_again_once_deliveries_are_refused(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.hook.config["secret"] = "somebody else's secret"
    hooked.release("v1")
    assert 401 in hooked.statuses()
    hooked.now += 7200
    hooked.keeping.keep(SLUG)
    hooked.github.courier.settle()
    assert hooked.statuses()[-1] == 202, "the ping that follows"
    hooked.keeping.keep(SLUG)
    assert hooked.writes() == [CREATE, EDIT, "POST /repos/{owner}/{repo}/hooks/{hook_id}/pings"]


def test_deliveries_that_stay_refused_lead_to_no_more_than_an_edit_an_hour(hooked: Hooked) -> None:
    other = HookKeeping(
        hooked.keeping.hooks,
        hooked.address,
        SecretFile(hooked.file.with_name("another.yaml")),
        "",
        hooked.notes,
        clock=lambda: hooked.now,
    )
    other.keep(SLUG)
    hooked.github.courier.settle()
    hooked.now += 7200
    for _ in range(5):
        other.keep(SLUG)
        hooked.github.courier.settle()
    assert hooked.writes().count(EDIT) == 1


def test_removal_takes_the_hook_and_what_is_kept_of_it_and_can_be_repeated(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.secrets.ensure("acme/other")
    assert hooked.keeping.remove(SLUG) == 1
    assert hooked.keeping.remove(SLUG) == 0
    assert hooked.repository.hooks == []
    assert hooked.secrets.of(SLUG) == ()
    assert hooked.secrets.of("acme/other")
    assert hooked.notes.repositories() == []


def test_without_our_address_a_hook_is_removed_by_its_number_and_none_on_doubt(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    (ours,) = hooked.repository.hooks
    alike = replace(ours, id=ours.id + 1, deliveries=[])
    hooked.repository.hooks.append(alike)
    unaddressed = replace(hooked.keeping, address="")
    assert unaddressed.remove(SLUG) == 1
    assert hooked.repository.hooks == [alike]
    hooked.notes.put(SLUG, HookNote(secret="of a hook whose number is lost"))
    with pytest.raises(UserError, match="it is not known which webhook is ours") as refused:
        unaddressed.remove(SLUG)
    assert "--public-url" in refused.value.hint
    assert (hooked.repository.hooks, hooked.notes.repositories()) == ([alike], [SLUG])


def test_removal_of_a_repository_that_is_gone_is_removal_all_the_same(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.github.state.repositories.clear()
    assert hooked.keeping.remove(SLUG) == 0
    assert hooked.notes.repositories() == []


def test_what_fails_for_one_repository_keeps_no_other(hooked: Hooked) -> None:
    report = hooked.keeping.keep_all(["acme/missing", SLUG, "acme/../etc"])
    assert set(report.problems) == {"acme/missing", "acme/../etc"}
    assert report.done == {"create": 1}
    assert hooked.hook.active


def test_a_limit_is_not_tried_with_every_repository(hooked: Hooked) -> None:
    hooked.github.fault(Answer(403, "rate limit", {"Retry-After": "60"}), times=None)
    report = hooked.keeping.keep_all([f"acme/app-{number}" for number in range(100)])
    assert len(report.problems) == 100
    assert len(hooked.github.calls()) < 20


@pytest.mark.parametrize("fault", [CutOff(0.0), CutOff(None), Answer(502)])
def test_a_creation_whose_answer_is_lost_makes_one_hook_all_the_same(hooked: Hooked, fault: CutOff | Answer) -> None:
    hooked.github.fault(fault, "POST .*/hooks")
    hooked.keeping.keep(SLUG)
    assert hooked.hook.config["secret"] == hooked.secrets.of(SLUG)[0]
    hooked.keeping.keep(SLUG)
    hooked.release("v1")
    assert set(hooked.statuses()) == {202}


def test_what_is_removed_of_several_is_told_and_what_fails_keeps_no_other(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    report = hooked.keeping.remove_all(["acme/../etc", SLUG, "acme/never"])
    assert report.results == {SLUG: "remove", "acme/never": "none"}
    assert set(report.problems) == {"acme/../etc"}
    assert hooked.repository.hooks == []


# Secrets


def test_both_secrets_count_while_one_is_replaced(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    old = hooked.secrets.of(SLUG)[0]
    hooked.keeping.rotate(SLUG)
    new, before = hooked.secrets.of(SLUG)
    assert (before, hooked.hook.config["secret"]) == (old, new)
    assert new != old
    hooked.release("v1")
    hooked.hook.config["secret"] = old
    hooked.release("v2")
    assert set(hooked.statuses()) == {202}
    assert hooked.taken() == RELEASE * 2


def test_the_old_secret_goes_after_a_day_and_counts_no_more(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.keeping.rotate(SLUG)
    new, old = hooked.secrets.of(SLUG)
    hooked.now += DAY - 1
    hooked.keeping.keep(SLUG)
    assert hooked.secrets.of(SLUG) == (new, old)
    hooked.now += 2
    hooked.keeping.keep(SLUG)
    assert hooked.secrets.of(SLUG) == (new,)
    hooked.hook.config["secret"] = old
    hooked.release("v1")
    assert hooked.statuses()[-3:] == [401] * 3


def test_the_old_secret_goes_with_the_next_replacement(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.keeping.rotate(SLUG)
    first = hooked.secrets.of(SLUG)[0]
    hooked.keeping.rotate(SLUG)
    assert hooked.secrets.of(SLUG)[1] == first
    assert len(hooked.secrets.of(SLUG)) == 2


@pytest.mark.parametrize("fault", [Answer(503), CutOff(0.0)])
def test_a_replacement_that_broke_off_is_ended_and_none_is_begun(hooked: Hooked, fault: Answer | CutOff) -> None:
    hooked.keeping.keep(SLUG)
    old = hooked.secrets.of(SLUG)[0]
    hooked.github.fault(fault, "PATCH", times=4)
    with pytest.raises(TemporaryError):
        hooked.keeping.rotate(SLUG)
    new = hooked.secrets.of(SLUG)[0]
    hooked.release("v1")
    assert set(hooked.statuses()) == {202}, "whichever GitHub has"
    hooked.keeping.rotate(SLUG)
    assert hooked.secrets.of(SLUG) == (new, old)
    assert hooked.hook.config["secret"] == new


def test_secrets_of_several_are_replaced_and_what_fails_keeps_no_other(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    (old,) = hooked.secrets.of(SLUG)
    hooked.github.fault(Answer(503), "PATCH", times=4)
    assert set(hooked.keeping.rotate_all([SLUG]).problems) == {SLUG}
    report = hooked.keeping.rotate_all(["acme/missing", SLUG])
    assert (report.results, set(report.problems)) == ({SLUG: "complete"}, {"acme/missing"})
    assert hooked.secrets.of(SLUG)[1] == old
    assert hooked.keeping.rotate_all([SLUG]).results == {SLUG: "renew"}


def test_no_secret_is_in_the_text_of_what_keeps_webhooks(hooked: Hooked) -> None:
    assert SHARED not in repr(hooked.keeping)


def test_a_secret_that_a_person_writes_into_the_file_is_set(hooked: Hooked) -> None:
    hooked.keeping.keep(SLUG)
    hooked.file.write_text(f"{SLUG}: a secret that a person wrote\n")
    hooked.keeping.keep(SLUG)
    assert hooked.hook.config["secret"] == "a secret that a person wrote"


def test_from_the_shared_secret_to_its_own_nothing_is_refused(hooked: Hooked) -> None:
    hooked.secrets.ensure("acme/other")
    hooked.secrets.forget(SLUG)
    replace(hooked.keeping, secrets=None).keep(SLUG)
    hooked.github.fault(Answer(503), "PATCH", times=4)
    with pytest.raises(TemporaryError):
        hooked.keeping.rotate(SLUG)
    hooked.release("v1")
    hooked.keeping.rotate(SLUG)
    hooked.release("v2")
    own, shared = hooked.secrets.of(SLUG)
    assert (shared, hooked.hook.config["secret"]) == (SHARED, own)
    assert set(hooked.statuses()) == {202}
    hooked.now += DAY + 1
    hooked.keeping.keep(SLUG)
    assert hooked.secrets.of(SLUG) == (own,)


def test_without_a_file_all_repositories_have_the_shared_secret(hooked: Hooked) -> None:
    keeping = replace(hooked.keeping, secrets=None)
    keeping.keep(SLUG)
    assert hooked.hook.config["secret"] == SHARED
    with pytest.raises(UserError, match="cannot be replaced here"):
        keeping.rotate(SLUG)
    with pytest.raises(UserError, match="there is no secret for its webhook"):
        replace(keeping, shared="").keep(SLUG)


@pytest.mark.parametrize("fault", [Answer(403, "secondary rate limit"), CutOff(0.0), CutOff(None)])
@pytest.mark.parametrize("skip", range(5))
def test_each_call_may_fail_and_all_ends_the_same(hooked: Hooked, fault: Answer | CutOff, skip: int) -> None:
    def until_done(step: Callable[[str], object]) -> None:
        for _ in range(6):
            try:
                step(SLUG)
            except TemporaryError:
                continue
            return
        pytest.fail("it never ended")

    hooked.github.fault(fault, skip=skip, times=4)
    until_done(hooked.keeping.keep)
    (old,) = hooked.secrets.of(SLUG)
    until_done(hooked.keeping.rotate)
    assert (hooked.hook.config["secret"], old) == hooked.secrets.of(SLUG)
    hooked.github.api.faults.clear()
    hooked.release("v1")
    assert set(hooked.statuses()) == {202}
    hooked.github.fault(fault, skip=skip % 2, times=4)
    until_done(hooked.keeping.remove)
    assert (hooked.repository.hooks, hooked.secrets.of(SLUG)) == ([], ())


# A GitHub App


def test_the_hook_of_an_app_is_kept_with_the_shared_secret(tmp_path: Path) -> None:
    with hooked_up(tmp_path, as_app=True) as hooked:
        assert hooked.app
        assert hooked.app.hook
        assert hooked.keeping.keep_app()
        assert not hooked.keeping.keep_app()
        assert hooked.app.hook.config["url"] == f"{hooked.address}/webhook"
        hooked.release("v1")
        assert (set(hooked.statuses()), hooked.taken()) == ({202}, RELEASE)
        assert replace(hooked.keeping, shared="the next one of them all").keep_app()
        assert hooked.app.hook.config["secret"] == "the next one of them all"


def test_an_app_without_a_secret_is_refused(hooked: Hooked) -> None:
    with pytest.raises(UserError, match="no webhook secret of the GitHub App"):
        replace(hooked.keeping, shared="").keep_app()


# Addresses


@pytest.mark.parametrize(
    "address",
    ["", "gitopsmith.example", "ftp://x", "https://", "https://me:pw@x.example", "https://x?y", "https://x:y"],
)
def test_what_is_no_address_is_refused_without_a_password_in_it(address: str) -> None:
    with pytest.raises(UserError, match="is no address that GitHub could deliver to") as error:
        public_address(address)
    assert "pw" not in str(error.value)


def test_an_address_may_have_a_path() -> None:
    address = public_address("https://acme.example/gitopsmith/")
    assert payload_url(address, "acme/podinfo") == "https://acme.example/gitopsmith/payload/acme/podinfo"


def test_a_fingerprint_tells_secrets_apart_and_shows_none() -> None:
    assert fingerprint("one secret") != fingerprint("another")
    assert "one secret" not in fingerprint("one secret")
