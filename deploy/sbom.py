"""Writes what an image is made of: `python deploy/sbom.py FOLDER` gives `sbom.json` (CycloneDX) and `licences.md`."""

import json
import re
import subprocess
import sys
from pathlib import Path

LOCK = Path("deploy/locks/local.lock")
TOOLS = Path(sys.executable).parent


def main(argv: list[str]) -> int:
    folder = Path(argv[0])
    folder.mkdir(parents=True, exist_ok=True)
    tool("cyclonedx-py", "requirements", str(LOCK), "--pyproject", "pyproject.toml", "--of", "JSON", "-o",
         str(folder / "sbom.json"))  # fmt: skip
    tool("pip-licenses", "--python", sys.executable, "--from", "mixed", "--format", "markdown", "--with-urls",
         "--packages", *packages(LOCK), "--output-file", str(folder / "licences.md"))  # fmt: skip
    parts = json.loads((folder / "sbom.json").read_text())["components"]
    sys.stdout.write(f"{folder}/sbom.json: {len(parts)} packages; {folder}/licences.md: their licences\n")
    return 0


def packages(lock: Path) -> list[str]:
    return re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock.read_text(), re.MULTILINE)


def tool(name: str, *argv: str) -> None:
    """Raises CalledProcessError."""
    subprocess.run([str(TOOLS / name), *argv], check=True, capture_output=True, timeout=300)  # noqa: S603  # of our own environment


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
