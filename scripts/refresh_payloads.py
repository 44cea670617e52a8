"""Refresh the payloads that the parser is tested with: `.venv/bin/python scripts/refresh_payloads.py`.

Needs `npm`. To take newer payloads, raise the version below. Names, types, numbers and the addresses of pages are kept;
prose, mail addresses and the links that only a client of the API follows are not: nobody reads them here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "tests" / "sync" / "news" / "payloads"
PACKAGE = ("@octokit/webhooks-examples", "7.6.1")
KEPT_LINKS = ("html_url", "package_url")
PROSE = frozenset({"body", "body_html", "description", "manifest", "message", "patch", "summary", "zen"})
LONGEST = 200
"""Characters of a text that is kept whole; what is longer is prose too, whatever its key."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def main() -> None:
    """Download the package, strip its payloads and write them and their README."""
    with tempfile.TemporaryDirectory() as folder:
        package = download(Path(folder))
        about = described(package)
        lines = list(dict.fromkeys(stripped_lines(package)))
    TARGET.mkdir(exist_ok=True)
    data = "".join(f"{line}\n" for line in lines).encode()
    (TARGET / "examples.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
    (TARGET / "README.md").write_text(readme(about, Counter(json.loads(line)["event"] for line in lines)))


def download(folder: Path) -> Path:
    """Return the folder that the package was unpacked to, its archive beside it."""
    name, version = PACKAGE
    subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def described(package: Path) -> dict[str, str]:
    """Return the licence and the author of the package, and the checksum of its archive."""
    (archive,) = package.parent.glob("*.tgz")
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return {
        "license": about["license"],
        "author": re.sub(r" \(.*", "", about["author"]),
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }


def stripped_lines(package: Path) -> Iterator[str]:
    """Return each payload with its event, as one line of JSON: those of github.com first, then of Enterprise Server."""
    for index in sorted(package.glob("*/index.json")):
        for event in json.loads(index.read_text(encoding="utf-8")):
            for payload in event["examples"]:
                line = {"event": event["name"], "payload": stripped(payload)}
                yield json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def stripped(value: Any, key: str = "") -> Any:
    """Return a part of a payload in the same form, without what its text says."""
    if isinstance(value, dict):
        return {name: stripped(inner, name) for name, inner in value.items() if is_kept(name)}
    if isinstance(value, list):
        return [stripped(inner, key) for inner in value]
    if isinstance(value, str):
        return "Text." if value and (key in PROSE or len(value) > LONGEST) else _MAIL.sub("nobody", value)
    return value


def is_kept(key: str) -> bool:
    """Return whether a key is more than a link for a client of the API."""
    return key in KEPT_LINKS or not key.endswith("_url")


def readme(about: dict[str, str], counts: Counter[str]) -> str:
    """Return the text that says where the data comes from."""
    name, version = PACKAGE
    rows = "".join(f"| `{event}` | {count} |\n" for event, count in sorted(counts.items()))
    return (
        "# Payloads\n\n"
        "`examples.jsonl.gz`: what GitHub sent to people who gave it away as examples, one per line, with its event. "
        "Those\nof github.com stand first, those of Enterprise Server follow; of equal ones the first is kept.\n\n"
        "Made by `scripts/refresh_payloads.py` from an npm package; do not edit. Prose, mail addresses and links of "
        "the API\nare left out.\n\n"
        "| package | version | author | license | sha256 of the archive |\n|---|---|---|---|---|\n"
        f"| `{name}` | {version} | {about['author']} | {about['license']} | `{about['sha256']}` |\n\n"
        f"| event | payloads |\n|---|---|\n{rows}"
    )


if __name__ == "__main__":
    main()
