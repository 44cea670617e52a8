"""Credentials are found where Docker keeps them, and told to nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import UserError
from generator.registries import credentials
from generator.registries.credentials import Login, advice, logins_of
from generator.registries.reference import ImageReference

SECRET = "s3cret-of-nobody"
Find = Callable[[str], Login | None]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Find]:
    """Write Docker's configuration, and return what finds the credentials for an image."""

    def write(document: Any, **environment: str) -> Find:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        (tmp_path / "config.json").write_bytes(content)
        find = logins_of({"DOCKER_CONFIG": str(tmp_path), **environment})
        return lambda image: find(ImageReference.parse(image))

    return write


@pytest.mark.parametrize(
    ("entry", "user", "identity"),
    [
        ({"auth": encoded(f"alice:{SECRET}")}, "alice", False),
        ({"auth": encoded(f"alice:{SECRET}\0\0")}, "alice", False),
        ({"username": "alice", "password": SECRET}, "alice", False),
        ({"auth": encoded("alice:"), "identitytoken": SECRET}, "<token>", True),
    ],
)
def test_an_entry_may_have_several_forms(
    configure: Callable[..., Find], tmp_path: Path, entry: dict[str, str], user: str, identity: bool
) -> None:
    find = configure({"auths": {"registry.test": entry}})
    assert find("registry.test/acme/app") == Login(user, SECRET, str(tmp_path / "config.json"), identity)
    assert find("other.test/acme/app") is None


def test_a_password_may_hold_colons(configure: Callable[..., Find]) -> None:
    login = configure({"auths": {"registry.test": {"auth": encoded("alice:a:b")}}})("registry.test/app")
    assert login
    assert login.secret == "a:b"
    assert login.basic == "Basic " + encoded("alice:a:b")


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("https://index.docker.io/v1/", "debian"),
        ("docker.io", "docker.io/acme/app"),
        ("registry-1.docker.io", "acme/app"),
        ("https://registry.test", "registry.test/app"),
        ("http://registry.test:5000/v2/", "registry.test:5000/app"),
        ("Registry.test", "registry.test/app"),
        ("quay.io/acme", "quay.io/acme/app"),
        ("quay.io/acme/app", "quay.io/acme/app"),
    ],
)
def test_a_key_may_have_several_forms(configure: Callable[..., Find], key: str, image: str) -> None:
    assert configure({"auths": {key: {"username": "alice", "password": SECRET}}})(image)


@pytest.mark.parametrize(
    "key", ["registry.test:5000", "egistry.test", "registry.test/ac", "registry.test/acme/app2", "docker.io"]
)
def test_a_key_of_another_place_does_not_fit(configure: Callable[..., Find], key: str) -> None:
    assert configure({"auths": {key: {"username": "alice", "password": SECRET}}})("registry.test/acme/app") is None


def test_the_narrowest_key_wins(configure: Callable[..., Find]) -> None:
    names = ["quay.io", "quay.io/acme/app", "quay.io/acme"]
    find = configure({"auths": {name: {"username": name, "password": SECRET} for name in names}})
    for image, name in [("quay.io/acme/app", names[1]), ("quay.io/acme/other", names[2]), ("quay.io/x", names[0])]:
        login = find(image)
        assert login
        assert login.user == name


@pytest.mark.parametrize("entry", [{}, {"auth": ""}, {"username": "alice"}, {"auth": encoded("alice:")}, None, "x"])
def test_an_entry_without_a_secret_is_none(configure: Callable[..., Find], entry: Any) -> None:
    assert configure({"auths": {"registry.test": entry}})("registry.test/app") is None


