"""What a user reads of an error: what was found, and what to do."""

from __future__ import annotations

import pytest

from generator.core.errors import GitopsmithError, TemporaryError, UserError, UserErrors


def test_the_hint_stands_below_the_message() -> None:
    assert str(UserError("No cluster `prod`.", hint="Add it first.")) == "No cluster `prod`.\nAdd it first."
    assert str(UserError("No cluster `prod`.")) == "No cluster `prod`."


def test_several_errors_are_shown_at_once_in_their_order() -> None:
    errors = UserErrors("Two answers are refused:", [UserError("b: too long", hint="x"), UserError("a: missing")])
    assert str(errors) == "Two answers are refused:\n  - b: too long\n  - a: missing"
    assert [problem.hint for problem in errors.problems] == ["x", ""]


@pytest.mark.parametrize("error", [UserError("x"), UserErrors("x", []), TemporaryError("x")])
def test_all_have_one_root(error: Exception) -> None:
    assert isinstance(error, GitopsmithError)


def test_what_may_pass_is_not_the_users_to_mend() -> None:
    assert not issubclass(TemporaryError, UserError)
