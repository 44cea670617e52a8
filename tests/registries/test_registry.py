"""What registries say of images: real ones, and ones that say what no real one should."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from generator.core.errors import UserError
from generator.registries.credentials import FindLogin, Login
from generator.registries.reference import ImageReference
from generator.registries.registry import MANIFESTS, Presence, RegistryClient
from generator.registries.transport import UnavailableError
from tests.registries.conftest import BASIC, PASSWORD, USER, Registries, push, push_index
from tests.registries.scripted_server import Reply, Request, Script, ScriptedServer, bearer, found, reply

Serve = Callable[[Script], ScriptedServer]
ServeAs = Callable[..., ScriptedServer]

LOGIN = Login(USER, PASSWORD, "the test")
SECRET = "s3cret-of-nobody"
needs_registry = pytest.mark.needs("docker-registry|registry")


def known(login: Login) -> FindLogin:
    return lambda _reference: login


@pytest.fixture
def stranger() -> Iterator[RegistryClient]:
    with RegistryClient() as client:
        yield client


@pytest.fixture
def alice() -> Iterator[RegistryClient]:
    with RegistryClient(known(LOGIN)) as client:
        yield client


class TestARealRegistry:
    pytestmark = needs_registry

    def test_finds_an_image_once_it_is_pushed(self, registries: Registries, stranger: RegistryClient) -> None:
        image = ImageReference.parse(f"{registries.free}/acme/pushed:1.0")
        assert stranger.presence(image) == Presence(False, f"{registries.free} has no acme/pushed:1.0.")
        push(registries.free, "acme/pushed", "1.0")
        assert stranger.presence(image) == Presence(True)
        assert not stranger.presence(replace(image, tag="1.1")).found

    @pytest.mark.parametrize("pushed", [push, push_index])
    def test_finds_an_image_by_its_digest(
        self, registries: Registries, stranger: RegistryClient, pushed: Callable[[str, str, str], str]
    ) -> None:
        digest = pushed(registries.free, "acme/kinds", pushed.__name__)
        place = f"{registries.free}/acme/kinds"
        assert stranger.presence(ImageReference.parse(f"{place}@{digest}")).found
        assert stranger.presence(ImageReference.parse(f"oci://{place}:{pushed.__name__}")).found
        assert not stranger.presence(ImageReference.parse(f"{place}@sha256:{'1' * 64}")).found

    def test_asks_for_a_password_which_we_send(
        self, registries: Registries, stranger: RegistryClient, alice: RegistryClient
    ) -> None:
        push(registries.free, "acme/locked", "1.0")
        image = ImageReference.parse(f"{registries.password}/acme/locked:1.0")
        assert alice.presence(image).found
        assert not alice.presence(replace(image, tag="2.0")).found
        with pytest.raises(UserError, match=f"{registries.password} answers nobody without a password") as error:
            stranger.presence(image)
        assert f"docker login {registries.password}" in error.value.hint

    def test_that_wants_a_password_takes_no_token_for_a_token_server(self, registries: Registries) -> None:
        image = ImageReference.parse(f"{registries.password}/acme/locked:1.0")
        with (
            RegistryClient(known(replace(LOGIN, identity=True))) as client,
            pytest.raises(UserError, match="answers nobody without a password"),
        ):
            client.presence(image)

    def test_refuses_a_wrong_password(self, registries: Registries) -> None:
        image = ImageReference.parse(f"{registries.password}/acme/locked:1.0")
        wrong = Login(USER, SECRET, "/etc/config.json")
        with (
            RegistryClient(known(wrong)) as client,
            pytest.raises(UserError, match=r"refuses .* /etc/config.json") as error,
        ):
            client.presence(image)
        assert SECRET not in str(error.value)

    def test_gives_tokens_to_strangers_for_what_is_public(
        self, registries: Registries, stranger: RegistryClient
    ) -> None:
        push(registries.free, "public/app", "1.0")
        image = ImageReference.parse(f"{registries.token}/public/app:1.0")
        assert stranger.presence(image).found
        assert not stranger.presence(replace(image, tag="2.0")).found

    def test_says_the_same_of_a_private_image_and_of_none(
        self, registries: Registries, stranger: RegistryClient, alice: RegistryClient
    ) -> None:
        push(registries.free, "private/app", "1.0")
        private = ImageReference.parse(f"{registries.token}/private/app:1.0")
        missing = replace(private, repository="private/nothing")
        assert alice.presence(private).found
        assert not alice.presence(missing).found
        for image in (private, missing):
            answer = stranger.presence(image)
            assert not answer.found
            assert "without credentials: it is not there yet, or private" in answer.reason
            assert f"docker login {registries.token}" in answer.reason

    def test_uses_a_token_as_long_as_it_lives(self, registries: Registries) -> None:
        now = 1000.0
        push(registries.free, "public/tokens", "1.0")
        image = ImageReference.parse(f"{registries.token}/public/tokens:1.0")
        with RegistryClient(clock=lambda: now) as client:
            before = len(registries.token_server.requests)
            assert all(client.presence(image).found for _ in range(3))
            assert len(registries.token_server.requests) == before + 1
            now += 299
            assert client.presence(image).found
            assert len(registries.token_server.requests) == before + 2

    def test_is_asked_by_several_threads(self, registries: Registries, alice: RegistryClient) -> None:
        push(registries.free, "private/busy", "1.0")
        image = ImageReference.parse(f"{registries.token}/private/busy:1.0")
        images = [image, replace(image, tag="2.0"), replace(image, registry=registries.free)] * 10
        with ThreadPoolExecutor(8) as pool:
            assert [answer.found for answer in pool.map(alice.presence, images)] == [True, False, True] * 10


class Hub:
    """A registry with a token server of its own, as ghcr.io is: it knows one user and one private image."""

    def __init__(self, *, refusal: int = 403) -> None:
        self.refusal = refusal

    def __call__(self, request: Request) -> Reply:
        if request.path == "/token":
            if request.authorization not in {None, BASIC}:
                return reply(self.refusal, b'{"errors":[{"code":"DENIED","message":"denied"}]}')
            public = ("scope", "repository:acme/public:pull") in request.query
            if request.authorization is None and not public:
                return reply(401, b'{"errors":[{"code":"DENIED"}]}')
            return reply(200, b'{"token":"t0ken"}')
        if request.authorization == "Bearer t0ken":
            return found() if request.path.endswith("/1.0") else reply(404)
        repository = request.path.removeprefix("/v2/").partition("/manifests")[0]
        return bearer("https://ghcr.io/token", service="ghcr.io", scope=f"repository:{repository}:pull")


class TestGitHubsRegistry:
    def test_a_public_image_needs_no_credentials(self, serve_as: ServeAs, stranger: RegistryClient) -> None:
        server = serve_as("ghcr.io", Hub())
        image = ImageReference.parse("ghcr.io/acme/public:1.0")
        assert stranger.presence(image).found
        assert not stranger.presence(replace(image, tag="1.1")).found
        assert [request.authorization for request in server.requests] == [None, None, "Bearer t0ken", "Bearer t0ken"]
        assert server.requests[0].headers["accept"] == ", ".join(MANIFESTS)
        assert server.requests[1].query == [("service", "ghcr.io"), ("scope", "repository:acme/public:pull")]

    def test_a_private_one_is_not_found_with_advice_how_to_give_a_token(
        self, serve_as: ServeAs, stranger: RegistryClient
    ) -> None:
        serve_as("ghcr.io", Hub())
        answer = stranger.presence(ImageReference.parse("ghcr.io/acme/private:1.0"))
        assert not answer.found
        assert "GITOPSMITH_TOKEN" in answer.reason

    def test_a_borrowed_token_opens_a_private_one(self, serve_as: ServeAs) -> None:
        serve_as("ghcr.io", Hub())
        with RegistryClient(known(replace(LOGIN, borrowed=True))) as client:
            assert client.presence(ImageReference.parse("ghcr.io/acme/private:1.0")).found

    @pytest.mark.parametrize("refusal", [401, 403])
    def test_a_borrowed_token_that_is_refused_does_not_lock_public_ones(self, serve_as: ServeAs, refusal: int) -> None:
        serve_as("ghcr.io", Hub(refusal=refusal))
        with RegistryClient(known(Login("x-access-token", SECRET, "GITOPSMITH_TOKEN", borrowed=True))) as client:
            assert client.presence(ImageReference.parse("ghcr.io/acme/public:1.0")).found
            answer = client.presence(ImageReference.parse("ghcr.io/acme/private:1.0"))
        assert not answer.found
        assert "also with the credentials in GITOPSMITH_TOKEN" in answer.reason

    def test_a_borrowed_token_is_shown_to_no_other_host(self, serve_as: ServeAs) -> None:
        serve_as("ghcr.io", lambda _request: bearer("https://auth.test/token"))
        other = serve_as("auth.test", lambda _request: reply(401))
        with RegistryClient(known(Login("x-access-token", SECRET, "GITOPSMITH_TOKEN", borrowed=True))) as client:
            assert not client.presence(ImageReference.parse("ghcr.io/acme/private:1.0")).found
        assert [request.authorization for request in other.requests] == [None]


class TestDockerHub:
    def test_is_asked_at_its_own_host_with_a_token_from_another(self, serve_as: ServeAs) -> None:
        realm = bearer("https://auth.docker.io/token", service="registry.docker.io")
        registry = serve_as(
            "registry-1.docker.io", lambda request: found() if request.authorization == "Bearer t0ken" else realm
        )
        tokens = serve_as("auth.docker.io", lambda _request: reply(200, b'{"access_token":"t0ken"}'))
        with RegistryClient(known(LOGIN)) as client:
            assert client.presence(ImageReference.parse("debian")).found
        assert set(registry.asked) == {"HEAD /v2/library/debian/manifests/latest"}
        assert [request.authorization for request in tokens.requests] == [BASIC]
        assert ("scope", "repository:library/debian:pull") in tokens.requests[0].query


class TestTheTokenFlow:
    def test_exchanges_a_token_for_the_token_server(self, serve_as: ServeAs) -> None:
        def script(request: Request) -> Reply:
            if request.method == "POST":
                return reply(200, json.dumps({"access_token": "t0ken", "expires_in": 300}).encode())
            return found() if request.authorization == "Bearer t0ken" else bearer("/token", service="registry")

        server = serve_as("registry.test", script)
        with RegistryClient(known(Login("<token>", SECRET, "the test", identity=True))) as client:
            assert client.presence(ImageReference.parse("registry.test/acme/app")).found
        sent = server.requests[1]
        assert (sent.path, sent.query, sent.authorization) == ("/token", [], None)
        assert f"grant_type=refresh_token&client_id=gitopsmith&refresh_token={SECRET}" in sent.body.decode()
        assert "service=registry&scope=repository%3Aacme%2Fapp%3Apull" in sent.body.decode()

    def test_wrong_credentials_are_an_error(self, serve_as: ServeAs) -> None:
        serve_as("registry.test", lambda request: reply(401) if request.authorization else bearer("/token"))
        with (
            RegistryClient(known(Login(USER, SECRET, "/etc/config.json"))) as client,
            pytest.raises(UserError, match=r"registry\.test refuses the credentials in /etc/config\.json") as error,
        ):
            client.presence(ImageReference.parse("registry.test/acme/app"))
        assert SECRET not in str(error.value)

    @pytest.mark.parametrize("refusal", [401, 403])
    def test_rights_that_changed_are_seen_at_once(
        self, serve_as: ServeAs, stranger: RegistryClient, refusal: int
    ) -> None:
        tokens = iter(["old", "new"])
        right = "Bearer old"

        def script(request: Request) -> Reply:
            if request.path == "/token":
                return reply(200, json.dumps({"token": next(tokens)}).encode())
            if request.authorization is None:
                return bearer("/token")
            return found() if request.authorization == right else reply(refusal)

        serve_as("registry.test", script)
        image = ImageReference.parse("registry.test/acme/app")
        assert stranger.presence(image).found
        right = "Bearer new"
        assert stranger.presence(image).found

    def test_a_token_that_grants_nothing_is_not_kept(self, serve_as: ServeAs, stranger: RegistryClient) -> None:
        server = serve_as(
            "registry.test",
            lambda request: reply(200, b'{"token":"t"}') if request.path == "/token" else bearer("/token"),
        )
        image = ImageReference.parse("registry.test/acme/app")
        for _ in range(2):
            assert not stranger.presence(image).found
        assert server.asked == ["HEAD /v2/acme/app/manifests/latest", "GET /token", server.asked[0]] * 2

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b'{"token":""}',
            b'{"token":7}',
            b'{"token":"a\\r\\nHost: evil"}',
            b'{"toke',
            b"[" * 100_000,
        ],
    )
    def test_what_is_no_token_may_be_one_the_next_time(
        self, serve_as: ServeAs, stranger: RegistryClient, body: bytes
    ) -> None:
        serve_as("registry.test", lambda request: reply(200, body) if request.path == "/token" else bearer("/token"))
        with pytest.raises(UnavailableError, match="its answer holds none"):
            stranger.presence(ImageReference.parse("registry.test/acme/app"))

    @pytest.mark.parametrize("life", ["-1", "null", '"soon"', "1e400", "1" + "0" * 400, "NaN", "true"])
    def test_an_odd_life_of_a_token_is_no_harm(self, serve_as: ServeAs, stranger: RegistryClient, life: str) -> None:
        body = f'{{"token":"t0ken","expires_in":{life}}}'.encode()

        def script(request: Request) -> Reply:
            if request.path == "/token":
                return reply(200, body)
            return found() if request.authorization else bearer("/token")

        serve_as("registry.test", script)
        assert stranger.presence(ImageReference.parse("registry.test/acme/app")).found

    def test_a_huge_answer_is_not_read(self, serve_as: ServeAs, stranger: RegistryClient) -> None:
        sent = 0

        def flood() -> Iterator[bytes]:
            nonlocal sent
            yield b"HTTP/1.1 200 -\r\n\r\n"
            for _ in range(1000):
                yield b" " * 1_000_000
                sent += 1

        serve_as("registry.test", lambda request: flood() if request.path == "/token" else bearer("/token"))
        with pytest.raises(UnavailableError, match="sends more than 262144 bytes"):
            stranger.presence(ImageReference.parse("registry.test/acme/app"))
        assert sent < 100

    @pytest.mark.parametrize(
        "answer", [reply(301, Location="https://elsewhere.test/token"), reply(400), reply(404), reply(405)]
    )
    def test_a_token_server_that_does_not_do_its_work_is_named(
        self, serve_as: ServeAs, alice: RegistryClient, answer: bytes
    ) -> None:
        serve_as("registry.test", lambda _request: bearer("https://auth.test/token"))
        serve_as("auth.test", lambda _request: answer)
        other = serve_as("elsewhere.test", lambda _request: reply(200, b'{"token":"t"}'))
        with pytest.raises(UserError, match=r"auth\.test, where registry\.test sends us for a token, answers HTTP"):
            alice.presence(ImageReference.parse("registry.test/acme/app"))
        assert not other.requests

    @pytest.mark.parametrize(
        ("realm", "reason"),
        [
            ("http://auth.test/token", "it has no TLS"),
            ("http://127.0.0.1/token", "it has no TLS"),
            ("https://127.0.0.1:1/token", "it lies on this machine"),
            ("https://localhost/token", "it lies on this machine"),
            ("https://[::ffff:7f00:1]/token", "it lies on this machine"),
            ("file:///etc/passwd", "it is no address of a host"),
            ("https://registry.test@auth.test/token", "it is no address of a host"),
            ("https://auth.test\\@registry.test/token", "it is no address of a host"),
            ("https://[::1/token", "it is no address of a host"),
        ],
    )
    def test_an_evil_realm_is_not_asked(
        self, serve_as: ServeAs, alice: RegistryClient, realm: str, reason: str
    ) -> None:
        serve_as("registry.test", lambda _request: reply(401, WWW_Authenticate=f"Bearer realm={realm}"))
        other = serve_as("auth.test", lambda _request: reply(200, b'{"token":"t"}'))
        with pytest.raises(UserError, match=reason):
            alice.presence(ImageReference.parse("registry.test/acme/app"))
        assert not other.requests

    @pytest.mark.parametrize(
        ("challenge", "words"),
        [
            ("", "wants to be shown nothing"),
            ("Negotiate", "wants to be shown negotiate"),
            ("Bearer", "`realm` is missing"),
            ("Bearer \x1b[2Jrealm", "`realm` is missing"),
        ],
    )
    def test_a_demand_that_nobody_can_meet_is_named(
        self, serve_as: ServeAs, alice: RegistryClient, challenge: str, words: str
    ) -> None:
        serve_as("registry.test", lambda _request: reply(401, WWW_Authenticate=challenge))
        with pytest.raises(UserError, match=words) as error:
            alice.presence(ImageReference.parse("registry.test/acme/app"))
        assert "\x1b" not in str(error.value)


class TestRedirects:
    def test_lead_to_where_the_manifest_is_without_our_credentials(self, serve_as: ServeAs) -> None:
        def script(request: Request) -> Reply:
            if request.path == "/token":
                return reply(200, b'{"token":"t0ken"}')
            if request.authorization:
                return reply(307, Location="https://elsewhere.test/v2/mirror/app/manifests/1.0")
            return bearer("/token")

        serve_as("registry.test", script)
        other = serve_as("elsewhere.test", lambda _request: found())
        with RegistryClient(known(LOGIN)) as client:
            assert client.presence(ImageReference.parse("registry.test/acme/app:1.0")).found
        assert other.asked == ["HEAD /v2/mirror/app/manifests/1.0"]
        assert other.requests[0].authorization is None

    @pytest.mark.parametrize("challenge", ["Basic realm=x", 'Bearer realm="https://elsewhere.test/token"'])
    def test_what_another_host_demands_is_not_answered(
        self, serve_as: ServeAs, alice: RegistryClient, challenge: str
    ) -> None:
        serve_as("registry.test", lambda _request: reply(302, Location="https://elsewhere.test/v2/a/manifests/1"))
        other = serve_as("elsewhere.test", lambda _request: reply(401, WWW_Authenticate=challenge))
        answer = alice.presence(ImageReference.parse("registry.test/acme/app:1.0"))
        assert answer == Presence(
            False, "registry.test sends us on to elsewhere.test, which denies access to acme/app:1.0."
        )
        assert [request.authorization for request in other.requests] == [None]

    def test_without_end_are_not_followed(self, serve_as: ServeAs, stranger: RegistryClient) -> None:
        server = serve_as("registry.test", lambda _request: reply(302, Location="/v2/again"))
        with pytest.raises(UserError, match="more than 5 times"):
            stranger.presence(ImageReference.parse("registry.test/acme/app"))
        assert len(server.requests) == 5

    @pytest.mark.parametrize(
        "target", ["http://elsewhere.test/", "https://localhost:1/", "http://169.254.169.254/latest/"]
    )
    def test_to_what_is_not_safe_are_not_followed(
        self, serve_as: ServeAs, stranger: RegistryClient, target: str
    ) -> None:
        serve_as("registry.test", lambda _request: reply(302, Location=target))
        with pytest.raises(UserError, match=r"registry\.test sends us to `http.*which is not asked"):
            stranger.presence(ImageReference.parse("registry.test/acme/app"))


class TestOddRegistries:
    @pytest.mark.parametrize("status", [405, 501])
    def test_one_that_knows_no_head_is_asked_for_the_manifest(
        self, serve: Serve, stranger: RegistryClient, status: int
    ) -> None:
        server = serve(lambda request: reply(status) if request.method == "HEAD" else found())
        assert stranger.presence(ImageReference.parse(f"{server.host}/acme/app:1.0")).found
        assert server.asked == ["HEAD /v2/acme/app/manifests/1.0", "GET /v2/acme/app/manifests/1.0"]

    def test_a_web_site_is_no_registry(self, serve: Serve, stranger: RegistryClient) -> None:
        server = serve(lambda _request: reply(200, Content_Type="text/html; charset=utf-8"))
        with pytest.raises(UserError, match=r"is no registry: asked for .* it sends `text/html`"):
            stranger.presence(ImageReference.parse(f"{server.host}/acme/app"))

    @pytest.mark.parametrize("answer", [b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nDate: Mon"])
    def test_an_answer_that_broke_off_proves_nothing(
        self, serve: Serve, stranger: RegistryClient, answer: bytes
    ) -> None:
        server = serve(lambda _request: answer)
        with pytest.raises(UnavailableError, match="broke off"):
            stranger.presence(ImageReference.parse(f"{server.host}/acme/app"))

    @pytest.mark.parametrize("status", [302, 400, 418])
    def test_what_says_neither_yes_nor_no_is_an_error(
        self, serve: Serve, stranger: RegistryClient, status: int
    ) -> None:
        server = serve(lambda _request: reply(status))
        with pytest.raises(UserError, match=f"answers HTTP {status} when asked for {server.host}/acme/app"):
            stranger.presence(ImageReference.parse(f"{server.host}/acme/app"))

    def test_one_that_forbids_is_not_asked_with_credentials(self, serve: Serve, alice: RegistryClient) -> None:
        server = serve(lambda _request: reply(403))
        assert not alice.presence(ImageReference.parse(f"{server.host}/acme/app")).found
        assert [request.authorization for request in server.requests] == [None]

    def test_a_name_is_spoken_to_without_tls_only_if_it_is_said_so(self, serve_as: ServeAs) -> None:
        server = serve_as("registry.test", lambda _request: found(), plain=True)
        image = ImageReference.parse("registry.test:5000/acme/app")
        with RegistryClient() as client, pytest.raises(UnavailableError):
            client.presence(image)
        assert not server.asked or not server.asked[0].startswith("HEAD")
        for name in ("registry.test", "REGISTRY.test:5000"):
            with RegistryClient(insecure=frozenset({name})) as client:
                assert client.presence(image).found
