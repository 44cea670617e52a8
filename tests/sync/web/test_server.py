"""Deliveries over HTTP: what is taken, what is refused and how, and that an answer always comes in time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from generator.core.errors import TemporaryError, UserError
from generator.sync.news.delivery import Delivery
from generator.sync.web.request_body import Limits
from generator.sync.web.signature import is_signed, sign
from tests.sync.http_calls import (
    PATH,
    PATIENCE,
    REPOSITORY,
    SECRET,
    Secrets,
    Server,
    call,
    connected,
    head,
    release,
    running,
    until,
)

QUICK = Limits(body_bytes=100_000, body_seconds=0.3, answer_seconds=0.6, linger_seconds=0.3)
UNSIGNED = "sha256=" + "0" * 64


@contextmanager
def serving(server: Server | None = None, **settings: Any) -> Iterator[Server]:
    server = server or Server()
    with running(server.application(**settings)) as server.port:
        yield server


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """One server for all tests that leave nothing behind in it."""
    with serving() as server:
        yield server


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def shared_quick() -> Iterator[Server]:
    """One server with little patience, for all tests that leave nothing behind in it."""
    with serving(limits=QUICK) as server:
        yield server


@pytest.fixture
def quick() -> Iterator[Server]:
    """A server with little patience."""
    with serving(limits=QUICK) as server:
        yield server


# What is taken


def test_a_delivery_is_on_disk_when_it_is_answered(server: Server) -> None:
    body = release(release={"tag_name": "v1.2.0", "published_at": "2026-01-31T12:00:00Z"})
    answer = server.post(body=body)
    assert (answer.status, answer.json) == (202, {"delivery": "d-1"})
    assert server.store.deliveries == {
        "d-1": Delivery(
            id="d-1",
            event="release",
            action="published",
            repository="acme/podinfo",
            subject="release:acme/podinfo@v1.2.0",
            occurred_at="2026-01-31T12:00:00Z",
            received_at=1_800_000_000.0,
            payload=body,
        )
    }
    until(lambda: server.accepted == [1])
    until(lambda: server.answers.given == [(202, "release")])


def test_no_answer_comes_before_the_delivery_is_stored(server: Server) -> None:
    server.store.free.clear()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(server.post)
        assert server.store.entered.wait(PATIENCE)
        assert not answer.done()
        server.store.free.set()
        assert answer.result().status == 202


def test_a_delivery_that_comes_again_is_taken_once_and_answered_so(server: Server) -> None:
    assert server.post().json == {"delivery": "d-1"}
    again = server.post()
    assert (again.status, again.json) == (202, {"delivery": "d-1", "repeated": True})
    assert len(server.store.deliveries) == 1


def test_names_are_taken_in_whatever_case(server: Server) -> None:
    assert server.post("/payload/ACME/Podinfo", release("Acme/podInfo")).status == 202
    assert server.store.deliveries["d-1"].repository == "Acme/podInfo"


def test_a_body_that_is_worked_on_in_a_thread_is_taken_as_well(server: Server) -> None:
    body = release(padding="x" * 3_000_000)
    assert server.post(body=body).json == {"delivery": "d-1"}
    assert server.store.deliveries["d-1"].payload == body
    assert server.post(body=body, x_hub_signature_256=UNSIGNED).status == 401


def test_what_takes_long_is_worked_out_in_a_thread_so_that_others_need_not_wait(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def signed(*given: Any) -> bool:
        threads.append(threading.get_ident())
        return is_signed(*given)

    monkeypatch.setattr("generator.sync.web.server.is_signed", signed)
    for size in (1, 2, 3_000_000):
        server.post(body=release(padding="x" * size))
    assert threads[0] == threads[1] != threads[2]


def test_either_secret_counts_while_one_is_replaced(server: Server) -> None:
    server.secrets.own[REPOSITORY] = (b"the new secret", SECRET)
    assert server.post().status == 202
    assert server.post(x_hub_signature_256=sign(release(), b"the new secret")).status == 202
    server.secrets.own[REPOSITORY] = (b"the new secret",)
    assert server.post().status == 401


@pytest.mark.parametrize(
    ("event", "body", "reason"),
    [
        ("ping", b'{"zen": "Keep it logically awesome."}', "ping"),
        ("star", b'{"action": "created"}', "`star` is not followed"),
        ("release", release(release={"draft": True}), "draft"),
    ],
)
def test_what_is_not_ours_is_answered_with_the_reason_and_not_stored(
    server: Server, event: str, body: bytes, reason: str
) -> None:
    answer = server.post(body=body, x_github_event=event)
    assert answer.status == 202
    assert answer.json["delivery"] == "d-1"
    assert reason in answer.json["ignored"]
    assert server.store.deliveries == {}
    until(lambda: server.answers.given == [(202, event)])


# The address of a GitHub App


@pytest.fixture
def app() -> Iterator[Server]:
    with serving(Server(secrets=Secrets({}, (SECRET,)))) as server:
        yield server


def test_an_app_delivers_for_every_repository_to_one_address(app: Server) -> None:
    assert app.post("/webhook").json == {"delivery": "d-1"}
    assert app.store.deliveries["d-1"].repository == "acme/podinfo"


def test_an_app_delivers_what_belongs_to_no_repository(app: Server) -> None:
    body = json.dumps({"action": "created", "installation": {"account": {"login": "acme"}}}).encode()
    assert app.post("/webhook", body, x_github_event="installation").json == {"delivery": "d-1"}
    assert app.store.deliveries["d-1"].repository == ""
    assert app.post("/webhook", b"{}", x_github_event="ping").status == 202


def test_an_app_is_told_that_a_repository_is_not_ours(app: Server) -> None:
    answer = app.post("/webhook", release("acme/other"))
    assert answer.status == 202
    assert "`acme/other` is none" in answer.json["ignored"]
    assert app.store.deliveries == {}


def test_only_the_shared_secret_counts_for_the_address_of_an_app(app: Server) -> None:
    app.secrets.own[REPOSITORY] = (b"the secret of one repository",)
    body = release()
    assert app.post("/webhook", body, x_hub_signature_256=sign(body, b"the secret of one repository")).status == 401
    assert app.post("/webhook", body, x_hub_signature_256=UNSIGNED).status == 401


def test_the_secret_of_all_does_not_sign_for_a_repository_that_has_its_own(app: Server) -> None:
    app.secrets.own[REPOSITORY] = (b"the secret of one repository",)
    with capture_logs() as logs:
        answer = app.post("/webhook")
    assert answer.status == 401
    assert "`acme/podinfo` has a webhook secret of its own" in answer.json["error"]
    assert app.store.deliveries == {}
    assert [entry["log_level"] for entry in logs] == ["warning"]
    del app.secrets.own[REPOSITORY]
    assert app.post("/webhook").status == 202


def test_an_app_of_ours_signs_for_every_repository(app: Server) -> None:
    app.secrets.own[REPOSITORY], app.secrets.of_app = (b"the secret of one repository",), True
    assert app.post("/webhook").status == 202


def test_without_a_shared_secret_there_is_no_address_of_an_app(shared: Server) -> None:
    assert shared.post("/webhook").status == 404


# What is refused


@pytest.mark.parametrize(
    "path",
    [
        "/payload/acme/other",
        "/payload/acme/podinfo/",
        "/payload/acme",
        "/payload/acme/podinfo/more",
        "/payload/acme/..",
        "/payload/acme%2Fpodinfo/x",
        "/payload/acme/podinfo%00",
        "/payload/acme/podinfo%0A",
        "/payload/acme/%FF%FE",
        "/payload/acme/" + "x" * 10_000,
        "//payload/acme/podinfo",
        "/",
        "/webhook/",
        "/%E2%98%83",
    ],
)
def test_what_there_is_not_is_all_the_same_to_a_stranger(shared: Server, path: str) -> None:
    answer = shared.post(path)
    assert (answer.status, answer.json) == (404, {"error": "There is nothing here."})


@pytest.mark.parametrize("signature", ["", "sha256=", UNSIGNED, "é", sign(release(), b"another secret"), "sha256=é"])
def test_a_wrong_or_missing_signature_is_refused_and_nothing_told(shared: Server, signature: str) -> None:
    answers = [
        shared.post(x_hub_signature_256=signature),
        shared.post(body=b"no JSON", x_hub_signature_256=signature, x_github_event="", x_github_delivery=""),
    ]
    for answer in answers:
        assert answer.status == 401
        assert answer.json["error"].startswith("X-Hub-Signature-256 is missing or wrong")
        assert "podinfo" not in answer.json["error"]


def test_the_older_signature_counts_for_nothing(shared: Server) -> None:
    old = "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"
    assert shared.post(x_hub_signature_256="", x_hub_signature=old).status == 401


def test_two_signatures_are_none(shared: Server) -> None:
    body = release()
    with connected(shared.port) as connection:
        second = f"\r\nX-Hub-Signature-256: {UNSIGNED}\r\n\r\n".encode()
        twice = head(PATH, body, content_length=str(len(body))).replace(b"\r\n\r\n", second)
        connection.send(twice + body)
        assert connection.answer().status == 401


def test_an_event_counts_under_its_name_only_if_the_signature_is_right(server: Server) -> None:
    server.post(x_hub_signature_256=UNSIGNED, x_github_event="a_name_of_a_stranger")
    server.post(body=b"[]")
    until(lambda: server.answers.given == [(401, ""), (400, "release")])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"payload=%7B%7D", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        ("{}".encode("utf-16"), "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"text"', "not an object"),
        (b"{}", "repository is missing"),
        (b'{"repository": "acme/podinfo"}', "repository: must be an object"),
        (b'{"repository": {}}', "repository.full_name is missing"),
        (b'{"repository": {"full_name": 7}}', "repository.full_name"),
        (b'{"repository": {"full_name": "../../etc"}}', "repository.full_name"),
        (release(release=None), "release"),
        (release(release={"tag_name": ""}), "release.tag_name"),
        (release(action="\ud800"), "action"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_is_malformed_is_refused_with_the_reason(shared: Server, body: bytes, reason: str) -> None:
    answer = shared.post(body=body)
    assert answer.status == 400
    assert reason in answer.json["error"]


def test_a_payload_about_another_repository_than_the_address_is_refused(shared: Server) -> None:
    answer = shared.post(body=release("acme/other"))
    assert answer.status == 400
    assert "`acme/podinfo`, but the payload is about `acme/other`" in answer.json["error"]


@pytest.mark.parametrize("event", ["", "Release", "a b", "x" * 65, "re-lease", "release\u00e9", "../release"])
def test_a_header_that_names_no_event_is_refused(shared: Server, event: str) -> None:
    answer = shared.post(x_github_event=event)
    assert answer.status == 400
    assert "X-GitHub-Event" in answer.json["error"]


@pytest.mark.parametrize("id_", ["", "a b", "-a", "x" * 101, "a/b", "reconciliation:1", "\u00e9", "'; --", "${x}"])
def test_a_delivery_whose_id_is_none_is_refused(shared: Server, id_: str) -> None:
    answer = shared.post(x_github_delivery=id_)
    assert answer.status == 400
    assert "X-GitHub-Delivery" in answer.json["error"]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "application/jsonx", ""])
def test_what_is_sent_as_a_form_is_told_what_to_set(shared: Server, content_type: str) -> None:
    answer = shared.post(content_type=content_type)
    assert answer.status == 415
    assert "Set the webhook's content type to application/json" in answer.json["error"]


def test_the_content_type_may_have_parameters(shared: Server) -> None:
    assert shared.post(content_type="Application/JSON; charset=utf-8").status == 202


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", PATH, "POST"),
        ("PUT", PATH, "POST"),
        ("HEAD", "/webhook", "POST"),
        ("DELETE", "/payload/acme/other", "POST"),
        ("POST", "/livez", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
        ("BREW", PATH, "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(shared: Server, method: str, path: str, allowed: str) -> None:
    answer = call(shared.port, method, path, b"{}")
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert allowed in answer.json["error"]


# Size, time and memory


def test_a_body_is_refused_at_once_that_says_itself_that_it_is_too_large(shared_quick: Server) -> None:
    with connected(shared_quick.port) as connection:
        connection.send(head(content_length="100001"))
        answer = connection.answer()
    assert (answer.status, answer.json) == (413, {"error": "The body is larger than 100000 bytes."})


@pytest.mark.parametrize("chunks", [101, 4000])
def test_a_body_is_refused_that_does_not_say_that_it_is_too_large(shared_quick: Server, chunks: int) -> None:
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    with connected(shared_quick.port) as connection:
        connection.send(head(transfer_encoding="chunked") + chunk * chunks)
        assert connection.answer().status == 413


def test_a_body_of_just_the_limit_is_taken(shared_quick: Server) -> None:
    body = release(padding="x" * (QUICK.body_bytes - len(release(padding=""))))
    assert len(body) == QUICK.body_bytes
    assert shared_quick.post(body=body).status == 202


def test_a_body_without_a_length_is_taken(shared_quick: Server) -> None:
    body = release()
    with connected(shared_quick.port) as connection:
        connection.send(head(body=body, transfer_encoding="chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        assert connection.answer().status == 202


def test_what_follows_a_body_that_is_longer_than_it_said_is_another_request(quick: Server) -> None:
    body = release()
    with connected(quick.port) as connection:
        connection.send(head(body=body, content_length=str(len(body))) + body + b"more of it\r\n\r\n")
        assert connection.answer().status == 202
        assert connection.answer().status == 400
        assert connection.is_closed()
    assert list(quick.store.deliveries) == ["d-1"]


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5000, "", "5, 6"])
def test_a_length_that_is_none_is_refused(shared_quick: Server, length: str) -> None:
    with connected(shared_quick.port) as connection:
        connection.send(head(content_length=length) + b"{}")
        assert connection.answer().status in {400, 413}
    assert shared_quick.get("/livez").status == 200


@pytest.mark.parametrize("sent", [b"", release()[:-1]])
def test_a_body_that_does_not_come_is_given_up(quick: Server, sent: bytes) -> None:
    with connected(quick.port) as connection:
        connection.send(head(content_length=str(len(release()))) + sent)
        began = time.monotonic()
        answer = connection.answer()
        assert answer.status == 408
        assert "within 0.3 seconds" in answer.json["error"]
        assert time.monotonic() - began < 5
        assert connection.is_closed()
    until(lambda: quick.answers.given == [(408, "")])


def test_a_body_that_drips_is_given_up_however_busy_it_looks(shared_quick: Server) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            connection.send(b"x")

    with connected(shared_quick.port) as connection, ThreadPoolExecutor() as pool:
        connection.send(head(content_length="100000"))
        dripping = pool.submit(drip)
        try:
            assert connection.answer().status == 408
        finally:
            stop.set()
        assert dripping.exception() is None


def test_who_goes_away_leaves_nothing_behind(quick: Server) -> None:
    with connected(quick.port) as connection:
        connection.send(head(content_length="1000") + b"{")
    until(lambda: quick.answers.given == [(499, "")])
    assert quick.store.deliveries == {}
    assert quick.post().status == 202


@pytest.mark.parametrize(
    ("path", "signature", "status"),
    [("/payload/acme/other", UNSIGNED, 404), (PATH, "none", 401), (PATH, UNSIGNED, 413)],
)
def test_who_sends_a_large_body_that_nobody_wants_still_sees_the_answer(
    shared_quick: Server, path: str, signature: str, status: int
) -> None:
    """A connection that is closed on unread bytes is reset, and takes the answer with it."""
    body = b"x" * 2**24  # more than the kernels of both sides keep
    with connected(shared_quick.port) as connection:
        connection.send(head(path, content_length=str(len(body)), x_hub_signature_256=signature) + body)
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert connection.is_closed()


def test_a_body_that_nobody_wants_is_not_read_for_ever(shared_quick: Server) -> None:
    with connected(shared_quick.port) as connection:
        connection.send(head("/payload/acme/other", transfer_encoding="chunked"))
        assert connection.answer().status == 404
        assert connection.is_closed()


def test_chunks_that_are_none_end_the_connection_quietly(
    shared_quick: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(shared_quick.port) as connection:
        connection.send(head("/payload/acme/other", transfer_encoding="chunked"))
        assert connection.answer().status == 404
        connection.send(b"no chunk\r\n")
        assert connection.is_closed()
    assert shared_quick.get("/livez").status == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_an_unknown_repository_and_a_form_that_is_no_signature_cost_no_hash(
    shared_quick: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[object] = []
    monkeypatch.setattr("generator.sync.web.server.is_signed", lambda *given: hashed.append(given))
    shared_quick.post("/payload/acme/other")
    shared_quick.post(x_hub_signature_256="sha256=")
    shared_quick.post(body=b"x" * 100_001)
    assert hashed == []
    shared_quick.post()
    assert len(hashed) == 1


def test_large_bodies_at_once_are_refused_and_small_ones_are_not() -> None:
    mebibyte = 2**20
    large = release(padding="x" * 2 * mebibyte)
    limits = Limits(body_bytes=4 * mebibyte, held_bytes=6 * mebibyte)
    with serving(limits=limits) as server, ThreadPoolExecutor() as pool:
        server.store.free.clear()
        first = pool.submit(server.post, body=large)
        assert server.store.entered.wait(PATIENCE)
        second = server.post(body=large, x_github_delivery="d-2")
        assert (second.status, second.headers["retry-after"]) == (503, "30")
        assert "large deliveries" in second.json["error"]
        small = pool.submit(server.post, x_github_delivery="d-3")
        server.store.free.set()
        assert (first.result().status, small.result().status) == (202, 202)
        assert server.post(body=large, x_github_delivery="d-4").status == 202


# The storage


@pytest.mark.parametrize("error", [TemporaryError("the disk is full"), UserError("the file is damaged")])
def test_a_storage_that_is_not_available_is_told_and_may_come_back(server: Server, error: Exception) -> None:
    server.store.failures = [error]
    answer = server.post()
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert answer.json == {"error": "The storage is not available."}
    assert server.accepted == []
    assert server.post().json == {"delivery": "d-1"}


def test_a_storage_that_hangs_is_told_in_time_and_gains_no_load_meanwhile(quick: Server) -> None:
    quick.store.free.clear()
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(quick.post)]
        assert quick.store.entered.wait(PATIENCE)
        answers += [pool.submit(quick.post, x_github_delivery=f"waits-{number}") for number in range(3)]
        assert {answer.result().status for answer in answers} == {503}
    assert time.monotonic() - began < 5
    assert quick.get("/livez").status == 200
    quick.store.free.set()
    assert quick.post(x_github_delivery="later").status == 202
    # What was under way may be stored, though nobody was told; what only waited was taken back.
    assert list(quick.store.deliveries) == ["d-1", "later"]


# What nobody expects


def test_a_bug_is_answered_without_a_word_about_it_and_logged_with_the_delivery(server: Server) -> None:
    server.store.failures = [RuntimeError("a bug with a secret")]
    with capture_logs() as logs:
        answer = server.post()
    assert answer.status == 500
    assert answer.json == {"error": "Something went wrong here; the log knows more."}
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert [(entry["delivery"], entry["exc_info"]) for entry in errors] == [("d-1", True)]
    until(lambda: server.answers.given == [(500, "release")])
    assert server.post().status == 202


def test_a_bug_in_a_probe_is_no_word_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[str]:
        raise RuntimeError("a bug with a secret")

    with serving(readiness=broken) as server:
        answer = server.get("/readyz")
        assert (answer.status, "secret" in answer.body.decode()) == (500, False)


# What operators ask


def test_a_process_that_is_alive_and_ready_says_so() -> None:
    with serving(details=lambda: {"deliveries": {"waiting": 3}}) as server:
        assert server.get("/livez").json == {"status": "alive"}
        assert server.get("/readyz").json == {"status": "ready"}
        assert server.get("/healthz").json == {"status": "ready", "details": {"deliveries": {"waiting": 3}}}


def test_a_process_that_is_not_ready_says_why_and_is_alive() -> None:
    reasons = ["the database is away", "acme/acme-gitops was never read", "\udc80 is no UTF-8"]
    with serving(readiness=lambda: reasons, details=lambda: {"version": "1"}) as server:
        assert server.get("/livez").status == 200
        told = {"status": "not ready", "reasons": reasons}
        for path, answer in (("/readyz", told), ("/healthz", {**told, "details": {"version": "1"}})):
            given = server.get(path)
            assert (given.status, given.json) == (503, answer)


def test_metrics_are_text_for_prometheus(shared: Server) -> None:
    answer = shared.get("/metrics")
    assert (answer.status, answer.body) == (200, b"up 1\n")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics"])
def test_probes_may_ask_for_the_head_alone(shared: Server, path: str) -> None:
    answer = shared.get(path, "HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_probes_are_no_answers_to_deliveries(server: Server) -> None:
    server.get("/livez")
    server.get(PATH)
    assert server.answers.given == []


def test_a_question_that_hangs_is_told_and_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.sync.web.probes.ASK_SECONDS", 0.2)
    free, asked = threading.Event(), []

    def readiness() -> list[str]:
        asked.append(1)
        free.wait(PATIENCE)
        return []

    with serving(readiness=readiness) as server:
        for _ in range(3):
            answer = server.get("/readyz")
            assert (answer.status, answer.headers["retry-after"]) == (503, "30")
            assert "no answer about readiness" in answer.json["error"]
        assert server.get("/livez").status == 200
        assert server.post().status == 202
        assert asked == [1]
        free.set()
        until(lambda: server.get("/readyz").status == 200)
