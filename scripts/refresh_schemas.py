"""Refresh the schemas that `gitopsmith check` validates with: `.venv/bin/python scripts/refresh_schemas.py`.

Needs `npm` and `node` 20 or newer. The packages hold compiled validators and no schemas, so `probe_validators.mjs`
recovers the schemas by asking the validators. The same versions give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent
TARGET = SCRIPTS.parent / "generator" / "checking" / "schemas"
KUBERNETES = ("kubernetes-models", "5.1.0")
MACHINERY = ("@kubernetes-models/apimachinery", "3.0.2")
ARGO_CD = ("@kubernetes-models/argo-cd", "4.0.0")
TYPESCRIPT = ("typescript", "5.9.3")
"""Reads the type declarations; none of it is kept."""
KUBERNETES_VERSION = "1.36"
"""Told by the package's newest fields; the package itself names no version."""
ARGO_CD_VERSION = "3.5"
"""The package has the fields of 3.4 exactly, and itself says only v3; the rest is in `ADDED`."""
ADDED: dict[str, dict[str, Any]] = {
    "AppProjectSpec": {"sourceIntegrity": {}},
    "ApplicationSource": {"tagPrefix": {"type": ["string"]}},
    "SCMProviderGeneratorGitea": {"excludeArchivedRepos": {"type": ["boolean"]}},
    "SCMProviderGeneratorGithub": {"excludeArchivedRepos": {"type": ["boolean"]}},
    "SCMProviderGeneratorGitlab": {"includeArchivedRepos": {"type": ["boolean"]}},
    "SyncSource": {"repoURL": {"type": ["string"]}},
    "SyncWindow": {"syncOverrun": {"type": ["boolean"]}},
}
"""Fields of Argo CD 3.5 that the package does not know yet, by definition."""
ARGO_CD_KINDS = ("AppProject", "Application", "ApplicationSet")

QUANTITY = r"^[+-]?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
_PRERELEASE = re.compile(r"v[0-9]+(alpha|beta)[0-9]+$")

Schema = dict[str, Any]


def main() -> None:
    """Download the packages, convert them and write the data files and their README."""
    with tempfile.TemporaryDirectory() as folder:
        typescript = download(TYPESCRIPT, Path(folder))
        packages = {
            package: recovered(download(package, Path(folder)), typescript)
            for package in (KUBERNETES, MACHINERY, ARGO_CD)
        }
        known = {name: schema for package in packages.values() for name, schema in package["definitions"].items()}
    kubernetes = kinds_of(packages[KUBERNETES]["definitions"])
    served, removed = split_served(kubernetes)
    argo_cd = {
        key: name
        for key, name in kinds_of(packages[ARGO_CD]["definitions"]).items()
        if split_key(key)[1] in ARGO_CD_KINDS
    }
    origin = [described(KUBERNETES, packages), described(MACHINERY, packages)]
    meta = {"metadata": "IoK8sApimachineryPkgApisMetaV1ObjectMeta"}
    write("kubernetes", {"packages": origin, "kubernetes": KUBERNETES_VERSION}, {**served, **meta}, removed, known)
    write(
        "argo-cd",
        {"packages": [described(ARGO_CD, packages), *origin], "argo-cd": ARGO_CD_VERSION},
        argo_cd,
        {},
        known,
    )
    (TARGET / "LICENSE").write_text(packages[KUBERNETES]["license_text"], encoding="utf-8")
    (TARGET / "README.md").write_text(readme(packages), encoding="utf-8")


def download(package: tuple[str, str], folder: Path) -> Path:
    """Return the folder that a package was unpacked to, its archive beside it."""
    name, version = package
    place = folder / name.replace("/", "-")
    place.mkdir()
    subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=place, check=True, stdout=subprocess.DEVNULL)
    (archive,) = place.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")
    return place / "package"


def recovered(package: Path, typescript: Path) -> dict[str, Any]:
    """Return the licence, the checksum and the recovered definitions of one package."""
    (archive,) = package.parent.glob("*.tgz")
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    probe = ["node", "--no-warnings", "--experimental-vm-modules", str(SCRIPTS / "probe_validators.mjs")]
    output = subprocess.run([*probe, str(package), str(typescript)], check=True, capture_output=True, text=True).stdout
    return {
        "license": about["license"],
        "license_text": (package / "LICENSE").read_text(encoding="utf-8"),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "definitions": json.loads(output),
    }


def described(package: tuple[str, str], packages: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, str]:
    """Return the record of where schemas come from."""
    found = packages[package]
    return {"name": package[0], "version": package[1], "license": found["license"], "sha256": found["sha256"]}


def kinds_of(definitions: Mapping[str, Schema]) -> dict[str, str]:
    """Return the definition of each `apiVersion/kind`; lists are unpacked by the check and have none."""
    kinds = {}
    for name, schema in definitions.items():
        properties = schema.get("properties", {})
        if all("enum" in properties.get(key, {}) for key in ("apiVersion", "kind")) and "items" not in properties:
            kinds[f"{properties['apiVersion']['enum'][0]}/{properties['kind']['enum'][0]}"] = name
    return kinds


