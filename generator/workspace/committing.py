"""How commits are made: from whom they are, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator.core.change import Change
from generator.core.tree import Tree
from generator.gitrepo.authorship import AS_CONFIGURED, Authorship, Person
from generator.gitrepo.writer import Planner, WithPristine
from generator.workspace.message_template import MessageTemplate, load_message_template


@dataclass(frozen=True)
class Committing:
    """How a user wants commits to be made.

    Attributes:
        authorship: From whom they are, and whether somebody vouches for them.
        template: What their messages are made by; None for our own words.
    """

    authorship: Authorship = AS_CONFIGURED
    template: MessageTemplate | None = None

    def worded(self, change: Change) -> Change:
        """Return a change with the words that its commit will have; one that makes no commit stays as it is.

        Raises:
            UserError: The template fails on it.
        """
        return self.template.applied(change) if self.template and change.edits else change

    def planner(self, planner: Planner | WithPristine) -> Planner | WithPristine:
        """Return a planner that plans the same, in these words."""
        if isinstance(planner, WithPristine):
            both = planner.plan

            def plan_both(main: Tree, pristine: Tree) -> tuple[Change, Change]:
                ours, theirs = both(main, pristine)
                return self.worded(ours), self.worded(theirs)

            return WithPristine(plan_both)
        return lambda tree: self.worded(planner(tree))


PLAIN = Committing()
"""As git is configured, in our own words."""


def committing(
    *,
    author: str | None = None,
    committer: str | None = None,
    sign_off: bool = False,
    message_template: str | None = None,
) -> Committing:
    """Return how commits are made.

    Args:
        author: Who writes the changes, as `NAME <MAIL>`; None for whom git is configured for, as in the next.
        committer: Who records them.
        sign_off: Whether the committer vouches for them by `Signed-off-by`.
        message_template: A file, or a text with Jinja marks, that messages are made by; None for our own words.

    Raises:
        UserError: A person or the template is not right.
    """
    return Committing(
        replace(
            AS_CONFIGURED,
            author=Person.named(author) if author else None,
            committer=Person.named(committer) if committer else None,
            sign_off=sign_off,
        ),
        load_message_template(message_template) if message_template else None,
    )
