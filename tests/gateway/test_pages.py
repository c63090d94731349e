"""The console page and the docs: complete, local, and nothing beside the listed files."""

import re

import pytest

from gateway.pages import CONSOLE, CONSOLE_FILES, SWAGGER_FILES

PAGES = ("index.html", "guest.html", "docs.html")


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_page_is_served(fake_rig, path):
    page = await fake_rig.client.get(path)
    assert (page.status, page.content_type) == (200, "text/html")


@pytest.mark.parametrize("name", PAGES)
async def test_every_file_that_a_page_names_is_served_from_here(fake_rig, name):
    named = re.findall(r'(?:src|href)="([^"#]+)"', (CONSOLE / name).read_text())
    assert len(named) >= 3
    for address in named:
        assert address.startswith("/")
        assert (await fake_rig.client.get(address)).status == 200


@pytest.mark.parametrize("name", sorted(CONSOLE_FILES))
async def test_every_console_file_exists_and_imports_only_its_neighbours(fake_rig, name):
    response = await fake_rig.client.get(f"/console/{name}")
    imported = re.findall(r'from "\./([^"]+)"', await response.text())
    assert response.status == 200
    assert set(imported) <= CONSOLE_FILES


@pytest.mark.parametrize("name", [*sorted(SWAGGER_FILES), "docs.js"])
async def test_every_docs_file_is_served(fake_rig, name):
    assert (await fake_rig.client.get(f"/docs/{name}")).status == 200


@pytest.mark.parametrize(
    "path", ["/console/index.html", "/console/..%2Fapp.py", "/docs/favicon.png", "/docs/..%2F__init__.py"]
)
async def test_other_files_are_not(fake_rig, path):
    assert (await fake_rig.client.get(path)).status == 404


def test_pages_need_neither_inline_code_nor_other_hosts():
    for name in PAGES:
        text = (CONSOLE / name).read_text()
        assert not re.search(r"https?://|<style|\son\w+=|style=", text)
        assert not re.search(r"<script[^>]*>[^<]", text)


def test_console_never_writes_markup():
    scripts = "".join((CONSOLE / name).read_text() for name in CONSOLE_FILES if name.endswith(".js"))
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage|sessionStorage", scripts
    )


@pytest.mark.parametrize(("page", "entry"), [("index.html", "console.js"), ("guest.html", "guest.js")])
def test_every_element_that_a_page_looks_for_is_on_it(page, entry):
    wanted = set(re.findall(r'byId\("([\w-]+)"\)', "".join(scripts_from(entry))))
    here = set(re.findall(r'id="([\w-]+)"', (CONSOLE / page).read_text()))
    # The bar beneath the transcript is on one of the pages only; the other shows no more of it than the microphone.
    assert wanted - here <= (DOCK if page == "guest.html" else set())


DOCK = {"dock", "turn-on", "invite", "leave"}


def scripts_from(entry: str, seen: set[str] | None = None) -> list[str]:
    """The script and all that it imports."""
    seen = set() if seen is None else seen
    seen.add(entry)
    text = (CONSOLE / entry).read_text()
    found = [text]
    for name in re.findall(r'from "\./([^"]+)"', text):
        if name not in seen:
            found += scripts_from(name, seen)
    return found