class TestHelpers:
    @pytest.fixture(autouse=True)
    def helper(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        """Stand in for the programs: `empty` keeps nothing, `identity` a token, every other the name of itself."""
        asked: list[tuple[str, str]] = []

        def ask(name: str, server: str) -> tuple[str, str] | None:
            asked.append((name, server))
            return {"empty": None, "identity": ("<token>", SECRET)}.get(name, (name, SECRET))

        monkeypatch.setattr(credentials, "ask_helper", ask)
        return asked

    def test_one_is_asked_for_its_registry_and_another_for_the_rest(
        self, configure: Callable[..., Find], helper: list[tuple[str, str]]
    ) -> None:
        find = configure({"credHelpers": {"registry.test": "special"}, "credsStore": "usual"})
        assert find("registry.test/app") == Login("special", SECRET, "docker-credential-special")
        assert find("debian") == Login("usual", SECRET, "docker-credential-usual")
        assert helper == [("special", "registry.test"), ("usual", "https://index.docker.io/v1/")]

    def test_one_that_keeps_nothing_leaves_it_to_the_file(self, configure: Callable[..., Find]) -> None:
        auths = {"registry.test": {"username": "alice", "password": SECRET}}
        login = configure({"credsStore": "empty", "auths": auths})("registry.test/app")
        assert login
        assert login.user == "alice"

    def test_one_may_give_a_token_for_the_token_server(self, configure: Callable[..., Find]) -> None:
        login = configure({"credsStore": "identity"})("registry.test/app")
        assert login
        assert login.identity


class TestGitHub:
    def test_a_token_of_the_environment_opens_its_registry_alone(self, configure: Callable[..., Find]) -> None:
        find = configure({}, GITOPSMITH_TOKEN=SECRET, GITHUB_AUTH_TOKEN="other")
        assert find("ghcr.io/acme/app") == Login("x-access-token", SECRET, "GITOPSMITH_TOKEN", borrowed=True)
        assert find("oci://ghcr.io/acme/app")
        assert find("registry.test/acme/app") is None

    def test_the_second_variable_stands_in_for_the_first(self, configure: Callable[..., Find]) -> None:
        login = configure({}, GITOPSMITH_TOKEN="", GITHUB_AUTH_TOKEN=SECRET)("ghcr.io/acme/app")
        assert login
        assert login.source == "GITHUB_AUTH_TOKEN"

    def test_what_docker_keeps_comes_first(self, configure: Callable[..., Find]) -> None:
        auths = {"ghcr.io": {"username": "alice", "password": "x"}}
        login = configure({"auths": auths}, GITOPSMITH_TOKEN=SECRET)("ghcr.io/acme/app")
        assert login
        assert (login.user, login.borrowed) == ("alice", False)


def test_the_configuration_is_below_the_home_by_default(tmp_path: Path) -> None:
    find = logins_of({"HOME": str(tmp_path)})
    image = ImageReference.parse("registry.test/app")
    assert find(image) is None
    (tmp_path / ".docker").mkdir()
    auths = {"registry.test": {"username": "alice", "password": SECRET}}
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"auths": auths}))
    assert find(image)


def test_no_environment_gives_no_credentials() -> None:
    assert logins_of({})(ImageReference.parse("ghcr.io/acme/app")) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"auths": "' + SECRET.encode(), "it is no JSON"),
        (b"\xff" + SECRET.encode(), "it is no JSON"),
        ({"auths": [SECRET]}, "`auths` must be a mapping"),
        ({"credHelpers": SECRET}, "`credHelpers` must be a mapping"),
        ({"credsStore": [SECRET]}, "must be a text"),
        ({"auths": {"ghcr.io": {"auth": SECRET}}}, "`auth` of ghcr.io is not the base64"),
        ({"auths": {"ghcr.io": {"auth": base64.b64encode(b"\xff" + SECRET.encode()).decode()}}}, "is not the base64"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_without_secrets(
    configure: Callable[..., Find], tmp_path: Path, content: Any, words: str
) -> None:
    with pytest.raises(UserError, match=words) as error:
        configure(content)("ghcr.io/acme/app")
    assert str(tmp_path / "config.json") in error.value.message
    beneath = error.value.__cause__ or (None if error.value.__suppress_context__ else error.value.__context__)
    assert SECRET not in f"{error.value} {beneath!r} {vars(beneath) if beneath else ''}"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(UserError, match=r"config\.json: Is a directory"):
        logins_of({"DOCKER_CONFIG": str(tmp_path)})(ImageReference.parse("ghcr.io/acme/app"))


def test_a_login_does_not_show_its_secret() -> None:
    assert SECRET not in repr(Login("alice", SECRET, "the test"))


def test_the_advice_names_the_registry_and_for_github_the_token() -> None:
    assert "docker login registry.test" in advice("registry.test")
    assert "GITOPSMITH_TOKEN" not in advice("registry.test")
    assert "GITOPSMITH_TOKEN" in advice("ghcr.io")
