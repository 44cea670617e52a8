"""GitHub's manifest flow, a plain HTTP client in the place of the browser."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from generator.core.errors import TemporaryError, UserError
from generator.hub.accounts import is_organization, who_calls
from generator.hub.app_manifest import Wanted
from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import TOKEN_FILE, TOKENS, app_of
from generator.hub.permissions import EVENTS, PERMISSIONS
from generator.workspace.app_creation import Kept, create_app
from tests.github_double.browser import Form, browser, get, origin_of_post
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer, CutOff
from tests.github_double.fixtures import enterprise, github

__all__ = ["enterprise", "github"]

CONDUCT = Conduct(Patience(timeout=10), sleep=lambda _seconds: None, luck=lambda: 0.0)
ACME = Wanted("acme", True, "gitopsmith-acme")
CONVERSION = "POST /app-manifests/{code}/conversions"


Create = Callable[..., Kept]


@pytest.fixture
def create(github: GitHubDouble, tmp_path: Path) -> Create:
    def run(show: Callable[[str], None] | None = None, wanted: Wanted = ACME, seconds: float = 10.0) -> Kept:
        opened = show or browser(github)
        return create_app(wanted, github.url, tmp_path / "keys", show=opened, seconds=seconds, conduct=CONDUCT)

    return run


def test_the_app_that_comes_of_it_works_and_its_key_is_its_owners_alone(
    github: GitHubDouble, create: Create, tmp_path: Path
) -> None:
    kept = create()
    assert kept.key.parent == tmp_path / "keys"
    assert stat.S_IMODE(kept.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.key.parent.stat().st_mode) == 0o700
    assert [path.name for path in kept.key.parent.iterdir()] == [kept.key.name]
    assert kept.webhook_secret is None
    github.install(github.state.apps[kept.app.id], "acme")
    with Connection(app_of(str(kept.app.id), kept.key), github.url, CONDUCT) as connection:
        caller = who_calls(connection)
        assert (caller.name, caller.app) == ("gitopsmith-acme", True)
        assert caller.permissions == {permission.name: permission.level for permission in PERMISSIONS}
        assert connection.token("acme").startswith("ghs_")
    assert "PRIVATE KEY" not in repr(kept)
    assert "PRIVATE KEY" not in "".join(kept.settings("a", "a", "SECRET"))


def test_an_app_with_a_webhook_is_told_of_events_and_its_secret_is_kept(github: GitHubDouble, create: Create) -> None:
    kept = create(wanted=Wanted("acme", True, "with-hook", "https://gitopsmith.acme.example/webhook"))
    app = github.state.apps[kept.app.id]
    assert app.hook
    assert app.hook.config["url"] == "https://gitopsmith.acme.example/webhook"
    assert app.events == tuple(event.name for event in EVENTS)
    assert kept.webhook_secret
    assert kept.webhook_secret.read_text() == "a-secret-that-github-made"
    assert stat.S_IMODE(kept.webhook_secret.stat().st_mode) == 0o600
    settings = kept.settings("https://github.acme.example/api/v3", "https://api.github.com", "SECRET")
    assert settings[2:] == (
        f'export SECRET="$(cat {kept.webhook_secret})"',
        "export GITOPSMITH_GITHUB_URL=https://github.acme.example/api/v3",
    )
    assert "a-secret-that-github-made" not in repr(kept) + "".join(settings)


@pytest.mark.parametrize(
    ("is_org", "place"), [(True, "/organizations/acme/settings/apps/new"), (False, "/settings/apps/new")]
)
def test_the_form_leads_to_the_owners_page_on_the_right_github(
    enterprise: GitHubDouble, tmp_path: Path, is_org: bool, place: str
) -> None:
    pages: list[requests.Response] = []

    def look(start: str) -> None:
        pages.append(get(start))
        browser(enterprise)(start)

    wanted = Wanted("acme", is_org, "<b>&\"'")
    create_app(wanted, enterprise.url, tmp_path / "keys", show=look, seconds=10, conduct=CONDUCT)
    (page,) = pages
    action = urlsplit(Form(page.text).action)
    assert f"{action.scheme}://{action.netloc}" == enterprise.web
    assert action.path == place
    assert len(parse_qs(action.query)["state"][0]) >= 43
    assert json.loads(Form(page.text).fields["manifest"])["name"] == "<b>&\"'"
    assert "<b>" not in page.text
    assert "<b>" in unescape(page.text)
    assert f"form-action {enterprise.web}" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_the_page_says_who_can_install_the_app(github: GitHubDouble, create: Create) -> None:
    pages: list[str] = []

    def look(start: str) -> None:
        pages.append(get(start).text)
        browser(github)(start)

    create(look)
    create(look, wanted=Wanted("acme", True, "for-all", public=True))
    assert "private: acme alone can install it" in pages[0]
    assert "public: any account can install it" in pages[1]
    assert [app.public for app in github.state.apps.values()] == [False, True]


def test_the_page_is_posted_with_its_origin_and_names_itself_to_nobody(github: GitHubDouble, create: Create) -> None:
    pages: list[requests.Response] = []

    def look(start: str) -> None:
        pages.append(get(start))
        browser(github)(start)

    create(look)
    assert origin_of_post(pages[0], "https://github.com/settings/apps/new") == f"http://{urlsplit(pages[0].url).netloc}"
    assert pages[0].headers["Referrer-Policy"] == "strict-origin", "of our address, its path is a secret"


def test_what_comes_back_without_our_state_changes_nothing(github: GitHubDouble, create: Create) -> None:
    """Another page in the browser brings a code of its own: it is refused, and the wait goes on."""

    def attacked(start: str) -> None:
        form = Form(get(start).text)
        back = json.loads(form.fields["manifest"])["redirect_url"]
        (state,) = parse_qs(urlsplit(form.action).query)["state"]
        mine = github.agree({**json.loads(form.fields["manifest"]), "name": "evil"}, "mallory")
        for query in ({}, {"code": mine}, {"code": mine, "state": state[:-1]}, {"code": mine, "state": "ü"}):
            assert get(back, params=query).status_code == 400
        for code in ("", "../../app", "a/b", "x" * 300):
            assert get(back, params={"code": code, "state": state}).status_code == 400
        browser(github)(start)

    assert create(attacked).app.slug == "gitopsmith-acme"


def test_the_page_is_found_by_nobody_who_was_not_told(github: GitHubDouble, create: Create) -> None:
    def attacked(start: str) -> None:
        parts = urlsplit(start)
        assert re.fullmatch(r"/[\w-]{20,}", parts.path)
        assert parts.hostname == "127.0.0.1"
        base = f"http://{parts.netloc}"
        assert [get(base + path).status_code for path in ("/", "/index.html", parts.path[:-1])] == [404, 404, 404]
        rebound = {"Host": f"evil.example:{parts.port}"}
        assert get(start, headers=rebound).status_code == 404
        assert get(f"{base}/callback", headers=rebound).status_code == 404
        with requests.Session() as session:
            session.trust_env = False
            assert session.post(start, timeout=10).status_code == 501
        browser(github)(start)

    create(attacked)


def test_the_wait_ends_and_the_port_is_closed(github: GitHubDouble, create: Create) -> None:
    shown: list[str] = []
    with pytest.raises(UserError, match=r"within 0\.05 s"):
        create(shown.append, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        get(shown[0])


def test_the_wait_can_be_cancelled(github: GitHubDouble, create: Create, tmp_path: Path) -> None:
    shown: list[str] = []

    def interrupted(start: str) -> None:
        shown.append(start)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create(interrupted)
    with pytest.raises(requests.ConnectionError):
        get(shown[0])
    assert list((tmp_path / "keys").iterdir()) == []


def test_a_browser_that_opens_connections_and_says_nothing_is_not_waited_for(
    github: GitHubDouble, create: Create
) -> None:
    import socket  # noqa: PLC0415 - for this test alone

    silent: list[socket.socket] = []

    def shown(start: str) -> None:
        silent.append(socket.create_connection(("127.0.0.1", urlsplit(start).port or 0), timeout=5))
        browser(github)(start)

    create(shown)
    silent[0].close()


def test_a_code_that_github_does_not_know_or_whose_answer_is_lost_is_told(github: GitHubDouble, create: Create) -> None:
    github.fault(CutOff(None), "conversions")
    with pytest.raises(UserError, match="used before") as caught:
        create()
    assert "Delete the App" in caught.value.hint
    github.fault(Answer(502), "conversions")
    assert create(wanted=Wanted("acme", True, "second")).app.slug == "second"


def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TOKENS, TOKEN_FILE):
        monkeypatch.delenv(name, raising=False)


def test_a_code_is_tried_again_where_github_wants_credentials_of_somebody_who_has_none(
    github: GitHubDouble, create: Create
) -> None:
    github.fault(Answer(401, "Requires authentication"), "conversions", times=3)
    assert create().app.slug == "gitopsmith-acme"
    assert len(github.calls(CONVERSION)) == 4


def test_a_token_of_the_environment_is_shown_where_that_does_not_help(
    github: GitHubDouble, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_token(monkeypatch)
    monkeypatch.setenv("GITOPSMITH_APP_ID", "half of another App")
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", github.token())
    github.identities.takes_nobody = True
    assert create().app.slug == "gitopsmith-acme"


def test_and_where_everybody_without_credentials_has_asked_too_often(
    github: GitHubDouble, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_token(monkeypatch)
    monkeypatch.setenv("GITOPSMITH_TOKEN", github.token())
    github.limits.exhaust(1000, "anonymous")
    assert create().app.slug == "gitopsmith-acme"


@pytest.mark.parametrize("token", ["", "ghp_wrong", "no token"])
def test_a_code_that_cannot_be_exchanged_is_told_with_how_to_do_it_by_hand(
    github: GitHubDouble, create: Create, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    no_token(monkeypatch)
    monkeypatch.setenv("GITOPSMITH_TOKEN", token)
    github.identities.takes_nobody = True
    with pytest.raises(UserError, match="401: Requires authentication") as caught:
        create()
    (code,) = github.state.manifests
    assert f"curl --request POST {github.url}/app-manifests/{code}/conversions" in caught.value.hint
    assert "GITOPSMITH_APP_PRIVATE_KEY_FILE" in caught.value.hint
    assert "wrong" not in str(caught.value)


def test_where_github_is_away_the_code_is_told_as_well(github: GitHubDouble, create: Create) -> None:
    github.fault(Answer(502), "conversions", times=None)
    with pytest.raises(TemporaryError, match="502") as caught:
        create()
    (code,) = github.state.manifests
    assert f"curl --request POST {github.url}/app-manifests/{code}/conversions`" in str(caught.value)


def test_a_folder_that_cannot_be_written_is_told_before_the_app_is_made(
    github: GitHubDouble, create: Create, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(UserError, match="could not be kept"):
        create()
    assert github.state.apps == {}


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("acme", True, ""),
        Wanted("acme", True, "x" * 35),
        Wanted("a/b", True, "app"),
        Wanted("acme", True, "app", "javascript:alert(1)"),
    ],
)
def test_what_github_would_not_take_is_refused_before(create: Create, wanted: Wanted) -> None:
    with pytest.raises(UserError):
        create(wanted=wanted)


def test_whether_an_account_is_an_organization_is_asked_without_credentials(github: GitHubDouble) -> None:
    github.organization("acme"), github.user("jane")
    assert is_organization(github.url, "ACME", CONDUCT)
    assert not is_organization(github.url, "jane", CONDUCT)
    with pytest.raises(UserError, match="no account `nobody`"):
        is_organization(github.url, "nobody", CONDUCT)
    github.fault(Answer(401, "Must authenticate"), "/users/")
    assert is_organization(github.url, "jane", CONDUCT), "in doubt it is one"
