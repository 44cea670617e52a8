"""The state of a workspace: its repositories, and whether anything in them is uncommitted."""

from __future__ import annotations

from typing import Any

from generator.workspace.overview import apps, clusters, environments
from generator.workspace.workspace import Role, Workspace


def status(workspace: Workspace) -> dict[str, Any]:
    """Return the organization, its repositories and all of its listings, as plain values."""
    spec = workspace.organization.spec
    return {
        "organization": spec.owner,
        "workspace": str(workspace.folder),
        "repositories": [_repository(workspace, role) for role in workspace.roles],
        "environments": list(environments(workspace).rows),
        "clusters": list(clusters(workspace).rows),
        "apps": list(apps(workspace).rows),
    }


def _repository(workspace: Workspace, role: Role) -> dict[str, Any]:
    repository, address = workspace.repositories[role], workspace.address(role)
    return {
        "name": address.slug,
        "role": "single" if workspace.organization.single else role,
        "branch": address.branch,
        "commit": repository.head(address.branch),
        "checked_out": repository.checked_out(),
        "uncommitted": list(repository.uncommitted()),
    }
