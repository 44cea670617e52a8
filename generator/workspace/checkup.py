"""Checks what lies on disk: an organization's repositories, one of them alone, or any folder of manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.checking.checker import check
from generator.checking.findings import Finding, in_order
from generator.checking.model import CheckedRepository, Known
from generator.core.documents import Organization
from generator.core.errors import UserError
from generator.core.layout import ORGANIZATION_FILE, RECORDS
from generator.core.record import recorded_layout
from generator.core.tree import Tree
from generator.gitrepo.folder_tree import FolderTree
from generator.workspace.document_findings import document_findings, orphan_findings
from generator.workspace.drift import drift
from generator.workspace.workspace import find_workspace, organization_in


@dataclass(frozen=True)
class _Subject:
    """What is checked: the repositories, and of the findings those below `prefix` in `only`."""

    repositories: Sequence[CheckedRepository]
    organization: Organization | None = None
    only: str | None = None
    prefix: str = ""


def check_folder(path: Path, on_progress: Callable[[int, int], None] | None = None) -> list[Finding]:
    """Check a folder as it lies on disk, committed or not.

    Args:
        path: A workspace, a repository of one, a folder in a repository, or any folder of manifests.
        on_progress: Is told how many of how many files are done.

    Raises:
        UserError: There is no such folder.
    """
    if path.is_file():
        raise UserError(
            f"{path}: no such folder: it is a file.", hint=f"Check its folder: gitopsmith check {path.parent}"
        )
    if not path.is_dir():
        raise UserError(f"{path}: no such folder.", hint="Name a folder of manifests, or a workspace.")
    subject = _subject(path.resolve())
    known = _known(subject.organization) if subject.organization else None
    found = check(subject.repositories, known, on_progress)
    platform = next((one.tree for one in subject.repositories if one.tree.get(ORGANIZATION_FILE)), None)
    for repository in subject.repositories:
        layout = subject.organization.spec.paths.layout if subject.organization else recorded_layout(repository.tree)
        found += _untold(document_findings(repository.name, repository.tree, layout), found)
        found += orphan_findings(repository.name, repository.tree, layout)
        found += drift(repository.name, repository.tree, platform, layout)
    return [finding for finding in in_order(found) if _is_asked(finding, subject)]


def _untold(findings: Iterable[Finding], told: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those of broken YAML in a file of which that is told already."""
    broken = {(one.repository, one.path) for one in told if one.rule == "yaml-syntax"}
    return [one for one in findings if one.rule != "yaml-syntax" or (one.repository, one.path) not in broken]


def _subject(path: Path) -> _Subject:
    repository = _repository_around(path)
    try:
        workspace = find_workspace(path)
    except UserError:
        return _alone(path, repository) if repository else _scattered(path)
    checked, only, prefix = [], None, ""
    for role in workspace.roles:
        address, folder = workspace.address(role), workspace.repositories[role].path
        url = workspace.organization.url(address)
        checked.append(CheckedRepository(address.slug, FolderTree(folder), url, address.branch))
        if folder == repository:
            only, prefix = address.slug, _prefix(path, folder)
    return _Subject(checked, workspace.organization, only, prefix)


def _scattered(path: Path) -> _Subject:
    """A folder with repositories that make no workspace, because one is broken or missing, or of manifests alone."""
    roots = sorted(records.parent for records in path.glob(f"[!.]*/[!.]*/{RECORDS}"))
    checked = [CheckedRepository(root.relative_to(path).as_posix(), FolderTree(root)) for root in roots]
    return _Subject(checked or [CheckedRepository("", FolderTree(path))])


def _alone(path: Path, root: Path) -> _Subject:
    """A repository whose sibling is not here, as in its CI."""
    tree = FolderTree(root)
    organization = _organization(tree)
    if organization is None:
        return _Subject([CheckedRepository("", tree)], None, None, _prefix(path, root))
    address = organization.spec.repositories.platform
    checked = CheckedRepository(address.slug, tree, organization.url(address), address.branch)
    return _Subject([checked], organization, None, _prefix(path, root))


def _repository_around(path: Path) -> Path | None:
    """Return the repository of ours that `path` is in, if any."""
    return next((folder for folder in (path, *path.parents) if (folder / RECORDS).is_dir()), None)


def _prefix(path: Path, root: Path) -> str:
    return "" if path == root else f"{path.relative_to(root).as_posix()}/"


def _organization(tree: Tree) -> Organization | None:
    try:
        return organization_in(tree)
    except UserError:
        return None  # What is wrong with it is a finding of its own.


def _known(organization: Organization) -> Known:
    spec, management = organization.spec, organization.management_cluster
    return Known(
        clusters=frozenset(cluster.name for cluster in spec.clusters),
        environments=frozenset(environment.name for environment in spec.environments),
        repositories=frozenset(
            organization.url(address) for address in (spec.repositories.platform, spec.repositories.application)
        ),
        management_cluster=management.name if management else None,
        catalog_path=spec.paths.catalog,
        clusters_path=spec.paths.clusters,
        environments_path=spec.paths.environments,
    )


def _is_asked(finding: Finding, subject: _Subject) -> bool:
    return subject.only in (None, finding.repository) and finding.path.startswith(subject.prefix)
