"""Where an image or a chart lies: its reference taken apart, the way Docker and Helm read it. Pure.

The grammar is the one of https://pkg.go.dev/github.com/distribution/reference, with the bounds that the OCI
distribution specification 1.1 sets on names and tags:
https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from generator.core.errors import UserError
from generator.core.visible import visible

DOCKER_HUB = "docker.io"
_DOCKER_HUB_HOST = "registry-1.docker.io"
_CHART = "oci://"
_NAME_LIMIT = 255
"""Characters of a registry and a repository with the slash between them; the specification's advice."""
_LAST_PORT = 65_535

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_REGISTRY = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?P<ipv6>[a-fA-F0-9:]+)\])(?::(?P<port>[0-9]{{1,5}}))?", re.ASCII
)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}", re.ASCII)
_IMAGE_ID = re.compile(r"[a-f0-9]{64}", re.ASCII)
_FORM = "It looks like ghcr.io/acme/shop:1.2.0, or oci://ghcr.io/acme/charts/shop for a chart."


@dataclass(frozen=True)
class ImageReference:
    """An image or an OCI chart in a registry.

    Attributes:
        registry: The registry's name, in lower case, with its port where one is given; `docker.io` where none is named.
        repository: The name within the registry, `library/…` included, at most 255 characters with the registry's.
        tag: The tag, at most 128 characters; None where none is given.
        digest: The digest, `sha256:…`; it wins over the tag.
        chart: Whether it is a chart, which Helm reads a little differently: the registry is always named, nothing lies
            in `library/` by default, and the `+` of a version is a `_` in its tag.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None
    chart: bool = False

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Take a reference apart.

        Args:
            text: As it stands in a manifest, or with `oci://` before it for a chart.

        Raises:
            UserError: It is no reference.
        """
        chart = text.startswith(_CHART)
        rest, at, digest = text.removeprefix(_CHART).partition("@")
        name, tag = _split_tag(rest)
        registry, repository = _split_registry(name, chart=chart)
        if len(f"{registry}/{repository}") > _NAME_LIMIT:
            raise UserError(f"`{_shown(text)}`: its name has more than {_NAME_LIMIT} characters.", hint=_FORM)
        if not is_registry(registry) or not _REPOSITORY.fullmatch(repository) or _IMAGE_ID.fullmatch(name):
            raise UserError(f"`{_shown(text)}` names no image in a registry.", hint=_advice(text, repository))
        if at and not _DIGEST.fullmatch(digest):
            raise UserError(
                f"`{_shown(text)}`: `{_shown(digest)}` is no digest.", hint="It looks like sha256:<64 digits>."
            )
        reference = cls(registry.lower(), repository, None, digest or None, chart)
        return reference if tag is None else replace(reference, tag=reference._legal(tag))

    @property
    def host(self) -> str:
        """The host, with its port, that answers for the registry: Docker Hub's has another name."""
        return _DOCKER_HUB_HOST if self.registry == DOCKER_HUB else self.registry

    @property
    def version(self) -> str:
        """What a registry is asked for: the digest, the tag, or `latest` where neither is given."""
        return self.digest or self.tag or "latest"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{_CHART if self.chart else ''}{self.registry}/{self.repository}{tag}{digest}"

    def _legal(self, tag: str) -> str:
        legal = tag.replace("+", "_") if self.chart else tag
        if not _TAG.fullmatch(legal):
            raise UserError(
                f"{self.registry}/{self.repository}: `{_shown(tag)}` cannot be a tag.",
                hint="A tag has at most 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two.",
            )
        return legal


def is_registry(text: str) -> bool:
    """Return whether a text is a host that may be asked, with a port or without."""
    match = _REGISTRY.fullmatch(text)
    if match is None or not 1 <= int(match["port"] or 1) <= _LAST_PORT:
        return False
    return match["ipv6"] is None or _is_ipv6(match["ipv6"])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _split_tag(text: str) -> tuple[str, str | None]:
    """Return the name and the tag: what is behind the last colon, unless a port stands there."""
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, None)


def _split_registry(name: str, *, chart: bool) -> tuple[str, str]:
    """Return the registry and the repository that a name means, Docker Hub's `library/` included."""
    first, slash, rest = name.partition("/")
    if chart:
        return first, rest
    if not slash or (first != "localhost" and not {".", ":"} & set(first)):
        return DOCKER_HUB, name if slash else f"library/{name}"
    if first in {DOCKER_HUB, f"index.{DOCKER_HUB}"}:
        return DOCKER_HUB, rest if "/" in rest else f"library/{rest}"
    return first, rest


def _advice(text: str, repository: str) -> str:
    if repository != repository.lower() and _REPOSITORY.fullmatch(repository.lower()):
        return f"Registries know lower case only: {repository.lower()}."
    if "://" in text.removeprefix(_CHART):
        return f"Write it without {text.partition('://')[0]}://. {_FORM}"
    return _FORM


def _shown(text: str) -> str:
    return visible(text[:300])
