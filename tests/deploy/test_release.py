"""One version everywhere; the units and the workflow are what systemd and the forge take."""

import importlib.resources
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("helm_python", reason="make shipping brings it")

import jsonschema
import yaml
from deploying import CHART, DEPLOY, ROLES, ROOT, compose

from ingest.config import IngestSettings

pytestmark = pytest.mark.shipping
UNIT = DEPLOY / "systemd" / "chimein@.service"


def test_one_version_is_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == version
    images = {compose()["services"][role]["image"] for role in ROLES}
    assert images == {f"chimein:${{CHIMEIN_VERSION:-{version}}}"}
    assert f"chimein:{version}" in (DEPLOY / "Dockerfile").read_text()


@pytest.mark.parametrize("role", ROLES)
def test_systemd_takes_the_unit(role: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here")
    text = UNIT.read_text()
    assert "ExecStart=/opt/chimein/bin/python -m %i\n" in text
    unit = tmp_path / f"chimein@{role}.service"
    unit.write_text(text.replace("/opt/chimein/bin/python", sys.executable))
    told = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if "chimein@" in line] == []


def test_systemd_waits_for_as_long_as_ingest_drains() -> None:
    (limit,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.M)
    assert int(limit) >= IngestSettings().ingest_drain_s + 30


def test_the_workflow_does_what_everybody_does() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    workflow["on"] = workflow.pop(True, workflow.get("on"))
    vendor = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    jsonschema.Draft7Validator(json.loads(vendor.read_text())).validate(workflow)
    (job,) = workflow["jobs"].values()
    assert [step.get("run") for step in job["steps"]][1:] == [".ci/run"]
    assert "make check" in (ROOT / ".ci" / "run").read_text()
