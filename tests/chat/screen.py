"""The full-screen mode under Textual's pilot, with words for what is on it."""

import asyncio
from collections.abc import Callable
from typing import Final

from textual.pilot import Pilot
from textual.widgets import Static

from hongyan.chat.views.composer import Composer

DEADLINE_S: Final = 60


class Screen:
    """The app under the pilot, with words for what is on it."""

    def __init__(self, pilot: Pilot[str]) -> None:
        self.pilot = pilot
        self.app = pilot.app

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await self.pilot.pause(0.02)

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text())

    def text(self) -> str:
        """Everything on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        self.app.query_one(Composer).insert(text)
        await self.pilot.pause()

    async def say(self, text: str) -> None:
        await self.write(text)
        await self.press("enter")

    @property
    def title(self) -> str:
        return str(self.app.query_one("#title", Static).content)
