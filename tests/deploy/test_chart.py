"""What the chart renders to, by Helm's own engine, is what Kubernetes, KEDA and Prometheus' operator take."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("helm_python", reason="make shipping brings it")

import helm_python
import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as operator
from deploying import CHART, HOST, ROLES, Manifest, compose, of_kind, rendered
from honcho.environ import parse

from ingest.config import IngestSettings
from shared import worker

pytestmark = pytest.mark.shipping
ROOT = Path(__file__).parents[2]
MONITORING = {"monitoring": {"podMonitor": True, "rules": True, "dashboard": True, "labels": {"release": "prometheus"}}}
WAYS = {
    "as it is": {},
    "scaled": {"autoscaling": {"enabled": True}},
    "its own Redis": {"redis": {"internal": True, "storageClassName": "fast"}},
    "TLS to Redis": {"redis": {"caSecret": "redis-ca"}},
    "watched": MONITORING,
    "by digest": {"image": {"digest": "sha256:" + "0" * 64}, "imagePullSecrets": [{"name": "registry"}]},
    "sockets apart": {"socketHost": "ears.example.org", "ingress": {"enabled": True, "tlsSecret": "tls"}},
    "bare": {
        "ingress": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
    },
    "with settings": {"config": {"TIME_ZONE": "Europe/Berlin", "RECALL_SOCKETS": 2}, "ingress": {"tlsSecret": "tls"}},
}
CUSTOM = {
    "ScaledObject": keda.ScaledObject,
    "PodMonitor": operator.PodMonitor,
    "PrometheusRule": operator.PrometheusRule,
}
OLDEST, NEWEST = "1.30", kubernetes_validate.latest_version()


def stop_s() -> float:
    """The longest that a worker takes to stop once it was told: draining, its tasks in turn, its last heartbeat."""
    return worker.DRAIN_WITHIN_S + 3 * worker.STOP_WITHIN_S + 1


@pytest.mark.parametrize("values", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_valid(values: dict, version: str) -> None:
    manifests = rendered(**values)
    assert {"Deployment", "Service", "ServiceAccount"} <= {one["kind"] for one in manifests}
    for one in manifests:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize(
    "manifest",
    [one for one in rendered(autoscaling={"enabled": True}, **MONITORING) if one["kind"] in CUSTOM],
    ids=lambda one: f"{one['kind']} {one['metadata']['name']}",
)
def test_every_custom_resource_is_valid(manifest: Manifest) -> None:
    """The models drop what they do not know: nothing may be missing from what they give back."""
    model = CUSTOM[manifest["kind"]].model_validate(manifest)
    known = model.model_dump(by_alias=True, exclude_unset=True, mode="json")
    assert known["spec"] == manifest["spec"]


def test_a_manifest_that_is_wrong_is_noticed() -> None:
    broken = of_kind(rendered(), "Deployment")["brain"]
    broken["spec"]["template"]["spec"]["containers"][0]["readyProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def test_helm_finds_nothing_to_mend() -> None:
    report = helm_python.lint(CHART, HOST, strict=True)
    assert report["errors"] == []
    assert [one["error"] for one in report["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"host": "https://a.example.org"}, "host"),
        ({"config": {"OPENAI_API_KEY": "sk-1"}}, "OPENAI_API_KEY"),
        ({"config": {"REDIS_URL": "redis://:secret@r"}}, "REDIS_URL"),
        ({"brain": {"replicas": 0}}, "replicas"),
        ({"brian": {}}, "brian"),
        ({"image": {"digest": "latest"}}, "digest"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(values: dict, named: str) -> None:
    with pytest.raises(helm_python.HelmError, match=named):
        rendered(**values)


def test_without_a_host_the_remedy_is_named() -> None:
    with pytest.raises(helm_python.HelmError, match="public host name"):
        rendered(host="")


def containers() -> list[tuple[str, dict, dict]]:
    """Role, pod and container of everything that runs."""
    manifests = rendered(redis={"internal": True})
    pods = {**of_kind(manifests, "Deployment"), **of_kind(manifests, "StatefulSet")}
    specs = {role: one["spec"]["template"]["spec"] for role, one in pods.items()}
    return [(role, pod, pod["containers"][0]) for role, pod in specs.items()]


@pytest.mark.parametrize(("role", "pod", "container"), containers(), ids=[one[0] for one in containers()])
def test_nothing_runs_with_more_rights_than_it_needs(role: str, pod: dict, container: dict) -> None:
    assert len(pod["containers"]) == 1
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_runs_the_procfiles_command_and_is_given_the_time_to_drain(role: str) -> None:
    pod = of_kind(rendered(ingest={"drainSeconds": 120}), "Deployment")[role]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    procfile = dict(line.split(": exec ") for line in (ROOT / "Procfile").read_text().splitlines())
    assert " ".join(container["command"]) == procfile[role]
    waits = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    drain_s = 120 + stop_s() - worker.DRAIN_WITHIN_S if role == "ingest" else stop_s()
    assert pod["terminationGracePeriodSeconds"] >= waits + drain_s


def test_probes_ask_where_the_processes_answer() -> None:
    """The ports are those of the processes' own settings."""
    for role, one in of_kind(rendered(), "Deployment").items():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        kind = next(iter(settings_of(role)))
        port = kind().gateway_port if role == "gateway" else getattr(kind(), f"{role}_status_port")
        assert {
            container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        } == {port}
        assert port in {each["containerPort"] for each in container["ports"]}
        assert one["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"] == str(port)


