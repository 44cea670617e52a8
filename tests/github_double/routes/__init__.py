"""What the double answers, by operation."""

from tests.github_double.routes import (
    accounts,
    apps,
    commits,
    deployments,
    hooks,
    pulls,
    releases,
    repositories,
)
from tests.github_double.routes.registry import ROUTES

__all__ = ["ROUTES", "accounts", "apps", "commits", "deployments", "hooks", "pulls", "releases", "repositories"]
