"""A real headless Chromium, told what to do over its DevTools protocol."""

import asyncio
import base64
import contextlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")


class Page:
    """One page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self._first = ""
        self.complaints: list[str] = []
        """Exceptions that nobody caught, and what the browser refused, as far as it was told of by the last call."""

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=20)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _note(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(told["params"]["exceptionDetails"].get("exception", {}).get("description", "?"))
        if told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
            self.complaints.append(f"{told['params']['entry']['text']} {told['params']['entry'].get('url', '')}")

    async def run(self, code: str) -> Any:
        """The value of an expression."""
        answer = await self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def open(self, url: str, *, first: str = "") -> None:
        """`first` runs in the page before anything of its own, also when it is loaded again."""
        if self._first:
            await self.call("Page.removeScriptToEvaluateOnNewDocument", identifier=self._first)
        added = await self.call("Page.addScriptToEvaluateOnNewDocument", source=first)
        self._first = added["identifier"]
        await self.call("Page.navigate", url=url)

    async def press(self, selector: str) -> None:
        await self.until(f"document.querySelector({selector!r})?.offsetParent")
        await self.run(f"document.querySelector({selector!r}).click()")

    async def type(self, selector: str, text: str) -> None:
        """Into an empty field, as a keyboard does."""
        await self.until(f"document.querySelector({selector!r})?.offsetParent")
        await self.run(f"document.querySelector({selector!r}).focus()")
        await self.call("Input.insertText", text=text)

    async def text(self, selector: str) -> str:
        return await self.run(f"document.querySelector({selector!r}).innerText")

    async def resize(self, width: int, height: int, *, is_phone: bool = False) -> None:
        scale = 2 if is_phone else 1
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=is_phone
        )

    async def prefer(self, **features: str) -> None:
        """Media features, such as prefers_color_scheme="dark"."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        await self.call("Emulation.setEmulatedMedia", features=wanted)

    async def picture(self, path: Path) -> None:
        """As PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))

    async def until(self, code: str, within_s: float = 15.0) -> None:
        """Until it is true; what cannot be looked at yet is not."""
        careful = f"(() => {{ try {{ return Boolean({code}); }} catch {{ return false; }} }})()"
        async with asyncio.timeout(within_s):
            while not await self.run(careful):
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def browser_page(*options: str) -> AsyncIterator[Page]:
    """As in Recall's bot: sound needs no click. `options` are Chromium's own."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
            "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage", f"--user-data-dir={folder}",
            *options, "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await port_of(Path(folder))
            async with aiohttp.ClientSession() as http:
                async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    target = next(one for one in await answer.json() if one["type"] == "page")
                async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    page = Page(socket)
                    for domain in ("Page", "Runtime", "Log"):
                        await page.call(f"{domain}.enable")
                    yield page
        finally:
            process.kill()
            await process.wait()


async def port_of(folder: Path) -> int:
    path = folder / "DevToolsActivePort"
    async with asyncio.timeout(30):
        while not path.exists() or not path.read_text().strip():
            await asyncio.sleep(0.05)
    return int(path.read_text().split()[0])
