"""The values that fields of documents hold: text with a rule, and the words that say which."""

from __future__ import annotations

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


Name = Annotated[str, AfterValidator(_name)]
ClusterName = Annotated[str, AfterValidator(_name), Field(max_length=CLUSTER_LIMIT)]
Owner = Annotated[str, AfterValidator(_owner)]
RepositoryName = Annotated[str, AfterValidator(_repository)]
Branch = Annotated[str, AfterValidator(_branch)]
Folder = Annotated[str, AfterValidator(_folder)]
Domain = Annotated[str, AfterValidator(_domain)]
