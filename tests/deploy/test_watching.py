"""Alerts, dashboard and scaling rules ask for metrics that exist, and the alerts fire when they should."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("helm_python", reason="make shipping brings it")

import yaml
from deploying import DEPLOY, ROOT, alerts, metric_labels, of_kind, rendered, selectors, unknown_in

pytestmark = pytest.mark.shipping
PROMETHEUS = DEPLOY / "prometheus"
DASHBOARD = json.loads((DEPLOY / "grafana" / "chimein.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
INTERVALS = {"$__rate_interval": "1m", "$namespace": "ns"}


def promtool(*argv: str) -> str:
    if not shutil.which("promtool"):
        pytest.skip("no promtool: deploy/tools.sh brings it where there is apt")
    told = subprocess.run(["promtool", *argv], cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_a_name_that_no_process_serves_is_noticed() -> None:
    assert unknown_in("sum(rate(chimein_nothing_total[5m])) / max(chimein_leases_held{colour='red'}) > 1") == [
        "chimein_nothing_total",
        "chimein_leases_held['colour']",
    ]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_served_and_says_what_to_do(rule: dict) -> None:
    assert list(selectors(rule["expr"]))
    assert unknown_in(rule["expr"]) == []
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["action"].endswith(".")
    assert rule["labels"]["severity"] in {"critical", "warning"}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_has_its_paragraph_in_the_operators_page(rule: dict) -> None:
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in (ROOT / page).read_text()


def test_the_rules_parse() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", "alerts.yaml")


def test_every_alert_is_quiet_while_all_is_well_and_fires_when_not() -> None:
    tested = {one["name"] for one in yaml.safe_load((PROMETHEUS / "alerts_test.yaml").read_text())["tests"]}
    assert tested == {rule["alert"] for rule in alerts()}
    promtool("test", "rules", "alerts_test.yaml")


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_is_served(panel: dict) -> None:
    for target in panel["targets"]:
        query = target["expr"]
        for name, value in INTERVALS.items():
            query = query.replace(name, value)
        assert list(selectors(query))
        assert unknown_in(query) == []
    assert panel["description"]


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_alerts_named_in_the_dashboard_exist() -> None:
    named = {word.strip("().,;:") for panel in PANELS for word in panel["description"].split() if "Chimein" in word}
    assert named <= {rule["alert"] for rule in alerts()}
    assert named


def test_workers_are_scaled_by_what_is_served() -> None:
    scaled = of_kind(rendered(autoscaling={"enabled": True}), "ScaledObject")
    queries = [
        trigger["metadata"]["query"]
        for one in scaled.values()
        for trigger in one["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    ]
    assert len(queries) == 8
    assert [wrong for query in queries for wrong in unknown_in(query)] == []


def series(name: str, values: str, **labels: str) -> dict[str, str]:
    told = ",".join(f'{label}="{value}"' for label, value in {**labels, "namespace": "ns"}.items())
    return {"series": f"{name}{{{told}}}", "values": values}


@pytest.mark.parametrize(("failing", "seen"), [("0+0x20", [40]), ("0+1x20", [40]), ("0+9x20", [])])
def test_a_vendor_that_fails_is_no_reason_for_more_workers(failing: str, seen: list[float], tmp_path: Path) -> None:
    """One try in five may fail; when most do, waiting asks for nobody."""
    transcriber = of_kind(rendered(autoscaling={"enabled": True}), "ScaledObject")["transcriber"]
    (query,) = (one["metadata"]["query"] for one in transcriber["spec"]["triggers"] if one["name"] == "queue-age")
    given = [
        series("chimein_queue_age_seconds", "40+0x20", role="transcriber"),
        series("chimein_vendor_calls_total", "0+4x20", vendor="deepgram", call="listen", outcome="opened"),
        series("chimein_vendor_calls_total", failing, vendor="deepgram", call="listen", outcome="unavailable"),
    ]
    asked = {"expr": query, "eval_time": "4m", "exp_samples": [{"labels": "{}", "value": value} for value in seen]}
    file = tmp_path / "scaling_test.yaml"
    test = {"interval": "15s", "input_series": given, "promql_expr_test": [asked]}
    file.write_text(yaml.safe_dump({"evaluation_interval": "15s", "tests": [test]}))
    promtool("test", "rules", str(file))


def test_the_names_of_the_design_are_served() -> None:
    assert {
        "chimein_queue_age_seconds",
        "chimein_leases_held",
        "chimein_sessions_open",
        "chimein_ingest_sockets",
        "chimein_ingest_unsent_seconds",
        "chimein_dead_letters",
        "chimein_vendor_calls_total",
        "chimein_fenced_writes_total",
    } <= set(metric_labels())
