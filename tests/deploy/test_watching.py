"""Alerts, dashboard and scaling rules ask for metrics that exist, and the alerts fire when they should."""

import json
import shutil
import subprocess

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