def split_served(kinds: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the kinds that are served, and for those that no longer are the apiVersion that replaces them.

    The package keeps the prereleases that Kubernetes once served. One whose kind has become stable is gone, and with
    it the whole apiVersion; where a kind never became stable the replacement is empty.
    """
    stable: dict[str, list[str]] = {}
    for key in kinds:
        version, kind = split_key(key)
        if not _PRERELEASE.search(version):
            stable.setdefault(kind, []).append(version)
    gone = {version for version, kind in map(split_key, kinds) if _PRERELEASE.search(version) and kind in stable}
    served, removed = {}, {}
    for key, name in kinds.items():
        version, kind = split_key(key)
        if version not in gone:
            served[key] = name
            continue
        group = version.rpartition("/")[0]
        replacements = sorted(stable.get(kind, [""]), key=lambda v: (v.rpartition("/")[0] == group, v))
        removed[key] = replacements[-1]
    return served, removed


def split_key(key: str) -> tuple[str, str]:
    """Return the apiVersion and the kind of an `apiVersion/kind`."""
    version, _, kind = key.rpartition("/")
    return version, kind


def convert(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Return a probed schema as JSON schema (draft 2020-12).

    Null is left out everywhere, because Kubernetes reads it as absence and the check removes it before it validates.
    Objects with listed keys are closed, as the API server's strict field validation treats them.
    """
    if "ref" in schema:
        return {"$ref": f"#/$defs/{short(schema['ref'])}"}
    result: Schema = {}
    types = [name for name in schema.get("type", []) if name != "null"]
    if "number" in types and "integer" in types:
        types.remove("integer")
    if types:
        result["type"] = types[0] if len(types) == 1 else sorted(types)
    for key in ("enum", "pattern", "minLength", "required"):
        if key in schema:
            result[key] = schema[key]
    result |= formatted(schema.get("format", []))
    if "items" in schema:
        result["items"] = convert(schema["items"], known)
    properties = embedded(schema, known)
    if properties:
        result["properties"] = {key: convert(value, known) for key, value in sorted(properties.items())}
    if "additional" in schema:
        result["additionalProperties"] = convert(schema["additional"], known)
    elif properties:
        result["additionalProperties"] = False
    return result


def embedded(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Return the properties of a schema together with those of the types that it embeds."""
    properties = dict(schema.get("properties", {}))
    for name in schema.get("embeds", []):
        properties |= embedded(known[name], known)
    return properties


def formatted(formats: list[str]) -> Schema:
    """Return what a format says in JSON schema's own words; a date and base64 are left to the API server."""
    if "int32" in formats:
        return {"minimum": -(2**31), "maximum": 2**31 - 1}
    return {"pattern": QUANTITY} if "quantity" in formats else {}


def short(name: str) -> str:
    """Return the name of a definition without what all of them begin with."""
    return re.sub(r"^(IoK8sApimachineryPkg|IoK8sApi|ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1)", "", name)


def write(
    name: str, about: Schema, kinds: Mapping[str, str], removed: Mapping[str, str], known: Mapping[str, Schema]
) -> None:
    """Write one data file with the kinds and every definition that they reach."""
    definitions: dict[str, Schema] = {}
    waiting = sorted(set(kinds.values()))
    while waiting:
        definition = waiting.pop()
        if short(definition) in definitions:
            continue
        probed = known[definition]
        if definition in kinds.values():
            # The API server owns the status and forgives what a manifest says of it.
            probed = {**probed, "properties": {k: {} if k == "status" else v for k, v in probed["properties"].items()}}
        if short(definition) in ADDED:
            probed = {**probed, "properties": {**ADDED[short(definition)], **probed["properties"]}}
        definitions[short(definition)] = convert(probed, known)
        waiting.extend(sorted(references(probed, known)))
    data = {
        **about,
        "kinds": {key: short(value) for key, value in kinds.items()},
        "removed": dict(removed),
        "definitions": definitions,
    }
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (TARGET / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def references(schema: Any, known: Mapping[str, Schema]) -> set[str]:
    """Return the names of the definitions that a probed schema refers to."""
    if isinstance(schema, list):
        return {name for item in schema for name in references(item, known)}
    if not isinstance(schema, dict):
        return set()
    found = {schema["ref"]} if isinstance(schema.get("ref"), str) else set()
    for name in schema.get("embeds", []) if isinstance(schema.get("embeds"), list) else []:
        found |= references(known[name], known)
    return found | {name for item in schema.values() for name in references(item, known)}


def readme(packages: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """Return the text that says where the data comes from."""
    rows = "".join(
        f"| `{name}` | {version} | {found['license']} | `{found['sha256']}` |\n"
        for (name, version), found in packages.items()
    )
    return (
        "# Schemas\n\n"
        f"`kubernetes.json`: the built-in kinds of Kubernetes {KUBERNETES_VERSION}, and the apiVersions that are no "
        "longer served.\n"
        f"`argo-cd.json`: Application, AppProject and ApplicationSet of Argo CD {ARGO_CD_VERSION}.\n\n"
        "Made by `scripts/refresh_schemas.py` from npm packages; do not edit. To take newer schemas, raise the "
        "versions at the top\nof the script and run it. Names, types and numbers are kept, descriptions are not. "
        "Objects with listed keys are closed,\nas strict field validation of the API server treats them; "
        "`status` is open.\n\n"
        "| package | version | license | sha256 of the archive |\n|---|---|---|---|\n"
        f"{rows}\n"
        "The packages' license stands in `LICENSE`. They are generated from the types of Kubernetes and Argo CD, "
        "Apache-2.0.\n"
    )


if __name__ == "__main__":
    main()
