"""The names of a preview: its instance, its image's tag, its host.

StreamName, FullName and Name are those of manifoldco/heighliner (`apis/v1alpha1/release.go`, 2019): a stream is the app
at a level of release, its full name adds the version, and the name is the branch of a pull request.
"""

from __future__ import annotations

import re

from generator.core.documents import Level, MicroserviceSpec
from generator.core.errors import UserError
from generator.core.names import LABEL_LIMIT, SUBDOMAIN_LIMIT, cut, is_subdomain, short_hash, slug
from generator.core.pull_requests import PullRequest
from generator.core.versions import check_version

IMAGE_TAG = "{sha}"
CHART_VERSION = "0.0.0-pr.{number}.g{sha7}"
"""A chart's version is semantic: a part of digits alone must not begin with 0, so the commit follows a letter."""

_SLUG_LIMIT = 50
"""The length at which Argo CD's pull request generator cuts a branch's slug."""

_TOKEN = re.compile(r"\{\{\s*\.(FullName|StreamName|Name)\s*\}\}", re.ASCII)
_DOMAIN_LIMIT = 1000


def preview_name(app: str, number: int) -> str:
    """Return the name of a preview's instance: a DNS label that differs for every app and number."""
    return cut(f"{app}-pr-{number}")


def stream_name(app: str, level: Level, name: str = "") -> str:
    """Return the name of what an app runs at a level; for a preview, of the branch called `name`."""
    suffixes = {"release": "", "candidate": "-rc", "preview": f"-pr-{short_hash(name)}"}
    return f"{app}{suffixes[level]}"


def full_name(stream: str, version: str) -> str:
    """Return the name of one version in a stream."""
    return f"{stream}-{short_hash(version)}"


def image_tag(template: str, pull_request: PullRequest) -> str:
    """Return the tag that a pull request's head is built under.

    Args:
        template: A text over `{sha}`, `{sha7}`, `{number}` and `{branch}`.
        pull_request: The pull request.

    Raises:
        UserError: What comes out can be no tag.
    """
    known = {
        "{sha}": pull_request.sha,
        "{sha7}": pull_request.sha7,
        "{number}": str(pull_request.number),
        "{branch}": slug(pull_request.branch, _SLUG_LIMIT),
    }
    return check_version(re.sub(r"\{[a-z0-9]+\}", lambda match: known.get(match[0], match[0]), template))


def preview_tag(service: MicroserviceSpec, pull_request: PullRequest) -> str:
    """Return the tag of an app's image, or the version of its chart, that a pull request's head is built under.

    Raises:
        UserError: What the app declares gives no tag.
    """
    return image_tag(service.preview.tag or (CHART_VERSION if service.chart else IMAGE_TAG), pull_request)


def host(template: str, app: str, branch: str, version: str, where: str) -> str:
    """Return the host of a preview.

    A part of it that is longer than DNS allows is cut with a hash, so that two that differ stay different.

    Args:
        template: The domain of the app's NetworkPolicy: a text over `{{.FullName}}`, `{{.StreamName}}`, `{{.Name}}`.
        app: The app.
        branch: The branch of the pull request.
        version: What is deployed.
        where: The file and key of the template, as the error names them.

    Raises:
        UserError: The template holds anything else of Go's, or what comes out is no DNS name.
    """
    stream = stream_name(app, "preview", branch)
    known = {"StreamName": stream, "FullName": full_name(stream, version), "Name": slug(branch)}
    plain = _TOKEN.sub("", template[: _DOMAIN_LIMIT + 1])
    if "{{" in plain or "}}" in plain or len(template) > _DOMAIN_LIMIT:
        raise UserError(
            f"{where}: `{template[:120]}` is no template of a host.",
            hint="It may hold {{.StreamName}}, {{.FullName}} and {{.Name}}, and nothing else in braces.",
        )
    parts = _TOKEN.sub(lambda match: known[match[1]], template).split(".")
    found = ".".join(cut(part, LABEL_LIMIT) for part in parts)
    if not is_subdomain(found):
        raise UserError(
            f"{where}: `{template[:120]}` gives `{found[:120]}`, which is no DNS name.",
            hint=f"Use a-z, 0-9, hyphens and dots, {SUBDOMAIN_LIMIT} characters at most.",
        )
    return found
