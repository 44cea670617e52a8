"""One line for each verb as somebody would type it: what its help ends with."""

from __future__ import annotations

from collections.abc import Iterator

import typer

EXAMPLES = {
    "init": "init acme --app-org acme-apps --output out --defaults",
    "cluster add": "cluster add prod-eu --type physical --cloud aws --region eu-west-1",
    "cluster remove": "cluster remove prod-eu --dry-run",
    "cluster list": "cluster list --format json",
    "env add": "env add staging --cluster prod-eu",
    "env remove": "env remove staging --cluster prod-eu",
    "env list": "env list --format json",
    "catalog add": "catalog add cert-manager --cluster prod-eu --data replicas=2",
    "catalog remove": "catalog remove cert-manager --cluster prod-eu",
    "catalog list": "catalog list --cluster prod-eu",
    "catalog show": "catalog show cert-manager",
    "app add": "app add shop --repo acme/shop --image ghcr.io/acme/shop --version 1.0.0 --env staging",
    "app remove": "app remove shop --env staging",
    "app list": "app list --format json",
    "set-version": "set-version shop 1.1.0 --env staging --dry-run",
    "promote": "promote shop --from staging --to production",
    "preview open": "preview open shop 7 --sha 3f2c1a9e5b7d4c8f6a1b2c3d4e5f60718293a4b5 --branch feat/x",
    "preview close": "preview close shop 7",
    "preview list": "preview list shop",
    "preview gc": "preview gc --dry-run",
    "connect": "connect acme --app-org acme-apps --dry-run",
    "doctor": "doctor --workspace out",
    "disconnect": "disconnect acme --yes",
    "serve": "serve --push --public-url https://gitopsmith.acme.example --webhook-secrets secrets.yaml",
    "deliveries list": "deliveries list --only failed --repo acme/shop",
    "deliveries show": "deliveries show 1b9d6bcd",
    "deliveries retry": "deliveries retry 1b9d6bcd",
    "deliveries send": "deliveries send release.json --event release --wait",
    "deployments list": "deployments list --format json",
    "deployments confirm": "deployments confirm shop staging",
    "webhooks list": "webhooks list --workspace out",
    "webhooks rotate": "webhooks rotate acme/shop --webhook-secrets secrets.yaml",
    "webhooks prune": "webhooks prune --dry-run",
    "reconcile": "reconcile --push --dry-run",
    "check": "check out --format github",
    "status": "status --workspace out --format json",
    "render": "render ./template out --defaults --data name=shop",
}
"""What stands behind `gitopsmith`, by verb."""


def with_examples(cli: typer.Typer) -> typer.Typer:
    """Return the command line with an example at the end of each verb's help."""
    for called, command in _commands(cli):
        if example := EXAMPLES.get(called):
            command.epilog = f"Example: gitopsmith {example}"
    return cli


def _commands(verbs: typer.Typer, *above: str) -> Iterator[tuple[str, typer.models.CommandInfo]]:
    for command in verbs.registered_commands:
        yield " ".join((*above, command.name or "")), command
    for group in verbs.registered_groups:
        if group.typer_instance is not None:
            yield from _commands(group.typer_instance, *above, str(group.name))
