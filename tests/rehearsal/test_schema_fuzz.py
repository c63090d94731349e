"""What schemathesis found, read from its report; a run over a real gateway is promise 17."""

import json
import tomllib

from rehearsal.schema_fuzz import Plan, command_of, config_of, findings_in

REPORT = {
    "complete": True,
    "stop_reason": "completed",
    "operations": {"tested": 20},
    "test_cases": {"generated": 743},
    "failures": [{"title": "Server error", "code": "ST101", "operations": ["GET /ready"]}],
    "errors": [],
}


def test_findings_name_the_run_the_fault_and_the_operation():
    found = findings_in("with-key", json.dumps(REPORT).encode())
    assert (found.operations, found.cases) == (20, 743)
    assert found.failures == ["with-key: Server error (ST101): GET /ready"]


def test_a_run_that_did_not_end_or_could_not_ask_has_failed():
    broken = {**REPORT, "complete": False, "stop_reason": "interrupted", "failures": [], "errors": ["no schema"]}
    found = findings_in("x", json.dumps(broken).encode())
    assert found.failures == ["x: no schema", "x: it did not come to its end: interrupted"]


def test_the_configuration_can_be_read_and_names_the_meeting():
    plan = Plan(name="x", examples=5, seed=1, meeting_id='m-"1')
    assert tomllib.loads(config_of(plan))["parameters"] == {"path.meeting_id": 'm-"1'}
    assert tomllib.loads(config_of(Plan(name="x", examples=5, seed=1)))["parameters"] == {}


def test_streams_are_left_out_where_there_is_something_to_stream(tmp_path):
    about_one = command_of("http://x", Plan(name="a", examples=5, seed=1, meeting_id="m"), tmp_path, tmp_path / "r")
    made_up = command_of("http://x", Plan(name="b", examples=5, seed=1), tmp_path, tmp_path / "r")
    assert ("--exclude-path-regex" in about_one, "--exclude-path-regex" in made_up) == (True, False)
