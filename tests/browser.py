"""A real Chromium for the tests and pictures of pages: offline, with a fresh profile, and listening to what it asks the network for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
          "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
          "--window-size=1280,1000")  # fmt: skip


def missing() -> str:
    """Say what is missing for a browser; "" when all is there."""
    if CHROMIUM is None or DRIVER is None:
        return "chromium and chromedriver are not installed"
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    return ""


@dataclass
class Browser:
    """A browser with one page."""

    driver: Any

    def open(self, page: Path | str) -> None:
        """Load a file, or an address of it with its hash, as if for the first time."""
        self.driver.get("about:blank")
        self.requests()
        self.complaints()
        self.driver.get(page.resolve().as_uri() if isinstance(page, Path) else page)

    def run(self, script: str, *arguments: object) -> Any:
        """Return what a piece of JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, selector: str, seconds: float = 60.0) -> None:
        """Wait until an element is there."""
        end = time.monotonic() + seconds
        while not self.run("return Boolean(document.querySelector(arguments[0]))", selector):
            assert time.monotonic() < end, (
                f"{selector}; the page says: {self.run('return document.body.innerText')[:500]}"
            )
            time.sleep(0.05)

    def command(self, name: str, **parameters: object) -> Any:
        """Send a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def size(self, width: int, height: int, *, phone: bool = False, scale: float = 1.0) -> None:
        """Have a window of this size, in CSS pixels."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone)

    def prefer(self, **features: str) -> None:
        """Prefer what the media features say: ``prefer(prefers_color_scheme="dark")``; ``media="print"`` prints."""
        media = features.pop("media", "")
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.command("Emulation.setEmulatedMedia", media=media, features=listed)

    def photograph(self, target: Path, *, whole: bool = False) -> Path:
        """Save what is seen, or the whole page, as PNG."""
        found = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        target.write_bytes(base64.b64decode(found["data"]))
        return target

    def print_pdf(self, target: Path) -> Path:
        """Save the page as it is printed on A4."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
        )
        found = self.command("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69)
        target.write_bytes(base64.b64decode(found["data"]))
        return target

    def requests(self) -> list[str]:
        """Return the addresses asked for since last asked, but not those that carry their content in them.

        What the browser's own first tab asks for is left out too.
        """
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [one["params"] for one in events if one["method"] == "Network.requestWillBeSent"]
        own = [one["request"]["url"] for one in sent if not one["documentURL"].startswith("chrome")]
        return [url for url in own if not url.startswith(("data:", "about:"))]

    def complaints(self) -> list[str]:
        """Return what the console complained of since last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


@contextmanager
def browsing(flags: Sequence[str] = ()) -> Iterator[Browser]:
    """Yield a browser of its own, and end it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}", *flags):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        try:
            yield Browser(driver)
        finally:
            driver.quit()
