"""`gitopsmith status`: what the workspace holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from generator.cli import options
from generator.cli.listing import table
from generator.cli.output import raw, result, say

if TYPE_CHECKING:
    from collections.abc import Mapping


def status(workspace: options.WorkspaceOption = None, form: options.Json = "table") -> None:
    """Show the organization: repositories, clusters, environments, and each app's version in each of them."""
    from generator.workspace.status import status as read_status  # noqa: PLC0415

    found = read_status(options.open_workspace(workspace))
    if form == "json":
        raw(json.dumps(found, indent=2, ensure_ascii=False))
        return
    say(f"{found['organization']} in {found['workspace']}")
    repositories = tuple(_repository_row(repository) for repository in found["repositories"])
    result(table(("repository", "role", "branch", "commit", "work_tree"), repositories))
    result(table(("name", "type", "cloud", "region", "environments"), tuple(found["clusters"])))
    if found["apps"]:
        result(table(tuple(found["apps"][0]), tuple(found["apps"])))


def _repository_row(repository: Mapping[str, Any]) -> dict[str, Any]:
    changed, shown = repository["uncommitted"], repository["checked_out"]
    state = f"{len(changed)} uncommitted" if changed else "clean"
    if shown != repository["branch"]:
        state += f", shows {shown or 'no branch'}"
    commit = (repository["commit"] or "none")[:7]
    return {**repository, "repository": repository["name"], "commit": commit, "work_tree": state}
