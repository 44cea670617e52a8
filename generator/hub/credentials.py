"""What shows GitHub who we are: a token, a file that holds one, or the key of a GitHub App. Read, not yet used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.core.errors import UserError

TOKENS = ("GITOPSMITH_TOKEN", "GITHUB_AUTH_TOKEN")
TOKEN_FILE = "GITHUB_AUTH_TOKEN_FILE"  # noqa: S105 - the name of a variable
APP_ID = "GITOPSMITH_APP_ID"
APP_KEY_FILE = "GITOPSMITH_APP_PRIVATE_KEY_FILE"

_HINTS = {
    APP_KEY_FILE: f"{APP_KEY_FILE} names it: set that to the file of the App's private key (PEM).",
    TOKEN_FILE: f"{TOKEN_FILE} names it: set that to a file that holds a token alone.",
}

_LARGEST = 65_536
"""A key has 2 kB, a token 255 characters: what is larger is another file."""


@dataclass(frozen=True)
class Token:
    """A token of a user.

    Attributes:
        value: The token.
    """

    value: str = field(repr=False)

    def read(self) -> str:
        """Return the token as it is now."""
        return self.value


@dataclass(frozen=True)
class TokenFile:
    """A file that holds a token of a user; it is read for each call, so that a new token in it is used at once.

    Attributes:
        path: The file.
    """

    path: Path

    def read(self) -> str:
        """Return the token as it is now.

        Raises:
            UserError: The file cannot be read, or holds no token.
        """
        return _token(_content(self.path, TOKEN_FILE), str(self.path))


@dataclass(frozen=True)
class App:
    """A GitHub App, which acts in each account by its installation there.

    Attributes:
        id: The App's id, or its client id.
        private_key: Its private key, PEM.
        source: Where the key was read, for errors.
    """

    id: str
    private_key: str = field(repr=False)
    source: str = ""


Credentials = Token | TokenFile | App


def credentials_in(environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials that an environment holds; None where it holds none.

    An App goes before a token, for a token is also set for git alone; and a token before a file with one.

    Raises:
        UserError: One half of an App is missing, or a file cannot be read or holds something else.
    """
    given = {name: value for name, value in environment.items() if value}
    if APP_ID in given or APP_KEY_FILE in given:
        if missing := {APP_ID, APP_KEY_FILE} - set(given):
            raise UserError(
                f"{missing.pop()} is not set.",
                hint=f"A GitHub App needs both {APP_ID} and {APP_KEY_FILE}; to use a token, unset both.",
            )
        return App(given[APP_ID].strip(), _content(Path(given[APP_KEY_FILE]), APP_KEY_FILE), given[APP_KEY_FILE])
    for name in TOKENS:
        if name in given:
            return Token(_token(given[name], name))
    if TOKEN_FILE in given:
        found = TokenFile(Path(given[TOKEN_FILE]))
        found.read()
        return found
    return None


def app_of(app_id: str, key_file: Path) -> App:
    """Return a GitHub App whose key is in a file.

    Raises:
        UserError: The file cannot be read or holds no private key.
    """
    return App(app_id.strip(), _content(key_file), str(key_file))


def _content(path: Path, variable: str = "") -> str:
    """Return what a file holds; the hint of an error names the variable, where one named the file."""
    hint = _HINTS.get(variable, "")
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or 'it cannot be read'}.", hint=hint) from error
    except ValueError as error:
        raise UserError(f"{path}: this is no text.", hint=hint) from error
    if len(content) > _LARGEST:
        raise UserError(f"{path}: this is larger than a token or a key can be.", hint=hint)
    return content


def _token(text: str, source: str) -> str:
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        # What it holds may be the token with a typing error, so it is not shown.
        raise UserError(f"{source}: this is no token.", hint="A token is one line of letters, digits and signs.")
    return token
