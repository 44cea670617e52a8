"""Whether a request waits for the newest base, or for something else."""

from __future__ import annotations

import pytest

from generator.core.promotion_request import PromotionRequest
from generator.hub.connection import Connection
from generator.hub.mergeability import is_behind
from generator.hub.requests import Requests
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble

NAME = "acme-apps/acme-gitops"


@pytest.mark.parametrize("strict", [True, False])
def test_only_a_rule_that_wants_the_newest_base_makes_a_branch_too_old(
    github: GitHubDouble, connection: Connection, strict: bool
) -> None:
    repository = github.repository(NAME, git=True)
    assert repository.path
    git_store.run(repository.path, "branch", "ours", "main")
    head = git_store.commit(repository.path, "ours", {"a": "a"}, "Ours")
    request = Requests(connection).ensure(NAME, PromotionRequest("ours", "main", "Ours", ""), head)
    repository.protections["main"] = {"required_status_checks": {"strict": strict, "contexts": ["ci"]}}
    assert not is_behind(connection, NAME, request.number)
    git_store.commit(repository.path, "main", {"b": "b"}, "Theirs")
    assert is_behind(connection, NAME, request.number) is strict
