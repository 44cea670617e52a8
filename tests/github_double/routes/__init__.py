"""What the double answers, by operation."""

from tests.github_double.routes import (
    accounts,
    apps,
    commits,
    deployments,
    git_objects,
    hooks,
    merge_queues,
    pulls,
    releases,
    repositories,
)
from tests.github_double.routes.registry import ROUTES

__all__ = [
    "ROUTES",
    "accounts",
    "apps",
    "commits",
    "deployments",
    "git_objects",
    "hooks",
    "merge_queues",
    "pulls",
    "releases",
    "repositories",
]
