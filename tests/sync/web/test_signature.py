"""A signature is right, or it is nothing."""

from __future__ import annotations

import pytest

from generator.sync.web.signature import is_signature, is_signed, sign

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_example_of_github_is_right() -> None:
    assert sign(BODY, SECRET) == SIGNATURE
    assert is_signed(BODY, SIGNATURE, [SECRET])


@pytest.mark.parametrize("body", [b"", b"Hello, World", b"Hello, World!\n", b"hello, world!"])
def test_another_body_is_not_signed(body: bytes) -> None:
    assert not is_signed(body, SIGNATURE, [SECRET])


def test_either_of_two_secrets_counts_while_one_is_replaced() -> None:
    assert is_signed(BODY, SIGNATURE, [b"the new one", SECRET])
    assert is_signed(BODY, SIGNATURE, [SECRET, b"the old one"])
    assert not is_signed(BODY, SIGNATURE, [b"the new one", b"the old one"])


def test_with_no_secret_nothing_is_signed() -> None:
    assert not is_signed(BODY, SIGNATURE, [])
    assert not is_signed(BODY, sign(BODY, b""), [])


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE + "\n",
        SIGNATURE.upper(),
        SIGNATURE.removeprefix("sha256="),
        SIGNATURE.replace("sha256", "sha1"),
        "sha1=" + "0" * 40,
        f" {SIGNATURE}",
        f"{SIGNATURE},{SIGNATURE}",
        SIGNATURE.replace("7", "７"),
        "sha256=" + "é" * 64,
        "sha256=" + "\udc80" * 64,
        "x" * 100_000,
    ],
)
def test_what_has_not_the_form_of_a_signature_is_none_and_no_error(signature: str) -> None:
    assert not is_signature(signature)
    assert not is_signed(BODY, signature, [SECRET])


def test_all_secrets_are_compared_in_constant_time_so_that_no_time_tells_which_one_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("generator.sync.web.signature.hmac.compare_digest", compare)
    assert is_signed(BODY, SIGNATURE, [SECRET, b"the old one"])
    assert compared == [SIGNATURE, sign(BODY, b"the old one")]
