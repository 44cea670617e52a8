"""`gitopsmith reconcile`: one pass over what GitHub has and what the repositories hold."""

from __future__ import annotations

from contextlib import nullcontext

from generator.cli import options, sync_options, sync_parts
from generator.cli.commit_options import committing
from generator.cli.output import say
from generator.core.errors import TemporaryError


def reconcile(
    workspace: sync_options.Workspace = None,
    push: sync_options.Push = False,
    platform: sync_options.Platform = None,
    platform_branch: sync_options.PlatformBranch = "main",
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
    dry_run: options.DryRun = False,
) -> None:
    """Look once for what was missed, and commit it: releases, previews, and previews that nobody needs any more."""
    from generator.sync import service  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.sync.store.inbox import opened_inbox  # noqa: PLC0415

    logs.configure("console", "warning", secrets=sync_parts.secret_values())
    folder = sync_parts.state_folder(state, workspace, platform)
    metrics = service.new_metrics()
    outward = sync_parts.outward(github_url, metrics, folder)
    settings = service.Settings(
        gitops=sync_parts.gitops(workspace, platform, platform_branch, folder, outward, github_url, push=push),
        database_url=sync_parts.database_url(database_url, folder),
        outward=outward,
        registry=sync_parts.registry(),
        metrics=metrics,
        committing=committing(),
    )
    if outward is None:
        say(
            "GitHub is not asked: there are no credentials for it, of a GitHub App or in GITOPSMITH_TOKEN. "
            "Previews are judged by their age alone."
        )
    with settings.registry, outward or nullcontext(), opened_inbox(settings.database_url, create=True) as inbox:
        report = service.reconciliation_of(settings, inbox).once(dry_run=dry_run)
        for finding in report.findings.found:
            say(f"{'Would commit' if dry_run else 'Found'}: {finding.told}")
        for note in (*report.findings.notes, *report.waiting):
            say(note)
        if not report.findings.found:
            say("Nothing to change.")
        if not dry_run:
            service.drain_everything(settings, inbox)
    if report.unlisted:
        missing = "; ".join(f"{name}: {reason}" for name, reason in report.unlisted.items())
        raise TemporaryError(f"Of these nothing was decided, because they could not be listed: {missing}")
