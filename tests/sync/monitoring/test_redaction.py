"""Secrets never get into a text that is told: those that are known, and those that look like one."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from generator.sync.monitoring.redaction import KnownSecrets, is_secret_name, redacted

APP_TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
SIGNED = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NSJ9.c2lnbmF0dXJl-Zm9y_X"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"remote: {APP_TOKEN} is expired", "remote: *** is expired"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "***"),
        ("github_pat_11ABCDEFG0_abcdefghijklmnopqrstuvwxyz", "***"),
        (
            f"https://x-access-token:{APP_TOKEN}@github.com/acme/x.git",
            "https://x-access-token:***@github.com/acme/x.git",
        ),
        ("https://joe:p@ss,'word@github.com/acme", "https://joe:***@github.com/acme"),
        ("clone http://0123456789abcdef@git.example/acme/x.git", "clone http://***@git.example/acme/x.git"),
        ("Authorization: Basic eDpnaHNfMDEyMw==", "Authorization: Basic ***"),
        ("{'authorization': 'token abc'}", "{'authorization': 'token ***'}"),
        ('"Proxy-Authorization": "Bearer abc", "n": 1', '"Proxy-Authorization": "Bearer ***", "n": 1'),
        ("http.extraHeader=AUTHORIZATION: bearer abc\nnext", "http.extraHeader=AUTHORIZATION: bearer ***\nnext"),
        ("sent bearer eDpnaHNfMDEyMw==", "sent bearer ***"),
        (f"signed as {SIGNED}.", "signed as ***."),
        (f"key:\n{KEY}\nend", "key:\n***\nend"),
        (KEY[:40], "***"),
        (f"x-access-token%3A{APP_TOKEN}%40", "x-access-token%3A***%40"),
        (f"token_{APP_TOKEN}", "token_***"),
        (repr(KEY), "'***'"),
    ],
)
def test_what_looks_like_a_secret_is_struck_out(text: str, told: str) -> None:
    assert redacted(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:acme/podinfo.git",
        "ssh://git@github.com/acme/podinfo.git",
        "https://github.com:8443/acme/podinfo and me@example.com",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "a basic rule of the token",
        "ghp_short",
        "8f9c1d2e3b4a5f6071829304a5b6c7d8e9f0a1b2",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("secret", ["hunter2", "a b/c+d", 'quo"te\\', "späß", "two\nlines"])
def test_a_known_secret_is_struck_out_however_it_is_written(secret: str) -> None:
    for written in (secret, quote(secret, safe=""), json.dumps(secret), repr(secret)):
        assert secret not in redacted(f"<{written}>", KnownSecrets([secret]))
        assert "***" in redacted(f"<{written}>", KnownSecrets([secret]))


def test_bytes_that_are_no_text_can_be_a_secret() -> None:
    assert redacted("<%FF\udcff, a secret>", KnownSecrets(["\udcff, a secret"])) == "<%FF***>"


@pytest.mark.parametrize("others", [0, 500])
def test_a_secret_within_a_longer_one_leaves_nothing_of_that(others: int) -> None:
    known = KnownSecrets([*many(others), "hunter2", "hunter2hunter3", ""])
    assert redacted("hunter2hunter3", known) == "***"
    assert redacted("xhunter2 hunter2", known) == "x*** ***"


@pytest.mark.parametrize("others", [0, 500])
def test_secrets_that_overlap_leave_nothing_of_either(others: int) -> None:
    known = KnownSecrets([*many(others), "first-and-common", "common-and-last"])
    assert redacted("<first-and-common-and-last>", known) == "<***>"


def test_what_comes_to_be_known_later_counts_from_then_on() -> None:
    known = KnownSecrets()
    assert redacted("signed with the-new-secret", known) == "signed with the-new-secret"
    known.add("the-new-secret")
    assert redacted("signed with the-new-secret", known) == "signed with ***"
    assert "the-new-secret" not in repr(known)


def test_the_newest_stay_where_there_are_too_many() -> None:
    known = KnownSecrets(["the-first-secret", "the-second-secret"], most=2)
    known.add("the-third-secret")
    assert redacted("the-first-secret the-second-secret the-third-secret", known) == "the-first-secret *** ***"


def test_tokens_that_are_recognized_take_no_room() -> None:
    known = KnownSecrets(["the-first-secret"], most=2)
    for number in range(10):
        known.add(f"ghs_{number:036}")
    assert redacted(f"the-first-secret ghs_{3:036}", known) == "*** ***"


def test_of_thousands_each_is_struck_out_in_a_moment() -> None:
    secrets = many(5000)
    known = KnownSecrets(secrets)
    line = f"webhook set for acme/podinfo with {secrets[4321]} and nothing else, said {'the server ' * 20}"
    began = time.perf_counter()
    for _ in range(200):
        assert secrets[4321] not in redacted(line, known)
    assert time.perf_counter() - began < 1


def test_threads_may_add_while_others_look() -> None:
    known, secrets = KnownSecrets(), many(400)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(known.add, secrets))
        shown = list(pool.map(lambda secret: redacted(f"<{secret}>", known), secrets))
    assert set(shown) == {"<***>"}


def many(number: int) -> list[str]:
    """Return as many secrets as there are repositories."""
    return [hashlib.sha256(str(index).encode()).hexdigest() for index in range(number)]


@pytest.mark.parametrize(
    "name", ["Authorization", "webhook_secret", "access-token", "clientSecret", "private_key", "Set-Cookie"]
)
def test_what_is_called_a_secret_is_one(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["delivery", "secretary", "token_count", "key", "repository"])
def test_other_names_are_none(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("piece", ["-eyJabcdefgh", "://a:", "authorization:", "ghs_0", "-----BEGIN PRIVATE KEY"])
def test_no_text_takes_long(piece: str) -> None:
    began = time.perf_counter()
    redacted(piece * (80_000 // len(piece)))
    assert time.perf_counter() - began < 1
