"""Names: which ones GitHub, Kubernetes and we accept, and how a legal one is made of what is not.

Kubernetes' rules: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (v1.34): a label is at
most 63 of `a-z0-9-`, a subdomain at most 253 with dots between labels; both begin and end with a letter or digit.
GitHub's: an owner is at most 39 of `A-Za-z0-9-` with no hyphen first, last or twice; a repository is at most 100
of `A-Za-z0-9._-`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from hashlib import blake2b

from generator.core.errors import UserError

LABEL_LIMIT = 63
SUBDOMAIN_LIMIT = 253
OWNER_LIMIT = 39
REPOSITORY_LIMIT = 100
CLUSTER_LIMIT = 40
"""A cluster's name is a prefix of other names; this leaves them 23 characters before they must be cut."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_OWNER = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9])*", re.ASCII)
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
_ADDRESS = re.compile(
    r"(?:[A-Za-z+]+://[^/]+/|[^/\s]*@[^/:]+:|[^/\s]+\.[^/\s]+/)(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/?"
)
_AS_GITHUB_SHOWS_IT = "Use its owner and its name as GitHub shows them, such as `acme/shop`."
_HASH_LENGTH = 8
_BASE32HEX = "0123456789abcdefghijklmnopqrstuv"

# What a YAML 1.1 reader (as in Kubernetes' tools) does not read as a string when it stands unquoted.
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_YAML_NUMBER = re.compile(r"[-+]?(0x[0-9a-f_]+|0o?[0-7]+|0b[01_]+|[0-9][0-9_]*(e[-+]?[0-9]+)?|\.inf|\.nan)")
_YAML_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


def is_label(text: str, limit: int = LABEL_LIMIT) -> bool:
    """Return whether `text` is a DNS label of at most `limit` characters, as names of namespaces must be."""
    return len(text) <= limit and _LABEL.fullmatch(text) is not None


def is_subdomain(text: str) -> bool:
    """Return whether `text` is a DNS subdomain, as names of most objects must be."""
    return len(text) <= SUBDOMAIN_LIMIT and all(_LABEL.fullmatch(part) for part in text.split("."))


def is_owner(text: str) -> bool:
    """Return whether GitHub accepts `text` as the name of an organization or a user."""
    return len(text) <= OWNER_LIMIT and _OWNER.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """Return whether GitHub accepts `text` as the name of a repository."""
    return (
        len(text) <= REPOSITORY_LIMIT
        and text not in {".", ".."}
        and not text.endswith(".git")
        and _REPOSITORY.fullmatch(text) is not None
    )


def is_branch(text: str) -> bool:
    """Return whether `text` may name a branch: of what git accepts, what is safe in YAML, paths and shells.

    Rules: https://git-scm.com/docs/git-check-ref-format (2.39).
    """
    endings = (".", ".lock")
    return (
        _BRANCH.fullmatch(text) is not None
        and ".." not in text
        and not any(part.endswith(endings) for part in text.split("/"))
    )


def is_folder(text: str) -> bool:
    """Return whether `text` may name a folder of a repository: relative, and no name in it begins with a dot."""
    return _FOLDER.fullmatch(text) is not None


def is_yaml_keyword(text: str) -> bool:
    """Return whether YAML reads the unquoted `text`, a label, as something other than a string."""
    word = text.lower()
    return word in _YAML_WORDS or any(form.fullmatch(word) is not None for form in (_YAML_NUMBER, _YAML_DATE))


def short_hash(text: str) -> str:
    """Return eight characters of `0-9a-v` that stand for `text`: BLAKE2b of 5 bytes in unpadded base32hex."""
    number = int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=5).digest(), "big")
    return "".join(_BASE32HEX[(number >> shift) & 31] for shift in range(35, -1, -5))


def cut(name: str, limit: int = LABEL_LIMIT) -> str:
    """Return `name`, or where it is longer than `limit` its beginning and a hash of the whole.

    Two names that differ stay different after the cut, which a blind cut does not promise.

    Args:
        name: A legal name but for its length.
        limit: The most characters that are allowed, 10 or more.
    """
    if len(name) <= limit:
        return name
    return f"{name[: limit - _HASH_LENGTH - 1].rstrip('-.')}-{short_hash(name)}"