def settings_of(role: str) -> list[Callable]:
    module = importlib.import_module(f"{role}.config")
    return [found for name, found in vars(module).items() if name == f"{role.capitalize()}Settings"]


def test_every_setting_in_a_pod_is_one_of_chimeins() -> None:
    known = {*parse((ROOT / ".env.example").read_text()), "REDIS_PASSWORD"}
    for one in of_kind(rendered(redis={"internal": True}), "Deployment").values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        names = [each["name"] for each in container["env"]]
        assert set(names) <= known
        assert len(set(names)) == len(names)


def test_no_secret_is_in_what_is_rendered() -> None:
    for one in rendered(redis={"internal": True}, autoscaling={"enabled": True}):
        assert one["kind"] != "Secret"
        assert not re.search(r"redis://:(?!\$\()", yaml.safe_dump(one))


def test_bots_reach_ingest_and_metrics_stay_inside() -> None:
    (ingress,) = (one for one in rendered() if one["kind"] == "Ingress")
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    to = {each["path"]: each["backend"]["service"]["name"] for each in paths}
    assert to == {"/recall/": "rel-chimein-ingest", "/metrics": "rel-chimein-ingest", "/": "rel-chimein-gateway"}
    (pod, *_) = of_kind(rendered(socketHost="ears.example.org"), "Deployment").values()
    env = {each["name"]: each.get("value") for each in pod["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert (env["WEBSOCKET_DOMAIN"], env["PUBLIC_URL"]) == ("ears.example.org", "https://chimein.example.org")
    (url, *_) = IngestSettings(websocket_domain=HOST["host"]).socket_urls("m-00-0", "t")
    assert url.startswith(f"wss://{HOST['host']}/recall/")


def test_scaled_workers_keep_the_number_that_the_scaler_gave_them() -> None:
    for one in of_kind(rendered(autoscaling={"enabled": True}), "Deployment").values():
        assert "replicas" not in one["spec"]
    for one in of_kind(rendered(), "Deployment").values():
        assert one["spec"]["replicas"] == 2


def test_its_redis_is_started_as_the_one_of_compose_is() -> None:
    """Whose command is run in tests."""
    (container,) = of_kind(rendered(redis={"internal": True}), "StatefulSet")["redis"]["spec"]["template"]["spec"][
        "containers"
    ]
    tested = compose()["services"]["redis"]["command"]
    assert container["command"] == [word.replace("$$", "$") for word in tested]


@pytest.mark.parametrize("role", ROLES)
def test_selectors_meet_the_pods(role: str) -> None:
    manifests = rendered()
    labels = of_kind(manifests, "Deployment")[role]["spec"]["template"]["metadata"]["labels"]
    for kind, path in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        wanted = of_kind(manifests, kind)[role]["spec"][path]["matchLabels"]
        assert wanted.items() <= labels.items()
    if role in {"gateway", "ingest"}:
        assert of_kind(manifests, "Service")[role]["spec"]["selector"].items() <= labels.items()
