"""Who commits are from, and whether they are signed: as it is asked for, else exactly as git is configured."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator.core.errors import UserError
from generator.gitrepo.git_process import Git, GitFailedError


@dataclass(frozen=True)
class Person:
    """Somebody who makes commits.

    Attributes:
        name: What they are called.
        email: Their address.
    """

    name: str
    email: str

    def __str__(self) -> str:
        """Return `NAME <MAIL>`, in which nothing can be mistaken for the brackets or the end of the line."""
        name, email = (
            "".join(char for char in text if char.isprintable() and char not in "<>") for text in self._texts
        )
        return f"{name.strip()} <{email.strip()}>"

    @property
    def _texts(self) -> tuple[str, str]:
        return self.name, self.email

    @classmethod
    def named(cls, text: str) -> Person:
        """Return whom a user names as `NAME <MAIL>`.

        Raises:
            UserError: That is not how the text is written.
        """
        found = re.fullmatch(r"\s*([^<>]*[^<>\s])\s*<\s*([^<>\s]+)\s*>\s*", text)
        if found is None or not text.strip().isprintable():
            raise UserError(f"`{text}` is nobody who can make commits.", hint="Write it as `Name <mail@example.com>`.")
        return cls(found[1], found[2])

    @classmethod
    def parse(cls, ident: str) -> Person:
        """Return whom git's `NAME <MAIL> SECONDS ZONE` names."""
        name, _, rest = ident.partition(" <")
        return cls(name, rest.partition(">")[0])


@dataclass(frozen=True)
class Authorship:
    """What is asked for; what is left open, git's configuration decides.

    Attributes:
        author: Who writes the changes.
        committer: Who records them.
        sign_off: Whether the committer vouches for them by `Signed-off-by`.
        sign: Whether commits are signed, by the key and in the format that git is configured for.
    """

    author: Person | None = None
    committer: Person | None = None
    sign_off: bool = False
    sign: bool | None = None


AS_CONFIGURED = Authorship()
"""Everything as git is configured."""


@dataclass(frozen=True)
class Signature:
    """Who commits are from and whether they are signed, all decided.

    Attributes:
        author: Who writes the changes.
        committer: Who records them.
        signed: Whether commits are signed.
        trailers: What stands at the end of every message.
    """

    author: Person
    committer: Person
    signed: bool
    trailers: tuple[tuple[str, str], ...]


SCRATCH = Signature(
    Person("gitopsmith", "gitopsmith@localhost"), Person("gitopsmith", "gitopsmith@localhost"), False, ()
)
"""Who commits are from that nobody sees, for they never leave this machine."""


def decide(git: Git, wanted: Authorship) -> Signature:
    """Return who commits in a repository are from.

    Raises:
        UserError: Nobody was named, and git's configuration names nobody.
    """
    author = wanted.author or _configured(git, "GIT_AUTHOR_IDENT")
    committer = wanted.committer or _configured(git, "GIT_COMMITTER_IDENT")
    signed = _signs(git) if wanted.sign is None else wanted.sign
    return Signature(author, committer, signed, (("Signed-off-by", str(committer)),) if wanted.sign_off else ())


def _configured(git: Git, variable: str) -> Person:
    try:
        return Person.parse(git.run("-c", "user.useConfigOnly=true", "var", variable))
    except GitFailedError as error:
        raise UserError(
            "git does not know who you are, and a commit needs an author.",
            hint='Run `git config --global user.name "Your Name"` and `git config --global user.email YOU@EXAMPLE`.',
        ) from error


def _signs(git: Git) -> bool:
    try:
        return git.run("config", "--type=bool", "--default=false", "--get", "commit.gpgSign").strip() == "true"
    except GitFailedError as error:
        raise UserError(f"git's configuration cannot be read: {error.said}", hint="Mend commit.gpgSign.") from error
