"""Changing versions in a repository of 10,000 apps, beside the bare push, one checkout, and a clone per app."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter

from bench.result import Result, shown
from generator.core.change import Change
from generator.core.tree import File, Tree
from generator.gitrepo.clone import Clone
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Patience, Planner, write

APPS = 10_000
FEW_APPS = 1_000
RUNS = 15
CLONES = 3
BATCHES = (90, 500)
MEGABYTES = 200
PATIENT = Patience(attempts=10_000)
"""On a busy machine races are lost that a quiet one wins: that is measured, not given up."""
PAUSE = 0.2
"""The seconds after which somebody else pushes again."""

ENVIRONMENT = "registry/environments/production"
CLUSTERS = 10
"""Over so many folders the apps are spread, where they do not all lie in one.

All in one is the worst case: git writes a folder anew when one of its files changes.
"""

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app-{number}-production
  namespace: prod-eu-environment
  labels:
    app.kubernetes.io/managed-by: gitopsmith
spec:
  project: prod-eu
  source:
    repoURL: ghcr.io/acme/charts
    chart: app-{number}
    targetRevision: 1.0.0
  destination:
    name: prod-eu
    namespace: app-{number}-production
"""

PEAK = """
import resource, sys
from pathlib import Path
from bench.writer import set_version, write, Clone, RemoteBranch
with Clone(sys.argv[1], Path(sys.argv[2])) as clone:
    write(RemoteBranch(clone, "main"), [set_version(number, 1, "9.0.0") for number in range(500)])
print(*(resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


def path_of(number: int, clusters: int) -> str:
    return f"{ENVIRONMENT}/cluster-{number % clusters}/app-{number:05}.yaml"


def set_version(number: int, clusters: int, version: str) -> Planner:
    """Return a planner that changes the version of one app."""
    path = path_of(number, clusters)

    def plan(tree: Tree) -> Change:
        found = tree.get(path)
        assert found
        return Change({path: File(edited(found.data, version))}, f"app-{number} → {version} in production")

    return plan


def edited(data: bytes, version: str) -> bytes:
    lines = data.split(b"\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(b"    targetRevision: "))
    lines[place] = f"    targetRevision: {version}".encode()
    return b"\n".join(lines)


def git(folder: Path, *command: str, stdin: bytes = b"") -> str:
    settings = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    done = subprocess.run(["git", *settings, *command], cwd=folder, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def make_remote(path: Path, apps: int, clusters: int) -> Path:
    """Make a bare repository with two files for each app."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    stream = [b"commit refs/heads/main\ncommitter bench <bench@example.com> 1 +0000\ndata 5\nfirst\n"]
    for number in range(apps):
        text = APPLICATION.format(number=number).encode()
        files = (path_of(number, clusters), f".gitopsmith/{path_of(number, clusters)}")
        stream += [b"M 100644 inline %b\ndata %d\n%b\n" % (file.encode(), len(text), text) for file in files]
    git(path, "fast-import", "--quiet", stdin=b"".join(stream))
    return path


def one_change(branch: RemoteBranch, clusters: int, clone: Path, mirror: Path) -> tuple[float, float]:
    """Return the seconds from event to pushed, and those of the bare push of the same commit to an equal remote."""
    ours, theirs = [], []
    for run in range(RUNS):
        started = perf_counter()
        (outcome,) = write(branch, [set_version(run, clusters, f"1.1.{run}")])
        ours.append(perf_counter() - started)
        started = perf_counter()
        git(clone, "push", "--quiet", str(mirror), f"{outcome.commit}:refs/heads/main")
        theirs.append(perf_counter() - started)
    return median(ours), median(theirs)


def batch(branch: RemoteBranch, clusters: int, size: int, version: str = "") -> float:
    """Return the seconds that so many updates take, all written at once."""
    started = perf_counter()
    planners = [set_version(number, clusters, version or f"2.{size}.0") for number in range(size)]
    outcomes = write(branch, planners, patience=PATIENT)
    seconds = perf_counter() - started
    assert len({outcome.commit for outcome in outcomes}) == size
    return seconds


@contextmanager
def competitor(remote: Path, folder: Path) -> Iterator[list[str]]:
    """Push empty commits to the remote while the block runs; yield the list of those that have arrived."""
    git(folder, "clone", "--quiet", "--bare", str(remote), "competitor.git")
    own, stop, begun = folder / "competitor.git", Event(), Event()
    arrived: list[str] = []

    def push() -> bool:
        git(own, "fetch", "--quiet", "origin", "+refs/heads/main:refs/heads/main")
        new = git(own, "commit-tree", "-p", "main", "-m", "somebody else's", "main^{tree}")
        try:
            git(own, "push", "--quiet", "origin", f"{new}:refs/heads/main")
        except subprocess.CalledProcessError:
            return False
        arrived.append(new)
        return True

    def work() -> None:
        while not stop.wait(PAUSE):
            while not push():
                pass
            begun.set()

    thread = Thread(target=work)
    thread.start()
    try:
        assert begun.wait(60)
        yield arrived
    finally:
        stop.set()
        thread.join()


