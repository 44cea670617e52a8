"""The catalog item that watches the sync: it reads the metrics that there are, and looks at every one of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from generator.checking.checker import check
from generator.checking.model import CheckedRepository
from generator.core.errors import UserErrors
from generator.core.layout import Layout
from generator.core.previews import OpenPreview
from generator.core.tree import File, MemoryTree
from generator.sync.monitoring.metrics import Metrics
from generator.sync.news.delivery import Delivery, Result
from generator.sync.settlement import Settlement
from generator.sync.store.counts import Counts, ReportCounts
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

ITEM = Path(__file__).parents[2] / "catalog" / "gitopsmith-monitoring"
DASHBOARD = "manifests/gitopsmith-sync.json"
RULES = "manifests/prometheusrule.yaml"

NOT_SHOWN = {"process_max_fds", "process_start_time_seconds", "process_virtual_memory_bytes"}
"""What is exposed and nowhere looked at: the library adds it to the memory, the CPU and the files of a process."""

FROM_PROMETHEUS = {"up"}
"""What Prometheus itself knows of a target."""


@cache
def template() -> Template:
    return Template.parse(read_folder(ITEM), name=ITEM.name)


def rendered(**answers: object) -> dict[str, str]:
    tree = render(template(), resolve(template(), answers))
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


@cache
def dashboard() -> dict[str, Any]:
    found = json.loads(rendered()[DASHBOARD])
    assert isinstance(found, dict)
    return found


@cache
def alerts() -> dict[str, dict[str, Any]]:
    (group,) = yaml.safe_load(rendered()[RULES])["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def expressions() -> dict[str, str]:
    """Return every expression of the item, by where it stands; what Grafana fills in is filled in."""
    found = {name: rule["expr"] for name, rule in alerts().items()}
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            filled = target["expr"].replace("$__rate_interval", "5m").replace("$job", "gitopsmith")
            found[f"{panel['title']} {target['refId']}"] = filled
    return found


EXPRESSIONS = expressions()


@cache
def exposed() -> tuple[dict[str, str], dict[str, dict[str, set[str]]]]:
    """Return the types of all families, and the labels of all samples with their values, of a sync that did it all."""
    metrics = Metrics("1", period=600)
    metrics.answered(202, 0.1, "release")
    for result in get_args(Result):
        waiting = Delivery("d", "release", waiting_for="image:1")
        metrics.settled(waiting, Settlement("d", "done", result, waiting_for="i" * (result == "gave-up")), 1.0)
    metrics.pushed(1, 0.1, "pushed")
    with metrics.git_operation("push"):
        metrics.called("pulls", 304, 0.1)
    metrics.limit(1, 2, 3)
    metrics.reconciled("complete", 1, {}, held_back=1)
    metrics.watch_queue(lambda: Counts({}, 1.0))
    metrics.webhooks_kept(1, {"create": 1}, {"keep": 1}, held_back=1)
    metrics.reported("deployment", "told")
    metrics.report_waits(1.0)
    metrics.watch_reports(lambda: ReportCounts(1, 1, {}))
    place = Layout().app_place("preview", "dev", "podinfo-pr-1")
    metrics.show_previews("acme/gitops", [OpenPreview("podinfo", 1, "dev", place)])
    types: dict[str, str] = {}
    samples: dict[str, dict[str, set[str]]] = {"up": {}}
    for family in text_string_to_metric_families(metrics.exposition()[0].decode()):
        types[family.name] = family.type
        for sample in family.samples:
            labels = samples.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return types, samples


def family_of(sample: str) -> str:
    types, _ = exposed()
    if sample in types:
        return sample
    return re.sub(r"_(?:total|bucket|sum|count)$", "", sample)


# A reader of expressions, as far as it takes to find what stands in them

FUNCTIONS = {"absent", "clamp_min", "histogram_quantile", "increase", "rate", "time"}
AGGREGATIONS = {"count", "max", "min", "sum", "topk"}
WORDS = {"and", "by", "offset", "or"}
OF_COUNTERS = {"increase", "rate"}
TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<text>"[^"\\]*")
    | (?P<range>\[[0-9]+[smhd]\])
    | (?P<duration>[0-9]+[smhd]\b)
    | (?P<number>[0-9]+(?:\.[0-9]+)?\b)
    | (?P<name>[a-zA-Z_][a-zA-Z0-9_]*)
    | (?P<operator>=~|!=|!~|==|>=|<=|[-+*/=<>,])
    | (?P<bracket>[(){}])
    """,
    re.VERBOSE,
)


