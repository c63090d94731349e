"""The console page and the browsable documentation: local files only, nothing from elsewhere."""

import importlib.util
from pathlib import Path

from aiohttp import web

from gateway.problems import ProblemError

CONSOLE = Path(__file__).parent / "console"
SCRIPTS = (
    "answers api briefing capture console dock format guest health meeting meetings microphone room speakers stream"
    " tabs transcript uplink voices words"
)
STYLES = "base console guest"
CONSOLE_FILES = frozenset(
    {*(f"{name}.js" for name in SCRIPTS.split()), *(f"{name}.css" for name in STYLES.split()), "icon.svg"}
)
SWAGGER_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI styles its elements one by one."""


async def console(_: web.Request) -> web.FileResponse:
    return page(CONSOLE / "index.html")


async def console_file(request: web.Request) -> web.FileResponse:
    return listed(CONSOLE, request.match_info["name"], CONSOLE_FILES)


async def docs(_: web.Request) -> web.FileResponse:
    return page(CONSOLE / "docs.html", {"Content-Security-Policy": DOCS_POLICY})


async def docs_file(request: web.Request) -> web.FileResponse:
    name = request.match_info["name"]
    folder = CONSOLE if name == "docs.js" else swagger_folder()
    return listed(folder, name, SWAGGER_FILES | {"docs.js"})


def listed(folder: Path, name: str, known: frozenset[str]) -> web.FileResponse:
    """Raises ProblemError for any other name, so that no path leads out of the folder."""
    if name not in known:
        raise ProblemError(404, "not-found", "there is no such file")
    return page(folder / name)


def page(path: Path, headers: dict[str, str] | None = None) -> web.FileResponse:
    """Revalidated every time: a new version shows at once."""
    return web.FileResponse(path, headers={"Cache-Control": "no-cache", **(headers or {})})


def swagger_folder() -> Path:
    """Where the installed package keeps Swagger UI; the package itself is not imported."""
    found = importlib.util.find_spec("swagger_ui")
    if found is None or not found.submodule_search_locations:
        raise ProblemError(503, "no-swagger-ui", "Swagger UI is not installed: `pip install swagger-ui-py`")
    return Path(found.submodule_search_locations[0]) / "static"
