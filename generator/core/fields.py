"""The values that fields of documents hold: text with a rule, and the words that say which."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from generator.core.names import (
    CLUSTER_LIMIT,
    is_branch,
    is_folder,
    is_label,
    is_owner,
    is_repository,
    is_subdomain,
    is_yaml_keyword,
)

_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?"
# A user is one of ssh: what stands there for https may be a token.
_GIT_SERVER = re.compile(rf"(?:https?://{_HOST}|ssh://(?:[A-Za-z0-9._-]+@)?{_HOST}|file://)(?P<path>/[^\s?#\\]*)?")
_URL_LIMIT = 2048


def _name(text: str) -> str:
    if not is_label(text) or is_yaml_keyword(text):
        raise ValueError("must be a DNS label that YAML reads as text: a-z, 0-9 and hyphens, 63 at most")
    return text


def _owner(text: str) -> str:
    if not is_owner(text):
        raise ValueError("must be a GitHub owner: 1 to 39 letters, digits and single hyphens")
    return text


def _repository(text: str) -> str:
    if not is_repository(text):
        raise ValueError("must be a GitHub repository: 1 to 100 letters, digits, `.`, `_` and `-`")
    return text


def _branch(text: str) -> str:
    # A branch `gitopsmith` would leave no room for one below it.
    if not is_branch(text) or f"{text}/".startswith("gitopsmith/"):
        raise ValueError("must be a branch of letters, digits, `.`, `_`, `-` and `/` that is not gitopsmith's own")
    return text


def _folder(text: str) -> str:
    if not is_folder(text):
        raise ValueError("must be a folder of the repository such as `registry/clusters`, with no dot first in a name")
    return text


def _domain(text: str) -> str:
    if not is_subdomain(text):
        raise ValueError("must be a DNS domain in lower case")
    return text


def _git_server(text: str) -> str:
    # What is wrong may be a password in it, so the rule does not repeat it.
    found = _GIT_SERVER.fullmatch(text) if text.isprintable() and len(text) <= _URL_LIMIT else None
    if not found or (text.startswith("file:") and not found["path"]):
        raise ValueError(
            "must be an address such as https://github.com: https, http, ssh or file, and no user but one of ssh"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
ClusterName = Annotated[str, AfterValidator(_name), Field(max_length=CLUSTER_LIMIT)]
Owner = Annotated[str, AfterValidator(_owner)]
RepositoryName = Annotated[str, AfterValidator(_repository)]
Branch = Annotated[str, AfterValidator(_branch)]
Folder = Annotated[str, AfterValidator(_folder)]
Domain = Annotated[str, AfterValidator(_domain)]
GitServer = Annotated[str, AfterValidator(_git_server)]