def tokens(expression: str) -> list[tuple[str, str]]:
    """Return the kinds and texts of an expression's tokens; nothing else may stand in it."""
    found, position = [], 0
    while position < len(expression):
        match = TOKEN.match(expression, position)
        assert match, f"{expression[position:]!r} is nothing that is known"
        position = match.end()
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match[0]))
    return found


def selectors(expression: str) -> Iterator[tuple[str, dict[str, tuple[str, str]], bool, str]]:
    """Yield each metric with its matchers, whether a range follows, and the name before the bracket around it."""
    found = tokens(expression)
    index, functions = 0, [""]
    while index < len(found):
        kind, text = found[index]
        before = found[index - 1][1] if index else ""
        if text == "(":
            functions.append(before)
        elif text == ")":
            functions.pop()
        elif kind == "name" and functions[-1] != "by" and text not in FUNCTIONS | AGGREGATIONS | WORDS:
            matchers = {}
            if found[index + 1 : index + 2] == [("bracket", "{")]:
                index += 2
                while found[index][1] != "}":
                    (_, label), (_, operator), (kind, value) = found[index : index + 3]
                    assert kind == "text"
                    matchers[label] = operator, value[1:-1]
                    index += 4 if found[index + 3][1] == "," else 3
            follows = found[index + 1][0] if index + 1 < len(found) else ""
            yield text, matchers, follows == "range", functions[-1]
        index += 1


def groupings(expression: str) -> Iterator[str]:
    for labels in re.findall(r"\bby \(([^)]*)\)", expression):
        yield from labels.split(", ")


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_is_made_of_what_is_known_and_its_brackets_match(expression: str) -> None:
    opened = []
    for kind, text in tokens(expression):
        if text in ("(", "{"):
            opened.append(text)
        elif kind == "bracket":
            assert opened.pop() == {")": "(", "}": "{"}[text]
    assert opened == []
    known = FUNCTIONS | AGGREGATIONS | WORDS
    for name in re.findall(r"\b([a-z_]+)\s*\(", expression):
        assert name in known


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_reads_what_the_sync_exposes(expression: str) -> None:
    types, samples = exposed()
    read = list(selectors(expression))
    assert read
    for sample, matchers, is_range, function in read:
        assert sample in samples
        assert matchers.pop("job") in {("=", "gitopsmith"), ("=~", "gitopsmith")}
        for label, (operator, wanted) in matchers.items():
            values = samples[sample][label]
            assert operator in {"=", "=~"}
            assert wanted in values if operator == "=" else any(re.fullmatch(wanted, value) for value in values)
        is_counter = types.get(family_of(sample)) in {"counter", "histogram"}
        assert is_range == is_counter == (function in OF_COUNTERS)
    labels = {label for sample, *_ in read for label in samples[sample]}
    assert set(groupings(expression)) <= labels


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_quantile_is_of_buckets_that_are_added_up(expression: str) -> None:
    buckets = [sample for sample, *_ in selectors(expression) if sample.endswith("_bucket")]
    assert bool(buckets) == ("histogram_quantile" in expression)
    if buckets:
        assert "le" in set(groupings(expression))


def test_every_metric_is_looked_at() -> None:
    types, _ = exposed()
    read = {family_of(sample) for expression in EXPRESSIONS.values() for sample, *_ in selectors(expression)}
    assert set(types) - read == NOT_SHOWN
    assert read - set(types) == FROM_PROMETHEUS


# The dashboard


def test_every_panel_says_what_it_shows_and_has_its_own_place() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] <= place["x"] + place["w"] <= 24
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["targets"]
            references = [target["refId"] for target in panel["targets"]]
            assert len(set(references)) == len(references)
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        assert not _overlap(one, other)


def _overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def test_every_panel_asks_the_data_source_and_the_job_that_are_chosen() -> None:
    chosen = {variable["name"]: variable for variable in dashboard()["templating"]["list"]}
    assert chosen["datasource"]["type"] == "datasource"
    assert chosen["datasource"]["query"] == "prometheus"
    assert chosen["job"]["query"]["query"] == "label_values(gitopsmith_build_info, job)"
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"
            assert target["expr"].count('job=~"$job"') == len(
                list(selectors(EXPRESSIONS[f"{panel['title']} {target['refId']}"]))
            )
    assert "id" not in dashboard()


# The alerts


def test_an_alert_says_how_bad_it_is_what_is_wrong_and_what_to_do() -> None:
    for name, rule in alerts().items():
        assert name.startswith("Gitopsmith")
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith(".")
        assert "\n" not in rule["annotations"]["description"]


def test_every_alert_is_in_the_readme_under_its_severity() -> None:
    told = re.search(r"Critical:(.*)Warning:(.*)## What it needs", (ITEM / "README.md").read_text(), re.DOTALL)
    assert told
    for severity, text in zip(("critical", "warning"), told.groups(), strict=True):
        named = set(re.findall(r"^- `(\w+)`:", text, re.MULTILINE))
        assert named == {name for name, rule in alerts().items() if rule["labels"]["severity"] == severity}


