"""What people and programs do to repositories: it changes the state and makes the news that hooks tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.github_double.model import Account, Installation, News, PullRequest, Release, Repository, State

NOTHING = "0" * 40
"""What GitHub names where there is no commit."""


@dataclass(frozen=True)
class Changes:
    """Changes a state as one account.

    Attributes:
        state: What is changed.
        sender: Who does it.
    """

    state: State
    sender: Account

    # --- releases

    def create_release(
        self,
        repository: Repository,
        tag: str,
        *,
        name: str | None = None,
        body: str | None = None,
        draft: bool = False,
        prerelease: bool = False,
        target: str = "main",
    ) -> Release:
        now = self.state.now()
        release = Release(
            self.state.new_id(), tag, name, body, draft, prerelease, target, self.sender, now, None if draft else now
        )
        repository.releases.append(release)
        self._tell_release(repository, release, "created")
        if not draft:
            self._tell_published(repository, release)
        return release

    def edit_release(self, repository: Repository, release: Release, **fields: Any) -> None:
        was_draft, was_prerelease = release.draft, release.prerelease
        before = {name: {"from": getattr(release, name) or ""} for name in ("name", "body") if name in fields}
        for name, value in fields.items():
            setattr(release, name, value)
        if was_draft and not release.draft:
            release.published_at = self.state.now()
            self._tell_published(repository, release)
        elif release.draft and not was_draft:
            release.published_at = None
            self._tell_release(repository, release, "unpublished")
        else:
            self._tell_release(repository, release, "edited", {"changes": before})
            if was_prerelease and not release.prerelease:
                self._tell_release(repository, release, "released")

    def delete_release(self, repository: Repository, release: Release) -> None:
        repository.releases.remove(release)
        self._tell_release(repository, release, "deleted")

    def _tell_published(self, repository: Repository, release: Release) -> None:
        self._tell_release(repository, release, "published")
        self._tell_release(repository, release, "prereleased" if release.prerelease else "released")

    def _tell_release(
        self, repository: Repository, release: Release, action: str, more: dict[str, Any] | None = None
    ) -> None:
        self.state.announce(News("release", action, repository, self.sender, release, more or {}))

    # --- pull requests

    def open_pull_request(
        self,
        repository: Repository,
        branch: str,
        *,
        title: str = "",
        body: str | None = None,
        sha: str = "",
        base: str = "main",
        base_sha: str = NOTHING,
        head: Repository | None = None,
        draft: bool = False,
        labels: tuple[str, ...] = (),
    ) -> PullRequest:
        repository.last_number += 1
        now = self.state.now()
        pull_request = PullRequest(
            id=self.state.new_id(),
            number=repository.last_number,
            title=title or branch,
            body=body,
            user=self.sender,
            head=head or repository,
            branch=branch,
            sha=sha or self.state.sha(f"{repository.full_name}#{repository.last_number}"),
            base=base,
            base_sha=base_sha,
            created_at=now,
            updated_at=now,
            draft=draft,
            labels=labels,
            unseen=self.state.lag,
        )
        repository.pull_requests.append(pull_request)
        self._tell(repository, pull_request, "opened")
        return pull_request

    def push_to(self, repository: Repository, pull_request: PullRequest, sha: str = "") -> None:
        before, pull_request.sha = pull_request.sha, sha or self.state.sha(pull_request.sha)
        pull_request.known, pull_request.unseen = before, self.state.lag
        for queue in repository.merge_queues.values():
            queue[:] = [one for one in queue if one is not pull_request]
        self._tell(repository, pull_request, "synchronize", {"before": before, "after": pull_request.sha})

    def edit_pull_request(self, repository: Repository, pull_request: PullRequest, **fields: Any) -> None:
        before = {name: {"from": getattr(pull_request, name) or ""} for name in ("title", "body") if name in fields}
        for name, value in fields.items():
            setattr(pull_request, name, value)
        self._tell(repository, pull_request, "edited", {"changes": before})

    def label(self, repository: Repository, pull_request: PullRequest, label: str) -> None:
        pull_request.labels = (*pull_request.labels, label)
        self._tell(repository, pull_request, "labeled", {"label": {"name": label}})

    def unlabel(self, repository: Repository, pull_request: PullRequest, label: str) -> None:
        pull_request.labels = tuple(name for name in pull_request.labels if name != label)
        self._tell(repository, pull_request, "unlabeled", {"label": {"name": label}})

    def make_draft(self, repository: Repository, pull_request: PullRequest, draft: bool) -> None:
        pull_request.draft = draft
        self._tell(repository, pull_request, "converted_to_draft" if draft else "ready_for_review")

    def close(self, repository: Repository, pull_request: PullRequest, merge_commit: str | None = None) -> None:
        pull_request.state = "closed"
        pull_request.closed_at = self.state.now()
        if merge_commit:
            pull_request.merge_commit, pull_request.merged_at = merge_commit, pull_request.closed_at
        self._tell(repository, pull_request, "closed")

    def reopen(self, repository: Repository, pull_request: PullRequest) -> None:
        pull_request.state, pull_request.closed_at = "open", None
        self._tell(repository, pull_request, "reopened")

    def _tell(
        self, repository: Repository, pull_request: PullRequest, action: str, more: dict[str, Any] | None = None
    ) -> None:
        pull_request.updated_at = self.state.now()
        self.state.announce(News("pull_request", action, repository, self.sender, pull_request, more or {}))

    # --- branches, packages, installations

    def moved_branch(self, repository: Repository, ref: str, before: str, after: str) -> None:
        """Tell of a push, and move the pull requests whose branch it was, or close them where it was removed."""
        more = {
            "ref": ref,
            "before": before,
            "after": after,
            "created": before == NOTHING,
            "deleted": after == NOTHING,
            "pusher": {"name": self.sender.login, "email": "nobody@example.com"},
        }
        self.state.announce(News("push", "", repository, self.sender, more=more))
        repository.unseen[ref.removeprefix("refs/heads/")] = self.state.lag
        for other in self.state.repositories.values():
            for pull_request in other.pull_requests:
                head = pull_request.head, f"refs/heads/{pull_request.branch}"
                if pull_request.state != "open" or head != (repository, ref):
                    continue
                if after == NOTHING:
                    self.close(other, pull_request)
                else:
                    self.push_to(other, pull_request, after)

    def publish_package(self, repository: Repository, name: str, tag: str) -> None:
        """Tell of an image in the registry, in both ways that GitHub has."""
        now = self.state.now()
        package = {
            "name": name,
            "namespace": repository.owner.login,
            "package_type": "CONTAINER",
            "ecosystem": "CONTAINER",
            "created_at": now,
            "updated_at": now,
            "package_version": {
                "version": f"sha256:{self.state.sha(tag)}",
                "body": "",
                "manifest": "",
                "target_commitish": "main",
                "target_oid": self.state.sha(tag),
                "created_at": now,
                "updated_at": now,
                "container_metadata": {"tag": {"name": tag, "digest": ""}, "labels": None, "manifest": None},
            },
            "registry": {"name": "GitHub CONTAINER registry", "type": "CONTAINER", "vendor": "GitHub Inc"},
        }
        self.state.announce(
            News("registry_package", "published", repository, self.sender, more={"registry_package": package})
        )
        self.state.announce(News("package", "published", repository, self.sender, more={"package": package}))

    def suspend(self, installation: Installation) -> None:
        installation.suspended_at = self.state.now()
        self.state.announce(News("installation", "suspend", None, self.sender, installation))

    def unsuspend(self, installation: Installation) -> None:
        installation.suspended_at = None
        self.state.announce(News("installation", "unsuspend", None, self.sender, installation))
