"""Refresh what tests know of GitHub's API: `.venv/bin/python scripts/refresh_github_api.py [FOLDER]`.

Needs `npm`. GitHub's description is 13 MB; kept are the operations and webhooks listed here and the schemas that they
reach, without prose and as JSON schema (draft 2020-12). The same version gives the same bytes.

FOLDER holds the package where it was unpacked before; without it the package is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "tests" / "github_double" / "openapi"
PACKAGE = ("@octokit/openapi", "23.0.2")
DESCRIPTION = "api.github.com.json"
JSON = "application/json"

REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = (
    "GET /app",
    "GET /app/hook/config",
    "PATCH /app/hook/config",
    "GET /app/hook/deliveries",
    "GET /app/hook/deliveries/{delivery_id}",
    "POST /app/hook/deliveries/{delivery_id}/attempts",
    "GET /app/installations",
    "GET /app/installations/{installation_id}",
    "POST /app/installations/{installation_id}/access_tokens",
    "POST /app-manifests/{code}/conversions",
    "GET /installation/repositories",
    "GET /orgs/{org}",
    "GET /orgs/{org}/installation",
    "POST /orgs/{org}/repos",
    "GET /rate_limit",
    "GET /user",
    "POST /user/repos",
    "GET /users/{username}",
    "GET /users/{username}/installation",
    f"GET {REPOSITORY}",
    f"PATCH {REPOSITORY}",
    f"DELETE {REPOSITORY}",
    f"GET {REPOSITORY}/branches",
    f"GET {REPOSITORY}/branches/{{branch}}",
    f"GET {REPOSITORY}/branches/{{branch}}/protection",
    f"PUT {REPOSITORY}/branches/{{branch}}/protection",
    f"DELETE {REPOSITORY}/branches/{{branch}}/protection",
    f"GET {REPOSITORY}/commits/{{ref}}/status",
    f"GET {REPOSITORY}/commits/{{ref}}/statuses",
    f"POST {REPOSITORY}/statuses/{{sha}}",
    f"GET {REPOSITORY}/deployments",
    f"POST {REPOSITORY}/deployments",
    f"GET {REPOSITORY}/deployments/{{deployment_id}}",
    f"DELETE {REPOSITORY}/deployments/{{deployment_id}}",
    f"GET {REPOSITORY}/deployments/{{deployment_id}}/statuses",
    f"POST {REPOSITORY}/deployments/{{deployment_id}}/statuses",
    f"POST {REPOSITORY}/git/blobs",
    f"POST {REPOSITORY}/git/commits",
    f"GET {REPOSITORY}/git/commits/{{commit_sha}}",
    f"POST {REPOSITORY}/git/refs",
    f"PATCH {REPOSITORY}/git/refs/{{ref}}",
    f"DELETE {REPOSITORY}/git/refs/{{ref}}",
    f"POST {REPOSITORY}/git/trees",
    f"GET {REPOSITORY}/hooks",
    f"POST {REPOSITORY}/hooks",
    f"GET {REPOSITORY}/hooks/{{hook_id}}",
    f"PATCH {REPOSITORY}/hooks/{{hook_id}}",
    f"DELETE {REPOSITORY}/hooks/{{hook_id}}",
    f"POST {REPOSITORY}/hooks/{{hook_id}}/pings",
    f"GET {REPOSITORY}/hooks/{{hook_id}}/deliveries",
    f"GET {REPOSITORY}/hooks/{{hook_id}}/deliveries/{{delivery_id}}",
    f"POST {REPOSITORY}/hooks/{{hook_id}}/deliveries/{{delivery_id}}/attempts",
    f"GET {REPOSITORY}/installation",
    f"GET {REPOSITORY}/issues/comments/{{comment_id}}",
    f"PATCH {REPOSITORY}/issues/comments/{{comment_id}}",
    f"DELETE {REPOSITORY}/issues/comments/{{comment_id}}",
    f"GET {REPOSITORY}/issues/{{issue_number}}/comments",
    f"POST {REPOSITORY}/issues/{{issue_number}}/comments",
    f"GET {REPOSITORY}/pulls",
    f"POST {REPOSITORY}/pulls",
    f"GET {REPOSITORY}/pulls/{{pull_number}}",
    f"PATCH {REPOSITORY}/pulls/{{pull_number}}",
    f"GET {REPOSITORY}/pulls/{{pull_number}}/merge",
    f"PUT {REPOSITORY}/pulls/{{pull_number}}/merge",
    f"GET {REPOSITORY}/releases",
    f"POST {REPOSITORY}/releases",
    f"GET {REPOSITORY}/releases/latest",
    f"GET {REPOSITORY}/releases/tags/{{tag}}",
    f"GET {REPOSITORY}/releases/{{release_id}}",
    f"PATCH {REPOSITORY}/releases/{{release_id}}",
    f"DELETE {REPOSITORY}/releases/{{release_id}}",
    f"GET {REPOSITORY}/rules/branches/{{branch}}",
    f"GET {REPOSITORY}/topics",
    f"PUT {REPOSITORY}/topics",
)
"""What `generator/hub` asks of GitHub, and what a person does there whom a test plays."""

WEBHOOKS = (
    "installation-created",
    "installation-deleted",
    "installation-suspend",
    "installation-unsuspend",
    "installation-repositories-added",
    "installation-repositories-removed",
    "package-published",
    "ping",
    "pull-request-closed",
    "pull-request-converted-to-draft",
    "pull-request-edited",
    "pull-request-labeled",
    "pull-request-opened",
    "pull-request-ready-for-review",
    "pull-request-reopened",
    "pull-request-synchronize",
    "pull-request-unlabeled",
    "push",
    "registry-package-published",
    "release-created",
    "release-deleted",
    "release-edited",
    "release-prereleased",
    "release-published",
    "release-released",
    "release-unpublished",
)
"""What the sync takes from GitHub."""

GONE = ("properties", "head", "properties", "repo")
UNTOLD = (
    ("pull-request", *GONE),
    ("pull-request-simple", *GONE),
    ("webhook-pull-request-labeled", "properties", "pull_request", *GONE),
    ("webhook-pull-request-synchronize", "properties", "pull_request", *GONE),
    ("webhook-pull-request-unlabeled", "properties", "pull_request", *GONE),
)
"""Where GitHub sends null though its description does not say so: the head of a pull request from a deleted fork."""

PROSE = frozenset(
    ("deprecated", "description", "discriminator", "example", "examples", "externalDocs", "summary", "title")
)
"""Keywords that say nothing about what is legal."""

Schema = dict[str, Any]


def main() -> None:
    """Read the package and write the data files, their licence and their README."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(sys.argv[1]) if sys.argv[1:] else download(Path(folder))
        description = json.loads((package / "generated" / DESCRIPTION).read_text(encoding="utf-8"))
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
        licence = (package / "LICENSE").read_text(encoding="utf-8")
    if (about["name"], about["version"]) != PACKAGE:
        sys.exit(f"{package}: this is {about['name']} {about['version']}, not {' '.join(PACKAGE)}.")
    operations = {name: operation(description, name) for name in sorted(OPERATIONS)}
    webhooks = {webhook_name(description, name): webhook(description, name) for name in sorted(WEBHOOKS)}
    schemas = reached(description, [*operations.values(), *webhooks.values()])
    for place in UNTOLD:
        let_be_null(schemas, place)
    text = written({"operations": operations, "webhooks": webhooks, "schemas": schemas})
    (TARGET / "api.json").write_text(text, encoding="utf-8")
    (TARGET / "LICENSE").write_text(licence, encoding="utf-8")
    (TARGET / "README.md").write_text(readme(about, text), encoding="utf-8")