def test_alerts_follow_the_answers() -> None:
    text = rendered(queue_seconds=900, limit_percent=25, sync_name="sync")[RULES]
    assert "> 900\n" in text
    assert "< 25 / 100\n" in text
    assert 'job="gitopsmith"' not in text
    assert text.count('job="sync"') == rendered()[RULES].count('job="gitopsmith"')


# The objects


def test_prometheus_and_grafana_find_it() -> None:
    files = rendered(release="prometheus", sync_namespace="tools", sync_name="sync", port="metrics", interval="1m")
    monitor = yaml.safe_load(files["manifests/servicemonitor.yaml"])
    assert monitor["spec"] == {
        "jobLabel": "app.kubernetes.io/name",
        "namespaceSelector": {"matchNames": ["tools"]},
        "selector": {"matchLabels": {"app.kubernetes.io/name": "sync"}},
        "endpoints": [{"port": "metrics", "path": "/metrics", "interval": "1m"}],
    }
    for path in ("manifests/servicemonitor.yaml", RULES):
        assert yaml.safe_load(files[path])["metadata"]["labels"]["release"] == "prometheus"
        assert "release" not in yaml.safe_load(rendered()[path])["metadata"]["labels"]


def test_every_object_is_in_the_namespace_of_the_monitoring() -> None:
    files = rendered(monitoring_namespace="observability", cluster_type="management")
    application = yaml.safe_load(files["application.yaml"])
    assert application["spec"]["destination"] == {"name": "in-cluster", "namespace": "observability"}
    assert application["spec"]["source"]["path"].endswith("/manifests")
    for path in ("manifests/servicemonitor.yaml", RULES):
        made = yaml.safe_load(files[path])
        assert made["metadata"]["namespace"] == "observability"
        assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "gitopsmith"
    assert yaml.safe_load(files["manifests/kustomization.yaml"])["namespace"] == "observability"


@pytest.mark.parametrize("dashboard", [True, False])
@pytest.mark.parametrize("alerts", [True, False])
def test_what_is_not_wanted_is_not_there_and_not_named(alerts: bool, dashboard: bool) -> None:
    files = rendered(alerts=alerts, dashboard=dashboard)
    kustomization = yaml.safe_load(files["manifests/kustomization.yaml"])
    assert (RULES in files) == alerts == ("prometheusrule.yaml" in kustomization["resources"])
    assert (DASHBOARD in files) == dashboard == ("configMapGenerator" in kustomization)
    assert "servicemonitor.yaml" in kustomization["resources"]


@pytest.mark.parametrize("alerts", [True, False])
@pytest.mark.parametrize("dashboard", [True, False])
def test_it_passes_the_check(alerts: bool, dashboard: bool) -> None:
    files = rendered(alerts=alerts, dashboard=dashboard)
    place = "registry/clusters/example/components/gitopsmith-monitoring"
    tree = MemoryTree({f"{place}/{path}": File(text.encode()) for path, text in files.items()})
    repository = CheckedRepository("platform", tree, "https://github.com/example/example-gitops.git")
    assert [finding for finding in check([repository]) if finding.rule != "application-project"] == []


@pytest.mark.needs("kubectl|kustomize")
def test_kustomize_makes_the_config_map_that_grafana_takes(tmp_path: Path) -> None:
    for path, text in rendered().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    program = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    built = subprocess.run([*program, tmp_path / "manifests"], check=True, capture_output=True, text=True)
    objects = {document["kind"]: document for document in yaml.safe_load_all(built.stdout)}
    assert set(objects) == {"ConfigMap", "PrometheusRule", "ServiceMonitor"}
    config = objects["ConfigMap"]
    assert config["metadata"]["name"] == "gitopsmith-dashboard"
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {made["metadata"]["namespace"] for made in objects.values()} == {"monitoring"}
    assert json.loads(config["data"]["gitopsmith-sync.json"]) == dashboard()


@pytest.mark.parametrize(
    "answers",
    [
        {"interval": "30"},
        {"limit_percent": 0},
        {"limit_percent": 91},
        {"monitoring_namespace": "Monitoring"},
        {"port": "a-port-name-over-15"},
        {"queue_seconds": 59},
        {"release": "a b"},
        {"sync_name": 'x"} or vector(1'},
        {"sync_namespace": ""},
    ],
)
def test_answers_that_would_break_it_are_refused(answers: Mapping[str, object]) -> None:
    with pytest.raises(UserErrors):
        resolve(template(), answers)
