"""Photograph the web client and the admin console: wide and narrow, in both languages, light and dark.

Usage: screenshots.py [--out docs/images] [--only PART-OF-A-NAME]

Starts a suite of its own with the demo data and drives Debian's Chromium. Before it photographs the
console it lets the demo people chat for a while, so that the dashboard has something to show.
"""

import argparse
import asyncio
import json
import math
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

from hongyan.client import Client, Options

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


class ConsoleShot(NamedTuple):
    """One picture of the console: a page, and a file to import on it."""

    name: str
    locale: str
    scheme: str
    size: dict[str, int]
    page: str
    csv: str = ""


CONSOLE_SHOTS: Final = (
    ConsoleShot("console-dashboard-light-en", "en-GB", "light", {"width": 1280, "height": 900}, "dashboard"),
    ConsoleShot("console-dashboard-narrow-dark-zh", "zh-CN", "dark", NARROW, "dashboard"),
    ConsoleShot("console-users-dark-en", "en-GB", "dark", WIDE, "users"),
    ConsoleShot("console-online-narrow-light-en", "en-GB", "light", NARROW, "online"),
    ConsoleShot(
        "console-import-light-zh",
        "zh-CN",
        "light",
        WIDE,
        "users",
        "name,password,nick,department\n"
        "grace,a-password,Grace Lee,市场部 Marketing\n"
        "anna,a-password,Anna Second,市场部 Marketing\n"
        "孙丽,a-password,孙丽,财务部\n"
        "吴刚,,吴刚,研发部 R&D\n",
    ),
)
ADMINISTRATOR: Final = ("root", "correct horse battery")
CHAT_S: Final = 90.0
"""How long the demo people chat before the dashboard is photographed."""


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
            name, password = ADMINISTRATOR
            add = [hongyan, "admin", "add", name, "--password", password, "--data", folder]
            subprocess.run(add, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
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


async def photograph_console(browser: Browser, url: str, shot: ConsoleShot, target: Path) -> None:
    """Take one picture of the console."""
    context = await browser.new_context(
        locale=shot.locale, color_scheme=shot.scheme, viewport=shot.size, device_scale_factor=1.5
    )
    page = await context.new_page()
    await page.goto(f"{url}admin#/{shot.page}")
    await page.fill("input[name=name]", ADMINISTRATOR[0])
    await page.fill("input[name=password]", ADMINISTRATOR[1])
    await page.click("button[type=submit]")
    await page.wait_for_selector("main tbody tr")
    if shot.csv:
        await page.click(".heading button.secondary")
        file: Any = {"name": "people.csv", "mimeType": "text/csv", "buffer": shot.csv.encode()}
        await page.set_input_files("dialog input[type=file]", file)
        await page.wait_for_selector("dialog tbody tr")
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(300)  # fonts
    await page.screenshot(path=target / f"{shot.name}.png")
    await context.close()


async def chat(url: str, name: str, number: int, until: float) -> None:
    """Let somebody write to Bob, who is online, sometimes more and sometimes less."""
    async with Client(url, name, "demo", options=Options(device_kind="bot")) as client:
        bob = next(user for user in (await client.users()).items if user.name == "bob")
        while (now := time.monotonic()) < until:
            await client.send(bob, "…")
            await asyncio.sleep(0.02 + 0.25 * abs(math.sin(now / 17 + number)) ** 2)


async def chat_for_a_while(url: str) -> None:
    """Let some of the demo people chat."""
    until = time.monotonic() + CHAT_S
    names = ("carol", "emma", "frank", "张敏", "刘洋", "chenjie")
    await asyncio.gather(*(chat(url, name, number, until) for number, name in enumerate(names)))


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
            wanted = [shot for shot in CONSOLE_SHOTS if only in shot.name]
            async with asyncio.TaskGroup() as group:
                if any(shot.page == "dashboard" for shot in wanted):
                    group.create_task(chat_for_a_while(url.rstrip("/")))
                    await asyncio.sleep(CHAT_S - 15)
                for console_shot in wanted:
                    await photograph_console(browser, url, console_shot, target)
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
