"""What the API says of itself against what it does: schemathesis over the OpenAPI document of a running gateway."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import msgspec

from shared.errors import ChimeinError

STREAMS = "/(events|live)$"
"""Answers without an end."""
ONE_AT_A_TIME = "1"
"""Hypothesis parses code, which Python 3.11 cannot on two threads (`AST constructor recursion depth mismatch`)."""
PARTICULAR = "^/webhooks/recall$|/live$"
"""Signed by somebody else, or no call at all but a WebSocket."""
MEANT_TO_REFUSE = ["2xx", "401", "402", "403", "404", "406", "409", "422", "429"]
"""What rightly formed calls may be answered with: not every text is a meeting's link, nor every name somebody's."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    name: str
    examples: int
    """Per operation."""
    seed: int
    key: str = ""
    meeting_id: str = ""
    """That every call is about; made up ones without it."""
    without: tuple[str, ...] = ()
    """Methods."""
    phases: str = "examples,coverage,fuzzing,stateful"


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    operations: int
    cases: int
    failures: list[str]


async def fuzz(url: str, plan: Plan, folder: Path) -> Findings:
    """Every phase: the examples of the document, its edge cases, random ones, and sequences of calls."""
    report = folder / f"{plan.name}.json"
    process = await asyncio.create_subprocess_exec(
        *command_of(url, plan, folder, report),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    await asyncio.to_thread((folder / f"{plan.name}.log").write_bytes, told)
    if not report.exists():
        raise ChimeinError(f"schemathesis made no report: {told[-500:].decode(errors='replace')}")
    return findings_in(plan.name, await asyncio.to_thread(report.read_bytes))


def command_of(url: str, plan: Plan, folder: Path, report: Path) -> list[str]:
    config = folder / f"{plan.name}.toml"
    config.write_text(config_of(plan))
    options = ["--max-examples", str(plan.examples), "--seed", str(plan.seed), "--workers", ONE_AT_A_TIME, "--no-color"]
    options += ["--continue-on-failure", "--no-shrink", "--generation-database", "none", "--warnings", "off"]
    options += [
        "--phases",
        plan.phases,
        "--report",
        "json",
        "--report-json-path",
        str(report),
        "--request-timeout",
        "30",
    ]
    options += ["--header", f"Authorization: Bearer {plan.key}"] if plan.key else []
    for method in plan.without:
        options += ["--exclude-method", method]
    if plan.meeting_id:
        options += ["--exclude-path-regex", STREAMS]
    return [program(), "--config-file", str(config), "run", f"{url}/openapi.json", *options]


def program() -> str:
    """Raises ChimeinError."""
    beside = Path(sys.executable).parent / "schemathesis"
    found = str(beside) if beside.exists() else shutil.which("schemathesis")
    if found is None:
        raise ChimeinError("schemathesis is not installed: `make setup`, or pip install 'chimein[dev]'")
    return found


def config_of(plan: Plan) -> str:
    parameters = f'"path.meeting_id" = {json.dumps(plan.meeting_id)}\n' if plan.meeting_id else ""
    return (
        f"[parameters]\n{parameters}"
        f"[checks]\npositive_data_acceptance.expected-statuses = {json.dumps(MEANT_TO_REFUSE)}\n"
        f"[[operations]]\ninclude-path-regex = {json.dumps(PARTICULAR)}\n"
        "checks.positive_data_acceptance.enabled = false\n"
    )


def findings_in(name: str, report: bytes) -> Findings:
    found = msgspec.json.decode(report)
    failures = [f"{name}: {one['title']} ({one['code']}): {', '.join(named(one))}" for one in found["failures"]]
    failures += [f"{name}: {one}" for one in found["errors"]]
    failures += [f"{name}: it did not come to its end: {found['stop_reason']}"] * (not found["complete"])
    return Findings(operations=found["operations"]["tested"], cases=found["test_cases"]["generated"], failures=failures)


def named(failure: dict[str, list[object]]) -> list[str]:
    return [str(one)[:200] for one in failure["operations"]]
