"""What `deploy/` holds, read with the tools that read it in earnest: Helm's engine, YAML, PromQL."""

import copy
import functools
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import promql_parser
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "chimein"
ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
HOST = {"host": "chimein.example.org"}
TARGET_LABELS = {"namespace", "instance", "pod", "job", "le", "__name__"}
"""Of Prometheus itself."""

Manifest = dict[str, Any]


def rendered(**values: object) -> list[Manifest]:
    """What `helm install rel deploy/helm/chimein --namespace ns` would send."""
    return copy.deepcopy(rendered_once(json.dumps({**HOST, **values}, sort_keys=True)))


@functools.cache
def rendered_once(values: str) -> list[Manifest]:
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(json.loads(values))
        files = chart.render(json.loads(values), name="rel", namespace="ns")
    texts = [text for name, text in files.items() if not name.endswith(".txt")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """By role."""
    found = [one for one in manifests if one["kind"] == kind]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in found}


def compose() -> Manifest:
    found: Manifest = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def alerts() -> list[Manifest]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metric_labels() -> dict[str, set[str]]:
    """Every series that chimein's processes serve, with its labels."""
    for package in (*ROLES, "shared"):
        importlib.import_module(f"{package}.metrics")
    found: dict[str, set[str]] = {}
    for collector, names in REGISTRY._collector_to_names.items():
        if isinstance(collector, MetricWrapperBase):
            found |= {name: set(collector._labelnames) for name in names}
        else:
            found |= {one.name: set(one.labels) for family in collector.collect() for one in family.samples}
    return found


def selectors(query: str) -> Iterator[tuple[str, set[str]]]:
    """The series that a query names, and the labels by which it picks them. Raises ValueError for what is no PromQL."""
    yield from selectors_in(promql_parser.parse(query))


def selectors_in(node: Any) -> Iterator[tuple[str, set[str]]]:
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name, {matcher.name for matcher in node.matchers.matchers}
        return
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        if (child := getattr(node, name, None)) is not None:
            yield from selectors_in(child)
    for child in getattr(node, "args", None) or ():
        yield from selectors_in(child)


def unknown_in(query: str) -> list[str]:
    """What a query names that no process serves."""
    known, wrong = metric_labels(), []
    for name, labels in selectors(query):
        if name not in known:
            wrong.append(name)
        elif strange := labels - known[name] - TARGET_LABELS:
            wrong.append(f"{name}{sorted(strange)}")
    return wrong
