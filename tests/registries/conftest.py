"""Real registries, open and closed; servers that answer as a test says; names that lead to them."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generator.registries.registry import MANIFESTS
from tests.registries.scripted_server import Reply, Request, Script, ScriptedServer, reply, serving

USER, PASSWORD = "alice", "open-sesame"
PASSWORD_LINE = f"{USER}:$2b$04$Dc2L04j4CjUunsyYWlnl4evHl/ZeilGvwRjgw8kc.74eRtTKmSM82\n"
SERVICE, ISSUER = "registry of the tests", "token server of the tests"
NAMES = ("registry.test", "auth.test", "elsewhere.test", "ghcr.io", "registry-1.docker.io", "auth.docker.io")
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass(frozen=True)
class Authority:
    """A key, its certificate, and files with them."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    key_file: Path
    certificate_file: Path

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Authority(key, certificate, folder / "key.pem", folder / "certificate.pem")
    made.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    made.key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return made


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], ScriptedServer]]:
    """Start a server on this machine, without TLS."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(serving(script))


@pytest.fixture
def serve_as(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, Script], ScriptedServer]]:
    """Start a server with TLS and let a name of the outside lead to it; all other names lead nowhere."""
    ports: dict[str, int] = {}
    resolve = socket.getaddrinfo

    def lead(host: str, *arguments: Any, **options: Any) -> Any:
        if host in ports:
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", ports[host]))]
        if host not in {"127.0.0.1", "localhost"}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lead)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate_file))
    with ExitStack() as stack:

        def start(name: str, script: Script, *, plain: bool = False) -> ScriptedServer:
            server = stack.enter_context(serving(script, None if plain else authority.server))
            ports[name] = server.port
            return server

        yield start


class TokenServer:
    """Speaks the token flow: to strangers it grants what is in `public/`, to the user everything."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def __call__(self, request: Request) -> Reply:
        if request.authorization not in {None, BASIC}:
            return reply(401)
        query = dict(request.query)
        kind, name, actions = query["scope"].split(":")
        granted = request.authorization == BASIC or name.startswith("public/")
        access = [{"type": kind, "name": name, "actions": actions.split(",")}] if granted else []
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "somebody",
            "aud": query["service"],
            "exp": now + 300,
            "nbf": now - 60,
            "iat": now,
            "jti": "1",
            "access": access,
        }
        chain = [base64.b64encode(self._authority.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        token = jwt.encode(claims, self._authority.key, "ES256", headers={"x5c": chain})
        return reply(200, json.dumps({"token": token, "expires_in": 300}).encode(), Content_Type="application/json")


@dataclass(frozen=True)
class Registries:
    """Registries with the same content, by their hosts.

    Attributes:
        free: Asks for nothing.
        password: Wants a password for everything.
        token: Wants a token from the token server.
        token_server: That one.
    """

    free: str
    password: str
    token: str
    token_server: ScriptedServer


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Registries]:
    folder = tmp_path_factory.mktemp("registries")
    passwords = folder / "passwords"
    passwords.write_text(PASSWORD_LINE)
    with ExitStack() as stack:
        server = stack.enter_context(serving(TokenServer(authority)))
        token = {
            "realm": f"http://{server.host}/token",
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": str(authority.certificate_file),
        }
        ways: list[dict[str, Any]] = [
            {},
            {"auth": {"htpasswd": {"realm": "tests", "path": str(passwords)}}},
            {"auth": {"token": token}},
        ]
        hosts = [stack.enter_context(_registry(folder, f"registry-{number}", way)) for number, way in enumerate(ways)]
        free, password, with_token = hosts
        yield Registries(free, password, with_token, server)


@contextmanager
def _registry(folder: Path, name: str, auth: dict[str, Any]) -> Iterator[str]:
    config, log = folder / f"{name}.json", folder / f"{name}.log"
    storage = {"filesystem": {"rootdirectory": str(folder / "content")}}
    http = {"addr": "127.0.0.1:0", "secret": "one for all"}
    config.write_text(json.dumps({"version": "0.1", "storage": storage, "http": http, **auth}))
    program = shutil.which("docker-registry") or shutil.which("registry")
    assert program
    with log.open("wb") as out, subprocess.Popen([program, "serve", config], stdout=out, stderr=out) as process:
        try:
            yield _host(process, log)
        finally:
            process.terminate()
            process.wait(20)


def _host(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        _, listening, rest = log.read_text().partition("listening on 127.0.0.1:")
        port = rest.partition('"')[0]
        if listening and port.isdigit():
            return f"127.0.0.1:{port}"
        time.sleep(0.01)
    raise AssertionError(log.read_text())


def push(host: str, repository: str, tag: str) -> str:
    """Push a small image to a registry that asks for nothing, and return its digest."""
    config = b'{"architecture":"amd64","os":"linux"}'
    with requests.Session() as session:
        layer = {"mediaType": "application/vnd.oci.image.config.v1+json", **_blob(session, host, repository, config)}
        document = {"schemaVersion": 2, "mediaType": MANIFESTS[1], "config": layer, "layers": []}
        return _put(session, host, repository, tag, document)


def push_index(host: str, repository: str, tag: str) -> str:
    """Push an image for several platforms, and return the digest of its index."""
    digest = push(host, repository, "amd64")
    with requests.Session() as session:
        size = len(session.get(f"http://{host}/v2/{repository}/manifests/{digest}", headers=_ACCEPT).content)
        manifest = {"mediaType": MANIFESTS[1], "digest": digest, "size": size}
        platform = {"architecture": "amd64", "os": "linux"}
        document = {"schemaVersion": 2, "mediaType": MANIFESTS[0], "manifests": [{**manifest, "platform": platform}]}
        return _put(session, host, repository, tag, document)


_ACCEPT = {"Accept": MANIFESTS[1]}


def _blob(session: requests.Session, host: str, repository: str, content: bytes) -> dict[str, Any]:
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    upload = session.post(f"http://{host}/v2/{repository}/blobs/uploads/", timeout=20)
    session.put(upload.headers["Location"], params={"digest": digest}, data=content, timeout=20).raise_for_status()
    return {"digest": digest, "size": len(content)}


def _put(session: requests.Session, host: str, repository: str, tag: str, document: dict[str, Any]) -> str:
    kind = {"Content-Type": document["mediaType"]}
    address = f"http://{host}/v2/{repository}/manifests/{tag}"
    answer = session.put(address, data=json.dumps(document), headers=kind, timeout=20)
    answer.raise_for_status()
    return answer.headers["Docker-Content-Digest"]
