"""Published packages in GitHub's payloads: whether one is an image or a chart, and the name that it is pulled by. Pure.

`registry_package` and `package` say the same of the same thing. GitHub's container registry gives the whole reference
(`ghcr.io/acme/podinfo:1.0.0`; with nothing after the colon where only a digest was pushed); its first form and the
Docker registry before it give the parts of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.core.api_objects import Action, Listed, Part, Repository
from generator.core.errors import UserError
from generator.core.pull_requests import TEXT_LIMIT, clean
from generator.core.versions import check_version
from generator.sync.news.events import Event, IgnoredEvent, PackageEvent
from generator.sync.news.payload import MalformedPayloadError, check

_PUBLISHING = frozenset({"published", "updated", "create", "created"})
_NAME = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9_][a-z0-9._-]*)+", re.ASCII)


class _Tag(Part):
    name: str | None = None


class _Container(Part):
    tag: _Tag | None = None


class _Docker(Part):
    tags: Listed[str] = ()


class _Version(Part):
    version: str | None = None
    package_url: str | None = None
    container_metadata: _Container | None = None
    docker_metadata: Listed[_Docker] = ()


class _Registry(Part):
    type: str | None = None
    url: str | None = None


class _Package(Part):
    name: str
    namespace: str | None = None
    package_type: str | None = None
    package_version: _Version | None = None
    registry: _Registry | None = None

    @property
    def version(self) -> _Version:
        return self.package_version or _Version()

    @property
    def kinds(self) -> set[str]:
        """What it says that it is; the two places contradict each other at times."""
        return {(self.package_type or "").lower(), ((self.registry and self.registry.type) or "").lower()}

    @property
    def is_pulled(self) -> bool:
        """Whether it is an image or a chart: charts are in the container registry like images."""
        return bool(self.kinds & {"container", "docker"}) or self.version.container_metadata is not None


class _RegistryPackagePayload(Part):
    action: Action
    registry_package: _Package
    repository: Repository | None = None


class _PackagePayload(Part):
    action: Action
    package: _Package
    repository: Repository | None = None


def parse_package(payload: Mapping[str, Any]) -> Event:
    """Return what a `package` payload tells.

    Raises:
        MalformedPayloadError: It is not right.
    """
    checked = check(_PackagePayload, "package", payload)
    return _event(checked.action, checked.package, checked.repository)


def parse_registry_package(payload: Mapping[str, Any]) -> Event:
    """Return what a `registry_package` payload tells.

    Raises:
        MalformedPayloadError: It is not right.
    """
    checked = check(_RegistryPackagePayload, "registry_package", payload)
    return _event(checked.action, checked.registry_package, checked.repository)


def _event(action: str, package: _Package, repository: Repository | None) -> Event:
    if action not in _PUBLISHING:
        return IgnoredEvent(f"`{action}` of a package is not followed")
    if not package.is_pulled:
        return IgnoredEvent(f"`{clean(package.name)}` is a package, but no image and no chart")
    name, tag = _split(_reference(package))
    # Registries know names in lower case only; GitHub puts the owner's own spelling before them.
    name = name.lower()
    if len(name) > TEXT_LIMIT or ".." in name or not _NAME.fullmatch(name):
        raise MalformedPayloadError(f"`{clean(name)}` is no name of an image or a chart.")
    tags = dict.fromkeys(_checked(found) for found in (tag, *_tags(package)) if found)
    return PackageEvent(repository.full_name if repository else "", name, tuple(tags))


def _reference(package: _Package) -> str:
    """Return what is pulled, with its tag where GitHub says it in one text."""
    if package.version.package_url:
        return package.version.package_url
    if "docker" in package.kinds and package.registry and package.registry.url:
        return f"{package.registry.url.removeprefix('https://').rstrip('/')}/{package.name}"
    return f"ghcr.io/{package.namespace or ''}/{package.name}"


def _split(reference: str) -> tuple[str, str]:
    """Return the name and the tag of a reference; a host may have a port, so only the last part is looked at."""
    folder, slash, last = reference.partition("@")[0].rpartition("/")
    last, _, tag = last.partition(":")
    return folder + slash + last, tag


def _tags(package: _Package) -> Iterator[str]:
    version = package.version
    if version.container_metadata and version.container_metadata.tag:
        yield version.container_metadata.tag.name or ""
    for metadata in version.docker_metadata:
        yield from metadata.tags
    if "docker" in package.kinds and version.version and not version.version.startswith("sha256:"):
        yield version.version


def _checked(tag: str) -> str:
    try:
        return check_version(tag)
    except UserError as error:
        raise MalformedPayloadError(f"`{clean(tag)}` is no tag of an image or a chart.") from error
