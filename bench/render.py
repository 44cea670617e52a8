"""Rendering 1,000 instances of a 60-file template in memory, beside copier's own API on the same template."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import copier

from bench.result import Result
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder, read_tree
from generator.templating.template import Template

FILES = 60
INSTANCES = 1000
COPIER_RUNS = 20

CONFIG = """\
_subdirectory: template
_exclude: ["{% if not docs %}docs{% endif %}", "*.orig"]
_envops: {undefined: jinja2.StrictUndefined, trim_blocks: true, lstrip_blocks: true}
name: {type: str, validator: "{% if not (name | regex_search('^[a-z][-a-z0-9]*$')) %}must be a name{% endif %}"}
namespace: {type: str, default: "{{ name }}-dev"}
image: {type: str, default: "ghcr.io/acme/{{ name }}"}
version: {type: str, default: "1.10.0"}
replicas: {type: int, default: 2, validator: "{% if replicas < 1 %}must be positive{% endif %}"}
cloud: {type: str, default: aws, choices: [aws, google, civo]}
features: {type: str, multiselect: true, default: [ingress], choices: [ingress, metrics, tracing]}
docs: {type: bool, default: false}
token: {type: str, secret: true, default: ""}
label: {type: str, default: "{{ name }}-{{ cloud }}", when: false}
"""

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "{{ name }}-NUMBER"
  namespace: "{{ namespace }}"
  labels:
    app.kubernetes.io/name: "{{ name }}"
    app.kubernetes.io/managed-by: gitopsmith
spec:
  replicas: {{ replicas }}
  template:
    spec:
      containers:
        - name: "{{ name }}"
          image: "{{ image }}:{{ version }}"
{% if 'ingress' in features %}
          ports: [{containerPort: 8080}]
{% endif %}
          env: {{ {"LABEL": label} | to_json }}
"""


def write_template(folder: Path) -> None:
    """Write a template of as many files as a cluster's: most rendered, a third copied, some dropped by their name."""
    for number in range(FILES):
        name = f"{number:02}-{{{{ name }}}}.yaml.jinja" if number % 3 else f"{number:02}-{{{{ name }}}}.yaml"
        path = folder / "template" / f"part-{number % 5}" / "{{ name }}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MANIFEST.replace("NUMBER", str(number)), encoding="utf-8")
    dropped = folder / "template" / "{% if cloud == 'civo' %}civo{% endif %}" / "main.tf.jinja"
    dropped.parent.mkdir()
    dropped.write_text("# {{ name }}\n", encoding="utf-8")
    (folder / "copier.yml").write_text(CONFIG, encoding="utf-8")


def main() -> Result:
    """Return how much faster an instance is rendered in memory than by copier, their bytes compared."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "template"
        write_template(folder)
        started = perf_counter()
        template = Template.parse(read_folder(folder), name="bench")
        trees = [render(template, resolve(template, {"name": f"app-{n}"})) for n in range(INSTANCES)]
        ours = (perf_counter() - started) / INSTANCES
        started = perf_counter()
        for n in range(COPIER_RUNS):
            copier.run_copy(str(folder), Path(temporary) / f"{n}", data={"name": f"app-{n}"}, defaults=True, quiet=True)
        theirs = (perf_counter() - started) / COPIER_RUNS
        for n in range(COPIER_RUNS):
            assert read_tree(Path(temporary) / f"{n}", follow=False) == trees[n]
    what = f"render an instance of a template of {len(trees[0].under(''))} files"
    return Result(what=what, ours=ours, theirs=theirs, beside="copier's API", bar=100)


if __name__ == "__main__":
    print(main())
