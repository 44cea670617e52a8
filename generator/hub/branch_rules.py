"""The rules of branches on GitHub: whether they let a branch be pushed to, and the one that lets nobody do so.

There are two sorts, which hold beside each other: a branch's own protection, which administrators see, and the rules of
rulesets, of a repository or of its whole organization, which everybody sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any
from urllib.parse import quote

from generator.core.errors import UserError
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError, UnavailableError

_PAGE = 100
_REQUESTS_ALONE = "pull_request"
_UNPROTECTED = "branch not protected"
_PROTECTION = {
    "required_status_checks": None,
    # A rule that administrators are free of does not hold the sync, whose token often is one, to pull requests.
    "enforce_admins": True,
    # No approval: how many are wanted is the organization's to say, and an existing rule is never touched.
    "required_pull_request_reviews": {"required_approving_review_count": 0},
    "restrictions": None,
    "allow_force_pushes": False,
    "allow_deletions": False,
}


@dataclass(frozen=True)
class BranchRules:
    """Looks at the rules of branches and adds one, in the name of a connection.

    Attributes:
        connection: Who calls.
    """

    connection: Connection

    def demand_requests(self, slug: str, branch: str) -> bool:
        """Return whether a branch changes by pull requests alone.

        Of protection that our credentials may not read, and that no ruleset is beside, that is taken for granted.

        Args:
            slug: The owner and name of its repository.
            branch: The branch; one that is not there may have rules nevertheless.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away.
        """
        kinds = self._kinds(slug, branch)
        if _REQUESTS_ALONE in kinds:
            return True
        try:
            return self._protection(slug, branch).get("required_pull_request_reviews") is not None
        except RefusedError:
            # There is none, or only administrators may read it: whether there is one, everybody may.
            return not kinds and self._is_protected(slug, branch)

    def refuse_unprotectable(self, slug: str, branch: str) -> None:
        """Refuse a branch that `protect` could not protect, or whose protection it would replace.

        Args:
            slug: The owner and name of its repository, of which our credentials, if they are an App's, are known to
                have the administration.
            branch: A branch that is there, and can be pushed to.

        Raises:
            NotFoundError: There is no such branch, or only administrators of the repository may protect it.
            UserError: It cannot be protected, or has protection already.
            UnavailableError: GitHub is away.
        """
        try:
            self._protection(slug, branch)
        except NotFoundError as error:
            if _UNPROTECTED in error.message.casefold():
                return
            hint = "Only administrators of a repository protect its branches: let an owner make our account one."
            raise NotFoundError(error.message, status=error.status, hint=hint) from error
        except RefusedError as error:
            raise self._by_plan(error, slug) or error from error
        raise UserError(
            f"{slug}: {branch} is protected by a rule that lets it be pushed to; the rule is left as it is.",
            hint="Let it require a pull request before merging (the repository's settings, Branches), and run the "
            "command again.",
        )

    def protect(self, slug: str, branch: str) -> None:
        """Let nobody push to a branch: it is changed by pull requests alone.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away.
        """
        try:
            self._ask("PUT", slug, f"{_place(branch)}/protection", _PROTECTION)
        except RefusedError as error:
            raise self._by_plan(error, slug) or error from error

    def _kinds(self, slug: str, branch: str) -> set[str]:
        """Return the kinds of the rules that rulesets have for a branch."""
        kinds: set[str] = set()
        for page in count(1):
            try:
                rules = self._ask("GET", slug, f"/rules/branches/{quote(branch, safe='')}?per_page={_PAGE}&page={page}")
            except RefusedError:
                # The account's plan has no rulesets, or an old Enterprise Server; if it is anything else, what is
                # asked next is refused as well.
                return kinds
            if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
                raise UnavailableError("GitHub shows the rules of a branch in an unknown form.")
            kinds |= {str(rule.get("type")) for rule in rules}
            if len(rules) < _PAGE:
                break
        return kinds

    def _protection(self, slug: str, branch: str) -> dict[str, Any]:
        return _object(self._ask("GET", slug, f"{_place(branch)}/protection"))

    def _is_protected(self, slug: str, branch: str) -> bool:
        try:
            return bool(_object(self._ask("GET", slug, _place(branch))).get("protected"))
        except NotFoundError:
            return False

    def _by_plan(self, error: RefusedError, slug: str) -> UserError | None:
        """Return what to say where a refusal means that the account's plan has no protection; None where it does not.

        An App that has the administration is told only that it may not.
        """
        said = error.message.casefold()
        means_it = "upgrade" in said or (self.connection.is_app and "not accessible by integration" in said)
        if error.status != HTTPStatus.FORBIDDEN or not means_it:
            return None
        return UserError(
            f"{slug}: GitHub's plan of this account cannot protect branches of private repositories.",
            hint="Upgrade the plan, or run the command without --protect.",
        )

    def _ask(self, verb: str, slug: str, path: str, body: Any = None) -> Any:
        place, caller = self.connection.of(slug)
        # What is written says what shall be, so that a second time does no harm.
        return caller.ask(verb, place + path, body=body, repeatable=True).data


def _place(branch: str) -> str:
    return f"/branches/{quote(branch, safe='')}"


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UnavailableError("GitHub shows the rules of a branch in an unknown form.")
    return data
