"""References are read as Docker and Helm read them; what is none is said to be none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.registries.reference import ImageReference

DIGEST = "sha256:" + "0123456789abcdef" * 4
components = st.from_regex(r"[a-z0-9]{1,8}([._]|__|-{1,3})[a-z0-9]{1,8}", fullmatch=True)
registries = st.sampled_from(["ghcr.io", "localhost", "localhost:5000", "127.0.0.1:80", "[::1]:5000", "a-b.c:65535"])
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "host", "repository", "version"),
    [
        ("podinfo", "registry-1.docker.io", "library/podinfo", "latest"),
        ("podinfo:6.7", "registry-1.docker.io", "library/podinfo", "6.7"),
        ("acme/podinfo", "registry-1.docker.io", "acme/podinfo", "latest"),
        ("docker.io/podinfo", "registry-1.docker.io", "library/podinfo", "latest"),
        ("index.docker.io/acme/podinfo", "registry-1.docker.io", "acme/podinfo", "latest"),
        ("localhost:5000", "registry-1.docker.io", "library/localhost", "5000"),
        ("localhost/podinfo", "localhost", "podinfo", "latest"),
        ("localhost:5000/a/b", "localhost:5000", "a/b", "latest"),
        ("ghcr.io/acme/podinfo:6.7.1", "ghcr.io", "acme/podinfo", "6.7.1"),
        ("GHCR.io/acme/podinfo", "ghcr.io", "acme/podinfo", "latest"),
        ("ghcr.io/a/b/c/d__e--f:x", "ghcr.io", "a/b/c/d__e--f", "x"),
        ("127.0.0.1:5000/podinfo", "127.0.0.1:5000", "podinfo", "latest"),
        ("[::1]:5000/podinfo:1", "[::1]:5000", "podinfo", "1"),
        (f"localhost:5000/a/b@{DIGEST}", "localhost:5000", "a/b", DIGEST),
        (f"localhost:5000/a/b:1.0@{DIGEST}", "localhost:5000", "a/b", DIGEST),
        ("oci://ghcr.io/acme/charts/podinfo", "ghcr.io", "acme/charts/podinfo", "latest"),
        ("oci://localhost/podinfo:1.0.0", "localhost", "podinfo", "1.0.0"),
        ("oci://docker.io/podinfo:1.0.0", "registry-1.docker.io", "podinfo", "1.0.0"),
    ],
)
def test_says_which_host_is_asked_for_what(text: str, host: str, repository: str, version: str) -> None:
    reference = ImageReference.parse(text)
    assert (reference.host, reference.repository, reference.version) == (host, repository, version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        ":1.0",
        "ghcr.io/",
        "ghcr.io//app",
        "ghcr.io/acme/app/",
        "ghcr.io/acme/app:",
        "ghcr.io/acme/app@",
        "ghcr.io/acme/app:-x",
        "ghcr.io/acme/app:" + "x" * 129,
        "ghcr.io/acme/app:1+2",
        "ghcr.io/acme/app@sha256:abc",
        "ghcr.io/acme/app@md5:" + "0" * 32,
        "ghcr.io/acme/../app",
        "ghcr.io/acme/app\n",
        "ghcr.io/acme/app?x=1",
        "ghcr.io/acme/app#x",
        "ghcr.io/äpfel",
        "user@ghcr.io/acme/app",
        "user:word@ghcr.io/acme/app",
        "ghcr.io:0/acme/app",
        "ghcr.io:65536/acme/app",
        "ghcr.io:x/acme/app",
        "-ghcr.io/acme/app",
        "ghcr..io/acme/app",
        "x" * 64 + ".io/acme/app",
        "[::::]/app",
        "[127.0.0.1]/app",
        "oci://podinfo",
        "oci://ghcr.io",
        "a" * 64,
        "ghcr.io/" + "a" * 248,
        "1" * 1_000_000,
        "-" * 1_000_000,
        "a" + "-" * 200 + "_",
    ],
)
def test_refuses_what_is_no_reference(text: str) -> None:
    with pytest.raises(UserError) as error:
        ImageReference.parse(text)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ghcr.io/Acme/App:1.0", "lower case only: acme/app"),
        ("Acme/App", "lower case only: acme/app"),
        ("https://ghcr.io/acme/app", "Write it without https://"),
    ],
)
def test_says_how_to_mend_what_people_write(text: str, hint: str) -> None:
    with pytest.raises(UserError) as error:
        ImageReference.parse(text)
    assert hint in error.value.hint


def test_a_name_may_have_255_characters() -> None:
    assert ImageReference.parse("ghcr.io/" + "a" * 247).repository == "a" * 247


def test_the_version_of_a_chart_is_a_tag_as_helm_writes_it() -> None:
    chart = ImageReference.parse("oci://ghcr.io/acme/charts/app:1.0.0-rc.1+build.7")
    assert chart.version == "1.0.0-rc.1_build.7"
    with pytest.raises(UserError, match=r"ghcr\.io/acme/app: `1\.0\.0\+build\.7` cannot be a tag"):
        ImageReference.parse("ghcr.io/acme/app:1.0.0+build.7")


@given(registries, st.lists(components, min_size=1, max_size=4), st.none() | tags, st.booleans(), st.booleans())
def test_is_written_as_it_is_read(
    registry: str, path: list[str], tag: str | None, with_digest: bool, chart: bool
) -> None:
    text = "oci://" * chart + f"{registry}/{'/'.join(path)}" + (f":{tag}" if tag else "") + f"@{DIGEST}" * with_digest
    reference = ImageReference.parse(text)
    assert str(reference) == text
    assert ImageReference.parse(str(reference)) == reference


@given(st.text(max_size=60) | st.from_regex(r"[a-zA-Z0-9:/@._\[\]-]{0,60}", fullmatch=True))
def test_any_text_is_a_reference_or_said_to_be_none(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except UserError:
        return
    assert ImageReference.parse(str(reference)) == reference
