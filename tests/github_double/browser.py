"""A browser, as far as GitHub's manifest flow needs one: it gets pages, reads a form, and comes back with a code."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.github_double.double import GitHubDouble


class Form(HTMLParser):
    """What a browser knows of a page's form, and of its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: text or "" for name, text in attrs}
        assert tag != "script"
        if tag == "form":
            assert found["method"] == "post"
            self.action = found["action"]
        elif tag == "a":
            self.links.append(found["href"])
        elif tag == "input":
            self.fields[found["name"]] = found["value"]


def get(url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=10, **options)


def origin_of_post(page: requests.Response, target: str) -> str:
    """Return the `Origin` that a browser sends with the form of a page; https://fetch.spec.whatwg.org/#append-a-request-origin-header."""
    here, there = urlsplit(page.url), urlsplit(target)
    policy = page.headers.get("Referrer-Policy", "strict-origin-when-cross-origin")
    hidden = policy == "no-referrer" or (policy == "same-origin" and here[:2] != there[:2])
    return "null" if hidden else f"{here.scheme}://{here.netloc}"


def browser(double: GitHubDouble, owner: str = "acme") -> Callable[[str], None]:
    """Return a browser whose person does what the page says and agrees to everything."""

    def opened(start: str) -> None:
        page = get(start)
        form = Form(page.text)
        # GitHub sends whoever is not signed in to a page of its own, and forgets what was posted.
        assert form.links == [f"{double.web}/login"]
        assert origin_of_post(page, form.action) != "null"
        code = double.agree(json.loads(form.fields["manifest"]), owner)
        (state,) = parse_qs(urlsplit(form.action).query)["state"]
        back = json.loads(form.fields["manifest"])["redirect_url"]
        assert get(back, params={"code": code, "state": state}).status_code == 200

    return opened
