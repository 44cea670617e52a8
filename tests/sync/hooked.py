"""A server in this process that a GitHub delivers to, and what keeps its webhooks and takes what it missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from generator.core.documents import GitHubRepository, Microservice
from generator.core.errors import UserError
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import App, Credentials, Token
from generator.hub.hook_deliveries import Deliveries
from generator.hub.hooks import Hooks
from generator.hub.pages import Pages
from generator.hub.permissions import EVENTS
from generator.sync.following import FollowedApp, Following
from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.hook_notes import HookNotes
from generator.sync.hooks.missed_deliveries import MissedDeliveries
from generator.sync.hooks.secret_file import SecretFile
from generator.sync.hooks.upkeep import Observer, Upkeep
from generator.sync.monitoring.metrics import Metrics
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from generator.sync.web.server import application
from generator.sync.web.webhook_secrets import WebhookSecrets
from tests.github_double.double import GitHubDouble
from tests.github_double.model import App as DoubleApp
from tests.github_double.model import Hook, Repository
from tests.sync.http_calls import Answers, running

SLUG = "acme/podinfo"
SHARED = "the secret of the App and of whoever has none"
RELEASE = ["created", "published", "released"]
"""What GitHub tells of one release."""


@dataclass
class Hooked:
    """A server, a GitHub that has `acme/podinfo`, and what connects them.

    Attributes:
        github: The GitHub.
        repository: Its repository.
        connection: Who asks it.
        inbox: What the server keeps.
        file: The file of secrets.
        address: Where it is.
        now: The time.
    """

    github: GitHubDouble
    repository: Repository
    connection: Connection
    inbox: Inbox
    file: Path
    address: str
    pages: Pages
    notes: HookNotes
    app: DoubleApp | None = None
    now: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.now = self.github.state.clock()
        self.secrets = SecretFile(self.file)
        self.keeping = HookKeeping(
            Hooks(self.connection, self.pages), self.address, self.secrets, SHARED, self.notes, clock=lambda: self.now
        )
        deliveries = Deliveries(self.connection, self.pages)
        self.missed = MissedDeliveries(deliveries, self.inbox, self.notes, self.knows, lambda: self.now)

    def upkeep(self, *, at_app: bool = False, observer: Observer | None = None) -> Upkeep:
        """Return what looks after the webhooks."""
        return Upkeep(
            self.keeping,
            self.missed,
            self.notes,
            observer or Metrics("0"),
            at_app=at_app,
            is_app=self.connection.is_app,
            clock=lambda: self.now,
        )

    def knows(self, repository: str) -> bool:
        return repository.casefold() == SLUG

    def forget(self) -> None:
        """Lose all state beside the secrets."""
        self.notes.forget(SLUG)
        self.pages.close()

    @property
    def hook(self) -> Hook:
        """The one webhook of the repository."""
        (hook,) = self.repository.hooks
        return hook

    @property
    def url(self) -> str:
        return f"{self.address}/payload/{SLUG}"

    def writes(self) -> list[str]:
        """Return what was written to GitHub so far."""
        return [seen.operation for seen in self.github.calls() if not seen.operation.startswith("GET")]

    def release(self, tag: str) -> None:
        """Publish a release, and wait until GitHub has tried to tell of it."""
        with self.github.api.lock:
            self.github.by().create_release(self.repository, tag)
        self.github.courier.settle()

    def statuses(self) -> list[int]:
        """Return what the webhook's deliveries were answered so far, as GitHub saw it."""
        self.github.courier.settle()
        hook = self.app.hook if self.app else self.hook
        return [delivery.status_code for delivery in hook.deliveries] if hook else []

    def taken(self) -> list[str]:
        """Return the actions of what the inbox has, the first first."""
        return [delivery.action for delivery in reversed(self.inbox.listing(limit=1000))]


def following(*repositories: str, broken: tuple[UserError, ...] = ()) -> Following:
    """Return that an app follows each of these repositories, and what is wrong with documents."""
    apps = {}
    for slug in repositories:
        owner, _, name = slug.partition("/")
        source = {"metadata": {"name": name.lower()}, "spec": {"owner": owner, "repo": name}}
        spec = {"repository": {"name": name.lower()}, "image": f"ghcr.io/{slug.lower()}", "template": "service"}
        service = {"metadata": {"name": name.lower()}, "spec": spec}
        app = FollowedApp(name, GitHubRepository.model_validate(source), Microservice.model_validate(service))
        apps[slug.casefold()] = [app]
    return Following(apps, broken)


@contextmanager
def hooked_up(folder: Path, *, as_app: bool = False) -> Iterator[Hooked]:
    """Yield a server that GitHub knows nothing of yet; the test fails that asks what GitHub would refuse."""
    file = folder / "secrets.yaml"
    SecretFile(file).ensure(SLUG)
    with ExitStack() as stack:
        github = stack.enter_context(GitHubDouble(folder / "github"))
        repository = github.repository(SLUG)
        inbox = Inbox(stack.enter_context(open_database(f"sqlite:///{folder}/sync.db")))
        app = github.app(hook_url="http://127.0.0.1:9/old") if as_app else None
        credentials: Credentials = App(str(app.id), app.private_key) if app else Token(github.token())
        if app:
            app.events = tuple(event.name for event in EVENTS)
            github.install(app, "acme")
        connection = Connection(credentials, github.url, Conduct(sleep=lambda _: None))
        stack.callback(connection.close)
        server = application(
            store=inbox,
            secrets=WebhookSecrets((SHARED.encode(),), file, of_app=as_app),
            knows=lambda repository: repository.casefold() == SLUG,
            on_accepted=lambda: None,
            observer=Answers(),
            readiness=list,
            exposition=lambda: (b"", "text/plain"),
        )
        port = stack.enter_context(running(server))
        pages, notes = stack.enter_context(closing(Pages())), stack.enter_context(closing(HookNotes()))
        address = f"http://127.0.0.1:{port}"
        yield Hooked(github, repository, connection, inbox, file, address, pages, notes, app)
        github.courier.settle()
    github.assert_sound()