def slug(text: str, limit: int = LABEL_LIMIT) -> str:
    """Return a DNS label made of `text` that YAML reads as a string.

    Everything that a label refuses becomes a hyphen. Where nothing legal is left (a name in another script) the
    label is the hash of the text. `Acme-Corp` becomes `acme-corp`, and `1e3` becomes `x-1e3`.

    Args:
        text: Any text.
        limit: The most characters that are allowed, 10 or more.
    """
    label = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not label:
        return f"x-{short_hash(text)}"
    return cut(f"x-{label}" if is_yaml_keyword(cut(label, limit)) else label, limit)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant by `name`, or None where none is near."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def check_name(what: str, name: str, limit: int = LABEL_LIMIT) -> str:
    """Return `name` if it may name a cluster, an environment, an app or an item.

    Such a name becomes part of paths, YAML and Kubernetes names, so it is a DNS label that YAML reads as a string.

    Args:
        what: What is named, as the user calls it: `cluster`, `environment`.
        name: What the user typed.
        limit: The most characters that are allowed.

    Raises:
        UserError: The name is empty, too long, holds what a label refuses, or is a YAML keyword or number.
    """
    if not name:
        raise UserError(f"The {what} has no name: it is empty.", hint=f"Give the {what} a name such as `prod-eu`.")
    if len(name) > limit:
        raise UserError(
            f"The {what} name `{name}` has {len(name)} characters.", hint=f"Use at most {limit} characters."
        )
    if not is_label(name):
        raise UserError(
            f"The {what} name `{name}` is not a legal Kubernetes name.",
            hint="Use lower-case letters a-z, digits and hyphens; begin and end with a letter or digit.",
        )
    if is_yaml_keyword(name):
        raise UserError(
            f"The {what} name `{name}` is read by YAML as a value that is no string.",
            hint=f"Choose another name, for example `{name}-1` or `the-{name}`.",
        )
    return name


def check_owner(what: str, name: str) -> str:
    """Return `name` if GitHub accepts it as an owner.

    Raises:
        UserError: It does not; the message says which rule.
    """
    if not is_owner(name):
        raise UserError(
            f"The {what} `{name}` is not a GitHub owner's name.",
            hint="GitHub allows 1 to 39 letters, digits and single hyphens, with no hyphen first or last.",
        )
    return name


def check_repository(what: str, name: str) -> str:
    """Return `name` if GitHub accepts it as a repository's name.

    Raises:
        UserError: It does not; the message says which rule.
    """
    if not is_repository(name):
        raise UserError(
            f"The {what} `{name}` is not a GitHub repository's name.",
            hint="GitHub allows 1 to 100 letters, digits, `.`, `_` and `-`; not `.`, `..` or an end in `.git`.",
        )
    return name


def check_slug(what: str, text: str) -> tuple[str, str]:
    """Return owner and name of a repository that is given as `OWNER/NAME`.

    Raises:
        UserError: It is given otherwise, or GitHub does not accept one of the two; the message says which rule. An
            address may hold a password, so the message does not repeat one.
    """
    owner, _, name = text.partition("/")
    if "://" in text or "@" in text or (text.count("/") > 1 and _ADDRESS.fullmatch(text)):
        meant = _ADDRESS.fullmatch(text)
        known = meant is not None and is_owner(meant["owner"]) and is_repository(meant["name"])
        raise UserError(
            f"The {what} is given as an address, not as OWNER/NAME.",
            hint=f"Use `{meant['owner']}/{meant['name']}`." if meant and known else _AS_GITHUB_SHOWS_IT,
        )
    if not owner or not name or "/" in name:
        hint = f"Say whose it is: OWNER/{text}" if is_repository(text) else _AS_GITHUB_SHOWS_IT
        raise UserError(f"The {what} `{text}` is not OWNER/NAME.", hint=hint)
    return check_owner(f"{what}'s owner", owner), check_repository(what, name)
