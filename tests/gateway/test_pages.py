"""The console page and the docs: complete, local, and nothing beside the listed files."""

import re

import pytest

from gateway.pages import CONSOLE, CONSOLE_FILES, SWAGGER_FILES


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_page_and_every_file_it_names_is_served_from_here(fake_rig, path):
    page = await fake_rig.client.get(path)
    named = re.findall(r'(?:src|href)="([^"#]+)"', await page.text())
    assert (page.status, page.content_type) == (200, "text/html")
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
    for file in [CONSOLE / "index.html", CONSOLE / "docs.html"]:
        text = file.read_text()
        assert not re.search(r"https?://|<style|\son\w+=|style=", text)
        assert not re.search(r"<script[^>]*>[^<]", text)


def test_console_never_writes_markup():
    scripts = "".join((CONSOLE / name).read_text() for name in CONSOLE_FILES if name.endswith(".js"))
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage|sessionStorage", scripts
    )


def test_every_element_the_console_looks_for_is_on_the_page():
    scripts = "".join((CONSOLE / name).read_text() for name in CONSOLE_FILES if name.endswith(".js"))
    wanted = set(re.findall(r'byId\("([\w-]+)"\)', scripts))
    assert wanted <= set(re.findall(r'id="([\w-]+)"', (CONSOLE / "index.html").read_text()))
