"""The values of fields: what each refuses, it refuses with its rule."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from generator.core.fields import Branch, ClusterName, Domain, Folder, GitServer, Name, Owner, RepositoryName

GOOD: list[tuple[Any, str]] = [
    (Name, "a" * 63),
    (ClusterName, "a" * 40),
    (Owner, "Acme-Corp"),
    (RepositoryName, ".github"),
    (Branch, "release/1.10"),
    (Folder, "registry/clusters"),
    (Domain, "prod-eu.acme.example.com"),
    (GitServer, "https://github.com"),
    (GitServer, "https://git.acme.example.com:8443/"),
    (GitServer, "http://127.0.0.1:40001"),
    (GitServer, "http://[::1]:3000/git"),
    (GitServer, "ssh://git@git.acme.example.com:22/srv"),
    (GitServer, "file:///srv/remotes"),
]
BAD: list[tuple[Any, str, str]] = [
    (Name, "Prod", "DNS label"),
    (Name, "null", "reads as text"),
    (ClusterName, "a" * 41, "at most 40"),
    (Owner, "a--b", "GitHub owner"),
    (RepositoryName, "a.git", "GitHub repository"),
    (Branch, "main\nupdate refs/heads/x", "must be a branch"),
    (Branch, "gitopsmith", "not gitopsmith's own"),
    (Branch, "gitopsmith/pristine", "not gitopsmith's own"),
    (Folder, "../outside", "folder of the repository"),
    (Folder, "/etc", "folder of the repository"),
    (Folder, ".gitopsmith/x", "no dot first"),
    (Folder, ".git", "no dot first"),
    (Domain, "Acme.example", "DNS domain"),
    (GitServer, "", "an address such as https://github.com"),
    (GitServer, "github.com", "an address such as https://github.com"),
    (GitServer, "https://", "an address such as https://github.com"),
    (GitServer, "https:///acme", "an address such as https://github.com"),
    (GitServer, "https://ghp_secret@github.com", "an address such as https://github.com"),
    (GitServer, "https://me:secret@github.com", "an address such as https://github.com"),
    (GitServer, "ssh://git:secret@github.com", "an address such as https://github.com"),
    (GitServer, "https://github.com\\@evil.example", "an address such as https://github.com"),
    (GitServer, "https://github.com?x=", "an address such as https://github.com"),
    (GitServer, "https://github.com#", "an address such as https://github.com"),
    (GitServer, "https://github.com/a b", "an address such as https://github.com"),
    (GitServer, "https://github.com\n", "an address such as https://github.com"),
    (GitServer, "https://github.com/\x1b[2J", "an address such as https://github.com"),
    (GitServer, "ext::sh -c touch", "an address such as https://github.com"),
    (GitServer, "ftp://github.com", "an address such as https://github.com"),
    (GitServer, "--upload-pack=touch", "an address such as https://github.com"),
    (GitServer, "file://relative", "an address such as https://github.com"),
    (GitServer, "https://github.com/" + "a" * 2048, "an address such as https://github.com"),
]


@pytest.mark.parametrize(("field", "text"), GOOD)
def test_accepted(field: Any, text: str) -> None:
    assert TypeAdapter(field).validate_python(text) == text


@pytest.mark.parametrize(("field", "text", "rule"), BAD)
def test_refused(field: Any, text: str, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        TypeAdapter(field).validate_python(text)


@pytest.mark.parametrize("value", [1, True, None, 1.5])
def test_only_text_is_text(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(value)
