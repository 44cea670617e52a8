"""Answers requests: lets in, limits, validates, finds the route, and validates what it answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from threading import Event, RLock
from typing import Any
from urllib.parse import urlencode

from tests.github_double import git_http, graphql, validation
from tests.github_double.description import Operation, operation
from tests.github_double.exchange import Call, Items, Reply, Request, Response, Sending, Services
from tests.github_double.faults import (
    AWAY,
    Answer,
    Away,
    CutOff,
    Exhausted,
    Fault,
    Faults,
    Held,
    Meanwhile,
    Slow,
    Unheard,
)
from tests.github_double.identities import Identity, check
from tests.github_double.model import Repository
from tests.github_double.paging import page
from tests.github_double.refusals import Refusal, not_found
from tests.github_double.routes import ROUTES
from tests.github_double.validation import Unfit


@dataclass(frozen=True)
class Seen:
    """A request that was answered.

    Attributes:
        line: Its verb, path and query.
        operation: What it asked for; empty where it was no call of the API that GitHub takes.
        status: What it was answered with; 0 where the connection ended before.
        charged: Whether it counted against the limit.
    """

    line: str
    operation: str
    status: int
    charged: bool


@dataclass
class _Exchange:
    """A request on its way through."""

    request: Request
    operation: Operation | None = None
    identity: Identity | None = None


class Api:
    """The API of a GitHub, and its git.

    Attributes:
        faults: What goes wrong on demand.
        seen: The requests so far.
        violations: Requests that GitHub would not take: whoever sent them is wrong.
        errors: What went wrong here, which is a bug of the double.
        lock: Held while a request is answered; a test that changes the state holds it too.
        stopping: Set when the double stops: nothing waits any longer.
    """

    def __init__(self, services: Services, prefix: str) -> None:
        self._services = services
        self._prefix = prefix
        self.faults = Faults()
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self.errors: list[BaseException] = []
        self.lock = RLock()
        self.stopping = Event()
        self._away_until = 0.0

    @property
    def time(self) -> float:
        """The seconds since 1970."""
        return self._services.state.clock()

    def answer(self, request: Request) -> Sending:
        """Return the answer, and how it goes out."""
        line = f"{request.verb} {request.path}"
        if request.query:
            line += f"?{urlencode(request.query, doseq=True)}"
        with self.lock:
            struck = self._struck(line)
        for fault in struck:
            if isinstance(fault, Slow):
                self.stopping.wait(fault.seconds)
        with self.lock:
            return self._answer(request, line, struck)

    def forget(self) -> None:
        """Forget what was asked, and let nothing go wrong any more."""
        self.faults.clear()
        self.seen.clear()
        self._away_until = 0.0

    def _struck(self, line: str) -> list[Fault]:
        """Return the faults that come to a request."""
        found = self.faults.of(line)
        for fault in found:
            if isinstance(fault, Away):
                self._away_until = self.time + fault.seconds
        return [*found, AWAY] if self.time < self._away_until else found

    def _answer(self, request: Request, line: str, struck: list[Fault]) -> Sending:
        for fault in struck:
            if isinstance(fault, Meanwhile):
                fault.happens()
            elif isinstance(fault, Exhausted):
                self._services.limits.exhaust(fault.seconds)
            elif isinstance(fault, Unheard):
                self.seen.append(Seen(line, "", 0, charged=False))
                return Sending(Response(0, {}, b""), share=None)
        instead = next((fault for fault in struck if isinstance(fault, Answer)), None)
        share = next((fault.share for fault in struck if isinstance(fault, CutOff)), 1.0)
        exchange = _Exchange(request)
        response = self._git(request, instead) if git_http.is_git(request) else self._call(exchange, line, instead)
        named = exchange.operation.name if exchange.operation else ""
        self.seen.append(Seen(line, named, response.status, exchange.identity is not None and response.status != 304))
        return Sending(response, share, held=any(isinstance(fault, Held) for fault in struck))

    def _git(self, request: Request, instead: Answer | None) -> Response:
        if instead is not None:
            return Response(instead.status, instead.headers, instead.message.encode())
        return git_http.answered(self._services, request)

    def _call(self, exchange: _Exchange, line: str, instead: Answer | None) -> Response:
        try:
            reply = self._reply(exchange, instead)
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.facts, refusal.headers)
        except Unfit as unfit:
            self.violations.append(f"{line}: {unfit}")
            exchange.operation = None
            reply = Reply(422, {"message": str(unfit), "documentation_url": "https://docs.github.com/rest"})
        except Exception as error:  # the test that asked shall fail of it
            self.errors.append(error)
            exchange.operation = None
            reply = Reply(500, {"message": f"The double is wrong: {error}"})
        if instead is not None and instead.text:
            return Response(instead.status, instead.headers, instead.text.encode())
        return self._counted(exchange, self._response(exchange, reply))

    def _reply(self, exchange: _Exchange, instead: Answer | None) -> Reply:
        request, services = exchange.request, self._services
        validation.check_headers(request.headers)
        found, in_path, named = self._find(request)
        # A call that GitHub would not take is wrong whatever comes in between, so no fault may hide it.
        parameters = validation.parameters_of(found, in_path, request)
        body = validation.body_of(found, request)
        if found.name not in ROUTES:
            raise Unfit(f"The double does not serve {found.name} yet.")
        exchange.operation = found
        if instead is not None:
            raise instead.refusal()
        exchange.identity = self._identity(found, request)
        services.limits.check(exchange.identity, request.verb)
        if "repo" in in_path and (named is None or not named.appears("api")):
            raise not_found()
        check(exchange.identity, ROUTES[found.name].needs, named)
        answered = ROUTES[found.name].handler(Call(services, found, parameters, body, exchange.identity, named))
        if isinstance(answered, Items):
            query = {name: values[0] for name, values in request.query.items()}
            return page(answered, parameters, query, self._link(request, named))
        return answered

    def _identity(self, found: Operation, request: Request) -> Identity:
        authorization = request.headers.get("Authorization", "")
        if not authorization and ROUTES[found.name].needs == "anyone":
            return self._services.identities.nobody()
        return self._services.identities.of(authorization)

    def _find(self, request: Request) -> tuple[Operation, dict[str, str], Repository | None]:
        """Return the operation that is asked for, what stands in its path, and the repository there.

        GitHub's links name a repository by its number, which its description leaves out.
        """
        if (request.verb, request.path) == ("POST", f"{self._prefix.removesuffix('/v3')}/graphql"):
            return graphql.ENQUEUE, {}, None
        if not request.path.startswith(f"{self._prefix}/"):
            raise Unfit(f"This is no path of the API, which is below {self._prefix or '/'}.")
        path = request.path.removeprefix(self._prefix)
        state = self._services.state
        numbered: Repository | None = None
        if path.startswith("/repositories/"):
            _, _, number, *rest = path.split("/")
            numbered = state.repositories.get(int(number))
            path = "/".join(["/repos", numbered.full_name if numbered else "gone/gone", *rest])
        found = operation(request.verb, path)
        if found is None:
            raise Unfit("GitHub has no such operation, or the double does not know it.")
        described, in_path = found
        if "repo" not in in_path:
            return described, in_path, None
        full_name = f"{in_path['owner']}/{in_path['repo']}"
        named = numbered or state.repository(full_name)
        if named is None and (moved := state.moved.get(full_name.casefold())):
            raise self._moved(request, f"/repositories/{moved.id}", path)
        return described, in_path, named

    def _moved(self, request: Request, place: str, path: str) -> Refusal:
        url = "/".join([self._services.state.url + place, *path.split("/")[4:]])
        url += f"?{urlencode(request.query, doseq=True)}" if request.query else ""
        status, message = (301, "Moved Permanently") if request.verb == "GET" else (307, "Temporary Redirect")
        return Refusal(status, message, headers={"Location": url})

    def _link(self, request: Request, named: Repository | None) -> str:
        """Return the address of a list as GitHub's links name it."""
        path = request.path.removeprefix(self._prefix)
        if named is not None and path.startswith("/repos/"):
            path = "/".join([f"/repositories/{named.id}", *path.split("/")[4:]])
        return self._services.state.url + path

    def _response(self, exchange: _Exchange, reply: Reply) -> Response:
        facts: Any = reply.facts
        if exchange.operation is not None:
            try:
                facts = validation.completed(exchange.operation, reply.status, facts)
            except AssertionError as error:
                self.errors.append(error)
        body = b"" if facts is None else json.dumps(facts).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
        if exchange.request.verb == "GET" and reply.status == 200:
            # What one may see differs, so ETags differ by who asks.
            asker = exchange.request.headers.get("Authorization", "").encode()
            headers["ETag"] = f'W/"{hashlib.sha256(body + asker).hexdigest()}"'
            if exchange.request.headers.get("If-None-Match") == headers["ETag"]:
                return Response(304, {"ETag": headers["ETag"]}, b"")
        return Response(reply.status, headers, body)

    def _counted(self, exchange: _Exchange, response: Response) -> Response:
        identity = exchange.identity
        if identity is None:
            return response
        if response.status != 304:
            self._services.limits.count(identity)
        headers = self._services.limits.headers(identity)
        if identity.scopes is not None:
            headers["X-OAuth-Scopes"] = ", ".join(identity.scopes)
        return replace(response, headers={**headers, **response.headers})
