"""`gitopsmith serve`: the companion process that turns GitHub's deliveries into commits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from generator.cli import sync_options, sync_parts
from generator.cli.commit_options import committing
from generator.cli.durations import seconds_in
from generator.cli.output import say

_TUNING = "Tuning"


def serve(
    workspace: sync_options.Workspace = None,
    push: sync_options.Push = False,
    platform: sync_options.Platform = None,
    platform_branch: sync_options.PlatformBranch = "main",
    host: Annotated[str, typer.Option(envvar="GITOPSMITH_HOST", help="Address to listen on.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int, typer.Option(envvar="GITOPSMITH_PORT", help="Port; 0 for any that is free.")] = 8080,
    webhook_secrets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="GITOPSMITH_WEBHOOK_SECRETS",
            help="YAML of `owner/name: secret`, beside GITOPSMITH_WEBHOOK_SECRET for all.",
        ),
    ] = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="GITOPSMITH_PUBLIC_URL",
            help="Address at which GitHub reaches this server: it then keeps the webhooks of followed repositories.",
            show_default="people look after webhooks",
        ),
    ] = None,
    app_webhook: Annotated[
        bool,
        typer.Option(
            "--app-webhook",
            envvar="GITOPSMITH_APP_WEBHOOK",
            help="Keep the one webhook of the GitHub App in place of one for each repository.",
        ),
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report",
            envvar="GITOPSMITH_REPORT",
            help="Tell GitHub of deployments: Deployments, a comment and a status for each preview.",
        ),
    ] = True,
    evidence: Annotated[
        Literal["address", "commit"],
        typer.Option(
            envvar="GITOPSMITH_EVIDENCE",
            help="What shows that a deployment runs: that its address answers, or that it is committed.",
        ),
    ] = "address",
    delete_deployments: Annotated[
        bool,
        typer.Option(
            "--delete-deployments",
            envvar="GITOPSMITH_DELETE_DEPLOYMENTS",
            help="Delete a Deployment from GitHub once it is inactive.",
        ),
    ] = False,
    state: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
    reconciliation_period: Annotated[
        str,
        typer.Option(
            envvar=["GITOPSMITH_RECONCILIATION_PERIOD", "RECONCILIATION_PERIOD"],
            help="How often what was missed is looked for.",
            rich_help_panel=_TUNING,
        ),
    ] = "10m",
    image_timeout: Annotated[
        str,
        typer.Option(
            envvar="GITOPSMITH_IMAGE_TIMEOUT", help="How long an image is waited for.", rich_help_panel=_TUNING
        ),
    ] = "30m",
    name: Annotated[
        str | None,
        typer.Option(
            envvar="GITOPSMITH_PROCESS_NAME",
            help="Name of this process, another one for each that shares a database.",
            show_default="host and port",
            rich_help_panel=_TUNING,
        ),
    ] = None,
    takeover_after: Annotated[
        str,
        typer.Option(
            envvar="GITOPSMITH_TAKEOVER_AFTER",
            help="How long another process may be silent before its work is taken over.",
            rich_help_panel=_TUNING,
        ),
    ] = "30s",
    log_format: Annotated[
        Literal["json", "console"] | None,
        typer.Option(
            envvar="GITOPSMITH_LOG_FORMAT",
            help="Form of the log on stderr.",
            show_default="console on a terminal, else json",
            rich_help_panel=_TUNING,
        ),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        typer.Option(envvar="GITOPSMITH_LOG_LEVEL", help="Least weight of what is logged.", rich_help_panel=_TUNING),
    ] = "info",
) -> None:
    """Receive GitHub's deliveries, commit what follows from them, and look for what was missed."""
    from generator.sync import service  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.sync.web.webhook_secrets import webhook_secrets as secrets_in  # noqa: PLC0415

    period = seconds_in(reconciliation_period, "--reconciliation-period", least=10)
    silence = seconds_in(takeover_after, "--takeover-after", least=2)
    timeout = seconds_in(image_timeout, "--image-timeout", least=0)
    known = sync_parts.secret_values()
    secrets = secrets_in(os.environ, webhook_secrets, may_be_missing=public_url is not None, learn=known.add)
    folder = sync_parts.state_folder(state, workspace, platform)
    metrics = service.new_metrics(period)
    outward = sync_parts.outward(
        github_url,
        metrics,
        folder,
        address=public_url,
        secret_file=webhook_secrets,
        evidence=evidence if report else None,
        deletes_deployments=delete_deployments,
        at_app=app_webhook,
    )
    if app_webhook:
        sync_parts.check_app_webhook(outward)
    settings = service.ServerSettings(
        gitops=sync_parts.gitops(workspace, platform, platform_branch, folder, outward, github_url, push=push),
        database_url=sync_parts.database_url(database_url, folder),
        secrets=secrets,
        outward=outward,
        registry=sync_parts.registry(),
        metrics=metrics,
        host=host,
        port=port,
        executor=name or sync_parts.process_name(port),
        period=period,
        silence=silence,
        image_timeout=timeout,
        committing=committing(),
        known=known,
    )
    logs.configure(log_format, log_level, secrets=known)
    service.serve(settings, started=lambda chosen: say(f"Listening on {host}, port {chosen}."))
