"""Objects by themselves: schemas, names, tokens, template marks and Secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.checking.findings import Finding, Severity

Check = Callable[..., list[Finding]]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
  creationTimestamp: null
spec:
  replicas: 2
  selector:
    matchLabels: {app: podinfo}
  template:
    metadata:
      labels: {app: podinfo}
    spec:
      containers:
        - name: podinfo
          image: ghcr.io/stefanprodan/podinfo:6.7.0
          ports:
            - {containerPort: 9898, protocol: TCP}
          resources:
            limits: {cpu: 1, memory: 64Mi}
          livenessProbe:
            httpGet: {path: /healthz, port: http}
"""


def test_a_good_deployment_has_no_findings(check_one: Check) -> None:
    assert check_one(DEPLOYMENT) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("  replicas: 2", "  replica: 2", 7, "spec.replica", "is no field of Deployment"),
        ("  replicas: 2", '  replicas: "2"', 7, "spec.replicas", "is a string, but must be an integer"),
        ("memory: 64Mi", "memory: 64Mib", 20, "limits.memory", "is no quantity"),
        ("protocol: TCP", "protocol: tcp", 18, "ports[0].protocol", "must be one of `SCTP`, `TCP`, `UDP`"),
        ("containerPort: 9898, ", "", 18, "ports[0]", "containerPort` is missing"),
        ("labels: {app: podinfo}", "labels: {app: 1}", 12, "metadata.labels.app", "must be a string"),
        ("9898", "99999999999", 18, "containerPort", "out of range"),
        ("  selector:\n    matchLabels: {app: podinfo}\n", "", 6, "spec", "`spec.selector` is missing"),
        ("kind: Deployment", "kind: Deploymnet", 2, "kind", "no kind `Deploymnet`"),
        ("apps/v1", "v1", 1, "apiVersion", "`v1` has no kind `Deployment`"),
        ("apps/v1", "extensions/v1beta1", 1, "apiVersion", "no longer served"),
    ],
)
def test_what_breaks_the_schema_is_found_at_its_key(
    check_one: Check, old: str, new: str, line: int, key: str, words: str
) -> None:
    assert old in DEPLOYMENT
    (finding,) = check_one(DEPLOYMENT.replace(old, new))
    assert (finding.rule, finding.severity, finding.line) == ("schema", Severity.ERROR, line)
    assert finding.key.endswith(key)
    assert words in finding.message


def test_a_misspelt_field_is_answered_with_the_right_one(check_one: Check) -> None:
    (finding,) = check_one(DEPLOYMENT.replace("replicas", "replica"))
    assert finding.hint == "Did you mean `replicas`?"


def test_a_removed_version_is_answered_with_the_one_that_replaces_it(check_one: Check) -> None:
    text = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
    (finding,) = check_one(text)
    assert "`autoscaling/v2`" in finding.hint


def test_custom_kinds_and_betas_that_are_not_known_pass(check_one: Check) -> None:
    assert check_one("apiVersion: x.io/v1\nkind: X\nmetadata: {name: x}\nspec: {a: [1, {b: c}]}\n") == []
    assert check_one("apiVersion: resource.k8s.io/v1beta2\nkind: DeviceClass\nmetadata: {name: x}\n") == []


def test_a_custom_resource_definition_may_describe_anything(check_one: Check) -> None:
    text = """\
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.acme.io}
    spec:
      group: acme.io
      names: {kind: Thing, plural: things}
      scope: Namespaced
      versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema:
              type: object
              description: Takes {{ .Name }} or <THE_NAME>.
              x-kubernetes-preserve-unknown-fields: true
              properties:
                spec: {type: object, x-kubernetes-validations: [{rule: "true"}], default: {a: [1]}}
    """
    assert check_one(text) == []


