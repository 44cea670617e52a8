"""What the double knows, in GitHub's words. What a schema wants beside these facts is completed later."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from tests.github_double.merging import state_of
from tests.github_double.model import (
    Account,
    App,
    Comment,
    CommitStatus,
    Delivery,
    Deployment,
    DeploymentStatus,
    Hook,
    Installation,
    PullRequest,
    Release,
    Repository,
    State,
)

Facts = dict[str, Any]


class Views:
    """Shows what is in a state.

    Args:
        state: The state; its `url` is where the API is.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def account(self, account: Account) -> Facts:
        return {
            "login": account.login,
            "id": account.id,
            "node_id": _node("User", account.id),
            "type": account.kind,
            "url": f"{self._state.url}/users/{quote(account.login)}",
            "html_url": f"{self._state.web}/{quote(account.login)}",
            "avatar_url": f"{self._state.web}/avatars/{account.id}",
            "gravatar_id": "",
            "repos_url": f"{self._state.url}/users/{quote(account.login)}/repos",
            "site_admin": False,
            "name": account.login,
        }

    def organization(self, account: Account) -> Facts:
        facts = self.account(account)
        return {**facts, "url": f"{self._state.url}/orgs/{account.login}", "type": "Organization"}

    def repository(self, repository: Repository) -> Facts:
        return {
            "id": repository.id,
            "node_id": _node("Repository", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": self.account(repository.owner),
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "description": repository.description,
            "homepage": repository.homepage,
            "fork": repository.fork,
            "archived": repository.archived,
            "disabled": False,
            "default_branch": repository.default_branch,
            "topics": list(repository.topics),
            "url": f"{self._state.url}/repos/{repository.full_name}",
            "html_url": f"{self._state.web}/{repository.full_name}",
            "clone_url": f"{self._state.web}/{repository.full_name}.git",
            "ssh_url": f"git@localhost:{repository.full_name}.git",
            "created_at": repository.created_at,
            "updated_at": repository.created_at,
            "pushed_at": repository.created_at,
            "permissions": {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True},
        }

    def release(self, repository: Repository, release: Release) -> Facts:
        url = f"{self._state.url}/repos/{repository.full_name}/releases/{release.id}"
        return {
            "id": release.id,
            "node_id": _node("Release", release.id),
            "url": url,
            "assets_url": f"{url}/assets",
            "html_url": f"{self._state.web}/{repository.full_name}/releases/tag/{release.tag}",
            "tag_name": release.tag,
            "name": release.name,
            "body": release.body,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "immutable": False,
            "target_commitish": release.target,
            "author": self.account(release.author),
            "created_at": release.created_at,
            "published_at": release.published_at,
            "updated_at": release.published_at,
            "tarball_url": None,
            "zipball_url": None,
        }

    def pull_request(self, repository: Repository, pull_request: PullRequest) -> Facts:
        url = f"{self._state.url}/repos/{repository.full_name}/pulls/{pull_request.number}"
        page = f"{self._state.web}/{repository.full_name}/pull/{pull_request.number}"
        comments = [comment for comment in repository.comments if comment.number == pull_request.number]
        return {
            "id": pull_request.id,
            "node_id": _node("PullRequest", pull_request.id),
            "url": url,
            "html_url": page,
            "issue_url": f"{self._state.url}/repos/{repository.full_name}/issues/{pull_request.number}",
            "comments_url": f"{self._state.url}/repos/{repository.full_name}/issues/{pull_request.number}/comments",
            "statuses_url": f"{self._state.url}/repos/{repository.full_name}/statuses/{pull_request.sha}",
            "number": pull_request.number,
            "state": pull_request.state,
            "title": pull_request.title,
            "body": pull_request.body,
            "user": pull_request.user and self.account(pull_request.user),
            "draft": pull_request.draft,
            "labels": [_label(index, name) for index, name in enumerate(pull_request.labels)],
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._end(pull_request.head, pull_request.branch, pull_request.sha, pull_request.user),
            "base": self._end(repository, pull_request.base, pull_request.base_sha, repository.owner),
            "created_at": pull_request.created_at,
            "updated_at": pull_request.updated_at,
            "closed_at": pull_request.closed_at,
            "merged_at": pull_request.merged_at,
            "merged": pull_request.merged_at is not None,
            "merged_by": None,
            "merge_commit_sha": pull_request.merge_commit,
            "mergeable": True if pull_request.state == "open" else None,
            "mergeable_state": state_of(repository, pull_request),
            "rebaseable": None,
            "maintainer_can_modify": False,
            "commits": 1,
            "additions": 1,
            "deletions": 0,
            "changed_files": 1,
            "author_association": "MEMBER",
            "comments": len(comments),
            "review_comments": 0,
        }

    def _end(self, repository: Repository | None, branch: str, sha: str, user: Account | None) -> Facts:
        owner = repository.owner if repository else user
        return {
            "label": f"{owner.login if owner else 'unknown'}:{branch}",
            "ref": branch,
            "sha": sha,
            "repo": repository and self.repository(repository),
            "user": owner and self.account(owner),
        }

    def comment(self, repository: Repository, comment: Comment) -> Facts:
        base = f"{self._state.url}/repos/{repository.full_name}/issues"
        return {
            "id": comment.id,
            "node_id": _node("IssueComment", comment.id),
            "url": f"{base}/comments/{comment.id}",
            "issue_url": f"{base}/{comment.number}",
            "html_url": f"{self._state.web}/{repository.full_name}/pull/{comment.number}#issuecomment-{comment.id}",
            "body": comment.body,
            "user": self.account(comment.user),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "author_association": "MEMBER",
        }

    def status(self, repository: Repository, status: CommitStatus) -> Facts:
        return {
            "id": status.id,
            "node_id": _node("StatusContext", status.id),
            "url": f"{self._state.url}/repos/{repository.full_name}/statuses/{status.sha}",
            "state": status.state,
            "context": status.context,
            "description": status.description,
            "target_url": status.target_url,
            "creator": self.account(status.creator),
            "created_at": status.created_at,
            "updated_at": status.created_at,
        }

    def deployment(self, repository: Repository, deployment: Deployment) -> Facts:
        url = f"{self._state.url}/repos/{repository.full_name}/deployments/{deployment.id}"
        return {
            "id": deployment.id,
            "node_id": _node("Deployment", deployment.id),
            "url": url,
            "statuses_url": f"{url}/statuses",
            "repository_url": f"{self._state.url}/repos/{repository.full_name}",
            "sha": deployment.sha,
            "ref": deployment.ref,
            "task": deployment.task,
            "environment": deployment.environment,
            "original_environment": deployment.environment,
            "description": deployment.description,
            "payload": deployment.payload,
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "creator": self.account(deployment.creator),
            "created_at": deployment.created_at,
            "updated_at": deployment.created_at,
        }

    def deployment_status(self, repository: Repository, deployment: Deployment, status: DeploymentStatus) -> Facts:
        base = f"{self._state.url}/repos/{repository.full_name}"
        return {
            "id": status.id,
            "node_id": _node("DeploymentStatus", status.id),
            "url": f"{base}/deployments/{deployment.id}/statuses/{status.id}",
            "deployment_url": f"{base}/deployments/{deployment.id}",
            "repository_url": base,
            "state": status.state,
            "description": status.description,
            "environment": status.environment,
            "environment_url": status.environment_url,
            "log_url": status.log_url,
            "target_url": status.log_url,
            "creator": self.account(status.creator),
            "created_at": status.created_at,
            "updated_at": status.created_at,
        }

    def hook(self, hook: Hook) -> Facts:
        url = f"{self._state.url}/app/hook"
        if hook.repository is not None:
            url = f"{self._state.url}/repos/{hook.repository.full_name}/hooks/{hook.id}"
        last = hook.deliveries[-1] if hook.deliveries else None
        return {
            "id": hook.id,
            "type": "Repository" if hook.repository else "App",
            "name": "web",
            "active": hook.active,
            "events": list(hook.events),
            "config": self.hook_config(hook),
            "created_at": hook.created_at,
            "updated_at": hook.updated_at,
            "url": url,
            "test_url": f"{url}/tests",
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "last_response": {
                "code": last.status_code if last else None,
                "status": "unused" if last is None else "active",
                "message": last.status if last else None,
            },
        }

    def hook_config(self, hook: Hook) -> Facts:
        """Return the settings of a hook; GitHub shows that there is a secret, never which."""
        return {"insecure_ssl": "0", **hook.config, **({"secret": "********"} if hook.config.get("secret") else {})}

    def delivery(self, delivery: Delivery) -> Facts:
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": delivery.delivered_at,
            "redelivery": delivery.redelivery,
            "duration": delivery.duration,
            "status": delivery.status,
            "status_code": delivery.status_code,
            "event": delivery.event,
            "action": delivery.action,
            "installation_id": delivery.installation_id,
            "repository_id": delivery.repository_id,
            "request": {"headers": delivery.request_headers, "payload": delivery.payload},
            "response": {"headers": delivery.response_headers, "payload": delivery.response},
        }

    def app(self, app: App) -> Facts:
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": _node("App", app.id),
            "client_id": f"Iv1.{app.id:016x}",
            "owner": self.account(app.owner),
            "name": app.slug,
            "description": None,
            "external_url": "https://example.com/",
            "html_url": f"{self._state.web}/apps/{app.slug}",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "permissions": app.permissions,
            "events": list(app.events),
        }

    def installation(self, installation: Installation) -> Facts:
        url = f"{self._state.url}/app/installations/{installation.id}"
        return {
            "id": installation.id,
            "account": self.account(installation.account),
            "repository_selection": "all" if installation.repositories is None else "selected",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self._state.url}/installation/repositories",
            "html_url": f"{self._state.web}/settings/installations/{installation.id}",
            "app_id": installation.app.id,
            "app_slug": installation.app.slug,
            "target_id": installation.account.id,
            "target_type": installation.account.kind,
            "permissions": installation.permissions,
            "events": list(installation.app.events),
            "created_at": installation.created_at,
            "updated_at": installation.created_at,
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "suspended_at": installation.suspended_at,
            "suspended_by": installation.suspended_at and self.account(installation.account),
        }


def _label(index: int, name: str) -> Facts:
    return {"id": index, "name": name, "color": "ededed", "default": False, "description": ""}


def _node(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}{number}".encode()).decode()