def clone_per_app(remote: Path, folder: Path) -> float:
    """Return the seconds that an update takes where each clones, edits, commits and pushes."""
    started = perf_counter()
    for number in range(CLONES):
        own = folder / f"own-{number}"
        git(folder, "clone", "--quiet", "--depth=1", f"file://{remote}", str(own))
        commit(own, number, "3.0.0")
        git(own, "push", "--quiet")
    return (perf_counter() - started) / CLONES


def one_checkout(remote: Path, folder: Path, size: int) -> float:
    """Return the seconds that so many updates take in a checkout that is there: add and commit each, one push."""
    own = folder / "checkout"
    git(folder, "clone", "--quiet", "--depth=1", f"file://{remote}", str(own))
    started = perf_counter()
    for number in range(size):
        commit(own, number, "4.0.0")
    git(own, "push", "--quiet")
    return perf_counter() - started


def commit(checkout: Path, number: int, version: str) -> None:
    path = checkout / path_of(number, 1)
    path.write_bytes(edited(path.read_bytes(), version))
    git(checkout, "add", str(path))
    git(checkout, "commit", "--quiet", f"--message=app-{number} → {version}")


@dataclass(frozen=True)
class Measured:
    """Seconds in one repository: of one change, of the bare push of one, and of batches by their size."""

    one: float
    push: float
    batches: dict[int, float]
    contended: float
    others: int

    def __str__(self) -> str:
        batches = ", ".join(f"{size} updates {shown(seconds)}" for size, seconds in self.batches.items())
        return (
            f"one change {shown(self.one)} (bare push {shown(self.push)}), {batches}, the last beside {self.others} "
            f"pushes of somebody else {shown(self.contended)}"
        )


def measure(folder: Path, apps: int, clusters: int = 1) -> Measured:
    """Return what changes cost in a repository of so many apps, spread over so many folders."""
    remote = make_remote(folder / "remote.git", apps, clusters)
    mirror = shutil.copytree(remote, folder / "mirror.git")
    with Clone(str(remote), folder / "cache") as clone:
        branch = RemoteBranch(clone, "main")
        write(branch, [set_version(0, clusters, "1.0.1")])
        own = next((folder / "cache").glob("*/repository.git"))
        git(own, "push", "--quiet", str(mirror), "refs/remotes/origin/main:refs/heads/main")
        one, push = one_change(branch, clusters, own, mirror)
        batches = {size: batch(branch, clusters, size) for size in BATCHES}
        with competitor(remote, folder) as arrived:
            contended, others = batch(branch, clusters, BATCHES[-1], "8.0.0"), len(arrived)
    return Measured(one, push, batches, contended, others)


def main() -> list[Result]:
    """Return how a change and batches of changes compare, growth and memory measured beside."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        few, spread, many = (
            measure(folder / "few", FEW_APPS),
            measure(folder / "spread", APPS, CLUSTERS),
            measure(folder / "many", APPS),
        )
        remote = folder / "many" / "remote.git"
        peak = subprocess.check_output([sys.executable, "-c", PEAK, str(remote), str(folder / "peak")], text=True)
        per_app = clone_per_app(remote, folder)
        checkout = one_checkout(remote, folder, BATCHES[0])
    ours, git_peak = (float(figure) for figure in peak.split())
    return [
        Result(
            what=f"one change into {APPS} apps, to pushed",
            ours=many.one,
            theirs=many.push,
            beside="bare `git push` of the same commit",
            bar=1 / 3,
            note=f"growth: {FEW_APPS} apps in one folder: {few}; {APPS} apps in {CLUSTERS} folders: {spread}; "
            f"{APPS} apps in one folder: {many}",
        ),
        Result(
            what=f"{BATCHES[0]} updates of {APPS} apps, one push",
            ours=many.batches[BATCHES[0]],
            theirs=checkout,
            beside="one checkout, `git add` and `git commit` each, one push",
            bar=2,
            seconds=1,
        ),
        Result(
            what=f"{BATCHES[1]} updates of {APPS} apps, one push",
            ours=many.batches[BATCHES[1]],
            theirs=per_app * BATCHES[1],
            beside=f"clone, edit, commit and push for each ({CLONES} measured)",
            bar=20,
            seconds=4,
            note=f"peak memory {ours:.0f} MB, and {git_peak:.0f} MB in the largest git (bar: {MEGABYTES} MB in all)",
        ),
        Result(
            what=f"{BATCHES[1]} updates of {APPS} apps while somebody else pushes ({many.others} times)",
            ours=many.contended,
            theirs=many.batches[BATCHES[1]],
            beside="the same alone",
            bar=1 / 10,
            seconds=10,
        ),
    ]


if __name__ == "__main__":
    for result in main():
        print(result)
