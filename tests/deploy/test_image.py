"""The image without a container engine: its file is linted, its steps are run, and what they make is run as well.

The processes run as an ordinary user on a tree that they cannot write to; what they write anywhere is looked for.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from support import eventually

from shared.bus import Bus
from shared.ports import free_port

pytest.importorskip("helm_python", reason="make shipping brings it")
pytestmark = [pytest.mark.shipping, pytest.mark.process, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
USER = 65532
KEY = "0123456789abcdef0123456789abcdef"
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs", "--bounding-set=-all"]


@dataclass
class Image:
    """What the image holds, and its /tmp."""

    tree: Path
    scratch: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """The ENV of the last stage, with this tree for /opt/chimein."""
        found = re.findall(r"\b([A-Z]+)=(\S+)", DOCKERFILE.rpartition("\nENV ")[2].partition("\nWORKDIR")[0])
        moved = {name: value.replace("/opt/chimein", str(self.tree)) for name, value in found}
        path = moved["PATH"].replace("$PATH", "/usr/bin:/bin")
        return {**moved, "PATH": path, "HOME": str(self.scratch), "TMPDIR": str(self.scratch), **settings}

    def command(self, *argv: str) -> list[str]:
        return [*(AS_USER if os.geteuid() == 0 else []), *argv]

    def run(self, *argv: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(str(self.tree / "bin" / argv[0]), *argv[1:]),
            cwd=self.tree,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def python_for_everybody() -> str:
    """The home of root may hold the one that runs the tests."""
    asks = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    system = "/usr/bin/python3"
    is_good = Path(system).exists() and subprocess.run([system, "-c", asks], check=False, capture_output=True)
    return system if is_good and is_good.returncode == 0 else sys.executable


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def image(wheels: Path) -> Iterator[Image]:
    """By the very steps of the Dockerfile, without the engines."""
    home = Path(tempfile.mkdtemp(prefix="chimein-image-"))
    home.chmod(0o755)
    tree, scratch = home / "chimein", home / "scratch"
    scratch.mkdir()
    scratch.chmod(0o1777)
    environ = {**os.environ, "PYTHON": python_for_everybody()}
    for step, source in (("packages", ROOT / "deploy" / "locks" / "base.lock"), ("chimein", wheels)):
        script = ["sh", str(ROOT / "deploy" / "install.sh"), step, str(tree), str(source)]
        assert f'"/install.sh", "{step}", "/opt/chimein"' in DOCKERFILE
        subprocess.run(script, env=environ, check=True, capture_output=True, timeout=150)
    subprocess.run(["chmod", "-R", "a-w", str(tree)], check=True)
    yield Image(tree, scratch)
    subprocess.run(["chmod", "-R", "u+w", str(home)], check=True)
    shutil.rmtree(home)


def written(image: Image) -> set[str]:
    """What the user has left anywhere that everybody can write to."""
    places = [place for place in ("/tmp", "/var/tmp", "/dev/shm", "/run") if Path(place).is_dir()]
    found = subprocess.run(["find", *places, "-uid", str(USER)], capture_output=True, text=True, check=False)
    return {path for path in found.stdout.split("\n") if path and not path.startswith(f"{image.scratch}/")}


# -- the file ------------------------------------------------------------------------------------------------------


def test_a_linter_finds_nothing_to_mend() -> None:
    told = subprocess.run(["hadolint", "deploy/Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


def test_the_base_is_pinned_and_the_user_is_nobody() -> None:
    assert re.search(r"^ARG PYTHON=python:3\.11\.\d+-slim-\w+$", DOCKERFILE, re.M)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) == ["${PYTHON}"] * 3
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert f"\nUSER {USER}:{USER}\n" in last
    assert last.index("USER ") > last.index("RUN ")
    assert "apt-get" not in DOCKERFILE
    assert 'CMD ["python", "-m", "shared.alive"]' in last


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = {"base": PROJECT["dependencies"], "local": PROJECT["dependencies"] + PROJECT["optional-dependencies"]["local"]}


@pytest.mark.parametrize("lock", WANTED)
def test_the_image_has_what_is_needed_in_the_versions_that_are_tested(lock: str) -> None:
    pinned = re.compile(r"^([\w.\[\]-]+==[^ ;\\]+)", re.M)
    tested = set(pinned.findall((ROOT / "requirements.lock").read_text()))
    packed = pinned.findall((ROOT / "deploy" / "locks" / f"{lock}.lock").read_text())
    names = {re.split(r"[=\[]", one)[0] for one in packed}
    assert {re.split(r"[^\w.-]", one)[0] for one in WANTED[lock]} <= names, "make lock"
    assert set(packed) <= tested, "make lock"


# -- what is packed ------------------------------------------------------------------------------------------------


def test_the_source_distribution_has_no_trace_of_where_it_was_made(wheels: Path) -> None:
    (source,) = wheels.glob("*.tar.gz")
    listed = subprocess.run(["tar", "tzf", str(source)], capture_output=True, text=True, check=True).stdout
    names = {name.partition("/")[2] for name in listed.splitlines()}
    for path in ("Procfile", "LICENSE", "Makefile", "deploy/compose.yaml", "tests/conftest.py", "docs/operating.md"):
        assert path in names
    assert not [name for name in names if name.startswith((".git/", ".venv", ".chimein")) or name == ".git"]


def test_everything_beside_the_code_is_packed(image: Image) -> None:
    (packages,) = image.tree.glob("lib/python3*/site-packages")
    beside = [
        path.relative_to(ROOT)
        for package in (*ROLES, "shared", "cli", "rehearsal")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
    assert len(beside) > 25
    assert [str(path) for path in beside if not (packages / path).exists()] == []
    assert not list(image.tree.glob("bin/pip*"))


def test_the_command_works(image: Image) -> None:
    told = image.run("chimein", "--help")
    assert told.returncode == 0, told.stderr
    for command in ("up", "rehearse", "join", "doctor"):
        assert command in told.stdout


def test_the_doctor_looks_into_it(image: Image, redis_url: str) -> None:
    told = image.run("chimein", "doctor", REDIS_URL=redis_url, GATEWAY_PORT=str(free_port()))
    assert "Redis" in told.stdout
    assert "Traceback" not in told.stderr
    assert written(image) == set()


# -- what runs -----------------------------------------------------------------------------------------------------


async def is_ready(port: int) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/ready") as answer:
            return answer.status == 200
    return False


def settings_for(redis_url: str) -> dict[str, str]:
    ports = {f"{role.upper()}_STATUS_PORT": str(free_port()) for role in ROLES[1:]}
    return {
        "REDIS_URL": redis_url,
        "CHIMEIN_API_KEYS": KEY,
        "TRANSCRIBER_ENGINE": "scripted",
        "SPEAKER_VOICE": "scripted",
        "GATEWAY_PORT": str(free_port()),
        "INGEST_PORT": str(free_port()),
        **ports,
    }


async def test_every_process_runs_without_rights_and_writes_nothing(bus: Bus, redis_url: str, image: Image) -> None:
    settings = settings_for(redis_url)
    environ, python = image.environment(**settings), str(image.tree / "bin" / "python")
    running = [
        subprocess.Popen(image.command(python, "-m", role), cwd=image.tree, env=environ, stderr=subprocess.DEVNULL)
        for role in ROLES
    ]
    try:
        await eventually(lambda: is_ready(int(settings["GATEWAY_PORT"])), within_s=60)
        check = await asyncio.to_thread(image.run, "python", "-m", "shared.alive", **settings)
        assert (check.returncode, check.stdout.count("HTTP 200")) == (0, 5)
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [await asyncio.to_thread(process.wait, 15) for process in running] == [0] * 5
    finally:
        for process in running:
            process.kill()
            process.wait(10)
    assert written(image) == set()
    assert [path.name for path in image.scratch.iterdir()] == []


async def test_everything_is_started_by_one_command(bus: Bus, redis_url: str, image: Image) -> None:
    settings = settings_for(redis_url)
    up = subprocess.Popen(
        image.command(str(image.tree / "bin" / "chimein"), "up"),
        cwd=image.tree,
        env=image.environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        await eventually(lambda: is_ready(int(settings["GATEWAY_PORT"])), within_s=60)
        up.send_signal(signal.SIGTERM)
        printed, _ = await asyncio.to_thread(up.communicate, timeout=20)
    finally:
        up.kill()
        up.wait(10)
    assert printed.count("worker.started") == 4, printed
    assert written(image) == set()