def test_the_items_of_a_list_are_objects_like_any_other(check_one: Check) -> None:
    text = """\
    apiVersion: v1
    kind: List
    items:
      - apiVersion: v1
        kind: Service
        metadata: {name: a}
        spec: {ports: [{port: http}]}
    ---
    apiVersion: apps/v1
    kind: DeploymentList
    items:
      - metadata: {name: B}
        spec: {selector: {}, template: {}}
    """
    found = check_one(text)
    assert [(f.line, f.rule, f.key) for f in found] == [
        (7, "schema", "items[0].spec.ports[0].port"),
        (12, "name", "items[0].metadata.name"),
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("v1/Namespace", "my.team"),
        ("v1/Namespace", "a" * 64),
        ("v1/Service", "1st"),
        ("v1/ConfigMap", "Upper"),
        ("v1/ConfigMap", "under_score"),
        ("v1/ConfigMap", "a..b"),
        ("v1/ConfigMap", "a" * 254),
        ("batch/v1/Job", "a" * 64),
        ("batch/v1/CronJob", "a" * 53),
        ("rbac.authorization.k8s.io/v1/ClusterRole", "a/b"),
        ("argoproj.io/v1alpha1/Application", "-a"),
        ("acme.io/v1/Thing", "ö"),
    ],
)
def test_a_name_that_kubernetes_refuses_is_found(check_one: Check, kind: str, name: str) -> None:
    version, _, kind = kind.rpartition("/")
    found = check_one(f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n")
    assert [(f.line, f.key) for f in found if f.rule == "name"] == [(4, "metadata.name")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("v1/ConfigMap", "my.config-1"),
        ("v1/ConfigMap", "a" * 253),
        ("rbac.authorization.k8s.io/v1/ClusterRole", "system:Node_Reader"),
        ("v1/Service", "a1"),
        ("acme.io/v1/Thing", "1.2.3"),
    ],
)
def test_a_name_that_kubernetes_accepts_is_not(check_one: Check, kind: str, name: str) -> None:
    version, _, kind = kind.rpartition("/")
    found = check_one(f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n")
    assert [f for f in found if f.rule == "name"] == []


def test_an_object_needs_a_name_or_a_generated_one(check_one: Check) -> None:
    assert [f.rule for f in check_one("apiVersion: v1\nkind: ConfigMap\n")] == ["name"]
    assert check_one("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {containers: [{name: a}]}\n") == []
    assert check_one("apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n") == []


def test_labels_annotations_and_namespaces_are_held_to_their_rules(check_one: Check) -> None:
    text = """\
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
      namespace: my.team
      labels:
        app: "two words"
        "-x": y
        UPPER.io/x: y
        empty: ""
        good.io/Name_1: v1.2_3
      annotations:
        a/b/c: anything goes here
        note: {}
    """
    found = check_one(text)
    assert [(f.line, f.rule) for f in found] == [
        (5, "name"),
        (7, "name"),
        (8, "name"),
        (9, "name"),
        (13, "name"),
        (14, "schema"),
    ]


def test_labels_of_pods_and_selectors_are_held_to_the_same_rules(check_one: Check) -> None:
    found = check_one(DEPLOYMENT.replace("{app: podinfo}", f"{{app: {'a' * 64}}}"))
    assert [(f.line, f.key) for f in found] == [
        (9, "spec.selector.matchLabels.app"),
        (12, "spec.template.metadata.labels.app"),
    ]


def test_a_token_that_was_never_replaced_is_found_in_any_object(check_one: Check) -> None:
    (finding,) = check_one("apiVersion: x.io/v1\nkind: X\nmetadata: {name: x}\nspec:\n  host: a.<DOMAIN_NAME>\n")
    assert (finding.rule, finding.line, finding.key) == ("token", 5, "spec.host")
    assert "<DOMAIN_NAME>" in finding.message


def test_a_token_in_a_name_is_one_finding_and_not_two(check_one: Check) -> None:
    found = check_one("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: <APP_NAME>}\n")
    assert [f.rule for f in found] == ["token"]


def test_markup_and_placeholders_for_readers_are_no_tokens(check_one: Check) -> None:
    text = """\
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a, annotations: {description: "usage: <APP_NAME>"}}
    data:
      page.html: |
        <TABLE><TR>
      lower: <path:secret/data/x#y>
    """
    assert check_one(text) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("metadata: {name: '{{ name }}'}\nspec: {}", 3),
        ("metadata: {name: x}\nspec:\n  serviceName: '{{ name }}'", 5),
        ("metadata: {name: x, labels: {'{{ a }}': b}}\nspec: {}", 3),
    ],
)
def test_template_marks_are_found_where_nothing_evaluates_them(check_one: Check, place: str, line: int) -> None:
    found = check_one(f"apiVersion: apps/v1\nkind: StatefulSet\n{place}\n")
    assert [(f.line, f.severity) for f in found if f.rule == "template-mark"] == [(line, Severity.ERROR)]


def test_template_marks_in_a_command_are_a_warning(check_one: Check) -> None:
    found = check_one(
        DEPLOYMENT.replace("          ports:", "          args: ['--fqdn={{ .Name }}']\n          ports:")
    )
    assert [(f.rule, f.severity) for f in found] == [("template-mark", Severity.WARNING)]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {t: '{{ .Values.x }}', u: '{% if x %}'}\n",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\n"
        "spec: {target: {template: {metadata: {annotations: {x: '{{ .a }}'}}, data: {x: '{{ .a }}'}}}}\n",
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\n"
        "spec: {groups: [{rules: [{annotations: {summary: '{{ $labels.pod }}'}}]}]}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\n"
        "spec: {generators: [], template: {metadata: {name: '{{ .name }}', annotations: {a: '{{ .b }}'}},\n"
        "  spec: {project: '{{ .p }}', destination: {name: '{{ .name }}'}}}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
        "spec: {project: default, destination: {name: in-cluster}, source: {repoURL: https://c.io, chart: c,\n"
        "  helm: {values: '{{ t }}', valuesObject: {x: '{{ t }}'}, parameters: [{name: a, value: '{{ t }}'}]}}}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
        "  annotations: {vault.hashicorp.com/agent-inject-template-x: '{{ with secret }}'}\n",
    ],
    ids=["ConfigMap", "ExternalSecret", "PrometheusRule", "ApplicationSet", "helm values", "annotation"],
)
def test_template_marks_are_legal_where_something_evaluates_them(check_one: Check, text: str) -> None:
    assert check_one(text) == []


@pytest.mark.parametrize("field", ["data: {password: aHVudGVyMg==}", "stringData: {password: hunter2}"])
def test_a_secret_with_its_data_is_found_and_its_data_not_told(check_one: Check, field: str) -> None:
    (finding,) = check_one(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{field}\n")
    assert (finding.rule, finding.line, finding.key) == ("secret-data", 4, field.partition(":")[0])
    assert "`password`" in finding.message
    assert "hunter2" not in finding.message + finding.hint
    assert "aHVudGVyMg" not in finding.message + finding.hint


def test_a_secret_in_a_list_is_found_too(check_one: Check) -> None:
    text = """\
    apiVersion: v1
    kind: List
    items:
      - {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: eA==}}
    """
    assert [(f.rule, f.key) for f in check_one(text)] == [("secret-data", "items[0].data")]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/service-account-token\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {}\nstringData: {later: ''}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: 'ENC[x]'}\nsops: {mac: 'ENC[y]'}\n",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: {encryptedData: {a: b}}\n",
    ],
    ids=["no data", "empty data", "SOPS", "SealedSecret"],
)
def test_a_secret_without_readable_data_is_fine(check_one: Check, text: str) -> None:
    assert check_one(text) == []