def download(folder: Path) -> Path:
    """Return the folder that the package was unpacked to."""
    subprocess.run(["npm", "pack", "--silent", "@".join(PACKAGE)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def operation(description: Schema, name: str) -> Schema:
    """Return what an operation takes and answers: parameters, body, and the schema of each status."""
    verb, path = name.split()
    shared = description["paths"][path]
    found = shared[verb.lower()]
    parameters = [resolved(description, item) for item in (*shared.get("parameters", ()), *found.get("parameters", ()))]
    body = resolved(description, found.get("requestBody", {}))
    kept: Schema = {
        "parameters": [
            {
                "name": item["name"],
                "in": item["in"],
                "required": item.get("required", False),
                "slashes": item.get("x-multi-segment", False),
                "schema": converted(item["schema"]),
            }
            for item in parameters
        ],
        "responses": {
            status: content_schema(resolved(description, item)) for status, item in sorted(found["responses"].items())
        },
    }
    if "content" in body:
        kept["body"] = {"required": body.get("required", False), "schema": content_schema(body)}
    return kept


def webhook(description: Schema, name: str) -> Schema:
    """Return the schema of a webhook's payload."""
    schema = content_schema(description["x-webhooks"][name]["post"]["requestBody"])
    if schema is None:
        sys.exit(f"{name}: this webhook has no payload.")
    return schema


def webhook_name(description: Schema, name: str) -> str:
    """Return `event.action` of a webhook, or `event` where it has no action."""
    found: str = description["x-webhooks"][name]["post"]["operationId"]
    return found.replace("/", ".").replace("-", "_")


def content_schema(item: Schema) -> Schema | None:
    """Return the schema of a body; None where there is none."""
    content = item.get("content", {})
    return converted(content[JSON]["schema"]) if JSON in content else None


def resolved(description: Schema, item: Schema) -> Schema:
    """Return a parameter, body or response itself where it is a reference."""
    if "$ref" not in item:
        return item
    _, *steps = item["$ref"].split("/")
    found: Any = description
    for step in steps:
        found = found[step]
    return resolved(description, found)


def reached(description: Schema, roots: Iterable[Schema]) -> dict[str, Schema]:
    """Return every schema that the roots refer to, by its name."""
    found: dict[str, Schema] = {}
    waiting = [name for root in roots for name in references(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = converted(description["components"]["schemas"][name])
            waiting.extend(references(found[name]))
    return dict(sorted(found.items()))


def let_be_null(schemas: dict[str, Schema], place: tuple[str, ...]) -> None:
    """Let the schema at a place take null as well."""
    found: Any = schemas
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = {"anyOf": [found[place[-1]], {"type": "null"}]}


def references(schema: Any) -> Iterator[str]:
    """Yield the names of the schemas that a converted schema refers to."""
    if isinstance(schema, list):
        for item in schema:
            yield from references(item)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for value in schema.values():
            yield from references(value)


def converted(schema: Schema) -> Schema:
    """Return an OpenAPI 3.0 schema as JSON schema, without prose.

    OpenAPI says `nullable` beside a type or a choice; JSON schema has a type for null. An address that is empty by
    default is no address.
    """
    result = {key: inner(key, value) for key, value in schema.items() if key not in PROSE and not key.startswith("x-")}
    if "$ref" in result:
        return {"$ref": result["$ref"].replace("#/components/schemas/", "#/$defs/")}
    if result.get("default") == "":
        result.pop("format", None)
    if not result.pop("nullable", False):
        return result
    if "type" in result and not {"allOf", "anyOf", "oneOf"} & set(result):
        result["type"] = [result["type"], "null"]
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
        return result
    return {"anyOf": [result, {"type": "null"}]}


def inner(key: str, value: Any) -> Any:
    """Return the value of a keyword, converted where it holds schemas."""
    if key == "properties":
        return {name: converted(schema) for name, schema in value.items()}
    if key in {"allOf", "anyOf", "oneOf"}:
        return [converted(schema) for schema in value]
    if key in {"items", "additionalProperties", "not"} and isinstance(value, dict):
        return converted(value)
    return value


def written(data: Mapping[str, Mapping[str, Schema]]) -> str:
    """Return the data with one operation, webhook or schema a line, so that a newer version can be read as a diff."""

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    parts = [
        f"{line(part)}:{{\n" + ",\n".join(f"{line(key)}:{line(value)}" for key, value in items.items()) + "\n}"
        for part, items in data.items()
    ]
    return "{\n" + ",\n".join([f'"version":{line(PACKAGE[1])}', *parts]) + "\n}\n"


def readme(about: Schema, text: str) -> str:
    """Return the text that says where the data comes from."""
    return (
        "# A part of GitHub's own description of its API\n\n"
        f"`api.json`: from `generated/{DESCRIPTION}` of the npm package `{about['name']}` {about['version']} "
        f"({about['license']}, see `LICENSE`),\nwhich is GitHub's OpenAPI description. "
        "Requests and answers of the double are validated against it.\n\n"
        "Made by `scripts/refresh_github_api.py`; do not edit. To take a newer version, or to let the double serve "
        "more, change the\nlists at the top of the script and run it. Names, types and limits are kept, descriptions "
        "are not; `nullable` is written as\nJSON schema writes it.\n\n"
        f"sha256 of `api.json`: `{hashlib.sha256(text.encode()).hexdigest()}`\n"
    )


if __name__ == "__main__":
    main()
