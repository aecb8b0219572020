"""Photograph the web client for the README: wide and narrow, in both languages, light and dark.

Usage: screenshots.py [--out docs/images]

Starts a suite of its own with the demo data and drives Debian's Chromium.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
CHROMIUM: Final = os.environ.get("HONGYAN_CHROMIUM", "/usr/bin/chromium")
FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
START_LIMIT_S: Final = 30
WIDE: Final = {"width": 1280, "height": 800}
NARROW: Final = {"width": 390, "height": 780}


class Shot(NamedTuple):
    """One picture: how the browser is set, and what is on it."""

    name: str
    locale: str
    scheme: str
    size: dict[str, int]
    chat: str
    panel: str = "Chats"


SHOTS: Final = (
    Shot("chat-light-en", "en-GB", "light", WIDE, "服务器组"),
    Shot("chat-dark-zh", "zh-CN", "dark", WIDE, "服务器组", "消息"),
    Shot("contacts-light-zh", "zh-CN", "light", WIDE, "", "通讯录"),
    Shot("chat-narrow-light-zh", "zh-CN", "light", NARROW, "服务器组", "消息"),
    Shot("chats-narrow-dark-en", "en-GB", "dark", NARROW, "", "Chats"),
    Shot("sign-in-light-en", "en-GB", "light", WIDE, "", ""),
)


@contextmanager
def demo_suite() -> Iterator[str]:
    """Run a suite with the demo company; gives the address of the web client."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        options = ["up", "--demo", "--data", folder, "--port", "all=0", "--ready-file", str(ready)]
        hongyan = Path(sys.executable).with_name("hongyan")
        process = subprocess.Popen([hongyan, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the suite did not start")
                time.sleep(0.05)
            yield f"http://{json.loads(ready.read_text())['login_http']}/"
        finally:
            process.terminate()
            process.wait()


async def sign_in(page: Page, url: str, name: str = "anna") -> None:
    """Sign a demo user in."""
    await page.goto(url)
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", "demo")
    await page.click("button[type=submit]")
    await page.wait_for_selector(".app hy-list .row")


async def photograph(browser: Browser, url: str, shot: Shot, target: Path) -> None:
    """Take one picture."""
    context = await browser.new_context(
        locale=shot.locale, color_scheme=shot.scheme, viewport=shot.size, device_scale_factor=1.5
    )
    page = await context.new_page()
    if shot.panel:
        await sign_in(page, url)
        await page.click(f".rail .tab:has-text('{shot.panel}')")
        if shot.chat:
            await page.click(f".row:has-text('{shot.chat}') button")
            await page.wait_for_selector("hy-thread .message")
    else:
        await page.goto(url)
        await page.wait_for_selector("form")
    await page.wait_for_timeout(300)  # fonts and images
    await page.screenshot(path=target / f"{shot.name}.png")
    await context.close()


async def run(target: Path, only: str) -> None:
    """Take all pictures."""
    with demo_suite() as url:
        async with async_playwright() as playwright:
            options: dict[str, Any] = {"executable_path": CHROMIUM, "args": FLAGS}
            browser = await playwright.chromium.launch(**options)
            company = [await browser.new_context() for _ in range(4)]  # so that somebody is online
            for context, name in zip(company, ("bob", "王伟", "李娜", "dave"), strict=True):
                await sign_in(await context.new_page(), url, name)
            for shot in SHOTS:
                if only in shot.name:
                    await photograph(browser, url, shot, target)
            await browser.close()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images")
    parser.add_argument("--only", default="", help="pictures with this in their name")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(run(options.out, options.only))


if __name__ == "__main__":
    main()
