"""Which repositories are meant, by whoever changes webhooks by hand."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.sync.hooks.by_hand import chosen
from tests.sync.hooked import following

FOLLOWING = following("Acme/Podinfo", "acme/web")


def test_names_are_spelled_as_the_documents_have_them_and_each_comes_once() -> None:
    assert chosen(["acme/podinfo", "ACME/PODINFO", "acme/web"], FOLLOWING, every=False) == ["Acme/Podinfo", "acme/web"]
    assert chosen([], FOLLOWING, every=True) == ["Acme/Podinfo", "acme/web"]


def test_all_of_nothing_is_nothing() -> None:
    assert chosen([], following(), every=True) == []


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        (["acme/podinfos"], "Followed: Acme/Podinfo."),
        (["acme/web", "x", "other/thing"], "Followed: Acme/Podinfo, acme/web."),
    ],
)
def test_what_no_app_follows_is_refused_with_what_may_be_meant(named: list[str], hint: str) -> None:
    with pytest.raises(UserError, match="No app follows") as refused:
        chosen(named, FOLLOWING, every=False)
    assert refused.value.hint == hint


def test_where_no_app_follows_anything_that_is_said() -> None:
    with pytest.raises(UserError) as refused:
        chosen(["acme/web"], following(), every=False)
    assert refused.value.hint == "No app follows any repository."
