"""The other pages of the console: departments, groups, online, discovery, keys, webhooks, log, dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Locator, expect

from acceptance.people import People
from acceptance.suite import Suite
from hongyan.administration.keys import SCOPES, TOKEN
from hongyan.rules.webhooks import EVENTS
from web.administrator import Administrator
from web.test_faults import EVIL

if TYPE_CHECKING:
    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def suite(console_suite: Suite) -> Suite:
    return console_suite


async def test_departments_are_a_tree(open_page: OpenPage, suite: Suite) -> None:
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Departments")
    await admin.press("Add department")
    await admin.fill(name="Factory")
    await admin.press("Add below: Factory")
    await admin.fill(name="Hall")
    await admin.press("Add below: Hall")
    await admin.fill(name=EVIL[0])
    await expect(_branch(admin, "Hall")).to_have_class("depth-1")
    await expect(_branch(admin, EVIL[0])).to_have_class("depth-2")

    await admin.press("Factory")
    await expect(_branch(admin, "Hall")).to_have_count(0)
    await admin.press("Factory")
    await admin.press(f"Edit: {EVIL[0]}")
    await admin.page.select_option("dialog [name=parent_id]", "0")
    await admin.fill(name="Yard")
    await expect(_branch(admin, "Yard")).to_have_class("depth-0")

    await admin.press("Remove: Factory")
    await admin.page.click("dialog button.primary")
    await expect(admin.page.locator("dialog [role=alert]")).to_contain_text("move or delete them first")
    await admin.page.keyboard.press("Escape")
    await admin.press("Remove: Yard")
    await admin.send()
    await expect(_branch(admin, "Yard")).to_have_count(0)


def _branch(admin: Administrator, name: str) -> Locator:
    return admin.page.locator(".tree li").filter(has=admin.page.get_by_text(name, exact=True))


async def test_groups_are_made_and_their_members_hear_of_changes(
    open_page: OpenPage, suite: Suite, people: People
) -> None:
    anna, bob = await people.online(), await people.online()
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Groups")
    await admin.press("Add group")
    await admin.page.fill("dialog input[type=search]", anna.user.name)
    await _pick(admin, anna.user.name)
    await admin.fill(name=EVIL[2][:40])
    await admin.find(EVIL[2][:40])
    await admin.press(f"Rename: {EVIL[2][:40]}")
    await admin.fill(name="Choir")
    await admin.find("Choir")

    await admin.press("Members: Choir")
    await admin.press("Add members")
    await admin.page.fill("dialog input[type=search]", bob.user.name)
    await _pick(admin, bob.user.name)
    await admin.press("Add")
    told = await bob.expect("IMGroupChangeMemberNotify")
    assert (told.user_id, len(told.cur_user_id_list)) == (0, 2)
    await anna.expect("IMGroupChangeMemberNotify")
    await admin.press(f"Remove: {anna.user.name}")
    await anna.expect("IMGroupChangeMemberNotify")
    await expect(admin.page.locator("dialog")).to_contain_text("1 members")
    await admin.page.keyboard.press("Escape")

    await admin.press("Remove: Choir")
    await admin.send()
    await expect(admin.row("Choir")).to_have_count(0)


async def _pick(admin: Administrator, name: str) -> None:
    await admin.page.get_by_role("checkbox", name=f"{name} {name}", exact=True).check()


async def test_who_is_online_is_seen_and_can_be_signed_out(
    open_page: OpenPage, suite: Suite, people: People
) -> None:
    anna = await people.online()
    page = await people.online(anna.user, device_kind="web:1")
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Online")
    await admin.find(anna.user.name)
    await expect(admin.row(anna.user.name)).to_contain_text("PC")
    await admin.press(f"Sign out: {anna.user.name}, Web")
    await admin.send()
    await page.expect("IMKickUser")
    await expect(admin.row(anna.user.name)).not_to_contain_text("Web")
    await admin.press(f"Sign out: {anna.user.name}")
    await admin.send()
    await anna.expect("IMKickUser")
    await expect(admin.row(anna.user.name)).to_have_count(0)


async def test_discovery_entries_are_kept(open_page: OpenPage, suite: Suite) -> None:
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Discovery")
    await admin.press("Add entry")
    await admin.page.fill("dialog [name=name]", EVIL[0])
    await admin.page.fill("dialog [name=url]", "javascript:hacked=1")
    await admin.page.click("dialog button.primary")
    await expect(admin.page.locator("dialog [role=alert]")).to_be_visible()
    await admin.fill(url="https://example.org/wiki")
    await expect(admin.row(EVIL[0])).to_contain_text("https://example.org/wiki")
    await admin.press(f"Edit: {EVIL[0]}")
    await admin.fill(name="Wiki")
    await admin.press("Remove: Wiki")
    await admin.send()
    await expect(admin.row("Wiki")).to_have_count(0)


async def test_a_key_is_shown_once_and_can_be_revoked(open_page: OpenPage, suite: Suite) -> None:
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("API keys")
    await admin.press("Add key")
    offered = admin.page.locator("dialog .checks label")
    assert [text.strip() for text in await offered.all_inner_texts()] == list(SCOPES)
    await admin.page.fill("dialog [name=name]", EVIL[1][:60])
    await admin.page.click("dialog button.primary")
    await expect(admin.page.locator("dialog [role=alert]")).to_have_text("Choose at least one.")
    await admin.page.check("dialog [value='users:read']")
    await admin.page.click("dialog button.primary")
    token = admin.page.locator("dialog .secret")
    await expect(token).to_have_value(re.compile(TOKEN))
    shown = (await token.input_value())[:11]
    await admin.page.keyboard.press("Escape")
    await expect(admin.row(EVIL[1][:60])).to_contain_text(shown)
    await admin.press(f"Revoke: {EVIL[1][:60]}")
    await admin.send()
    await expect(admin.row(EVIL[1][:60])).to_contain_text("Revoked")

    await admin.press("Add bot")
    await admin.page.fill("dialog [name=name]", "robot")
    await admin.page.click("dialog button.primary")
    await expect(token).to_have_value(re.compile(TOKEN))
    await admin.page.keyboard.press("Escape")
    await expect(admin.row("robot").get_by_text("Bot", exact=True)).to_be_visible()


async def test_webhooks_are_made_changed_and_removed(open_page: OpenPage, suite: Suite) -> None:
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Webhooks")
    await admin.press("Add webhook")
    offered = admin.page.locator("dialog .checks label")
    assert [text.strip() for text in await offered.all_inner_texts()] == list(EVENTS)
    await admin.page.fill("dialog [name=name]", "crm")
    await admin.page.fill("dialog [name=url]", "http://127.0.0.1:9/hook")
    await admin.page.click("dialog button.primary")
    await expect(admin.page.locator("dialog .secret")).to_have_value(re.compile("^whsec_"))
    await admin.page.keyboard.press("Escape")
    await admin.press("Disable: crm")
    await expect(admin.row("crm")).to_contain_text("Disabled")
    await admin.press("Edit: crm")
    await admin.page.check("dialog [value='login']")
    await admin.fill(name=EVIL[0])
    await expect(admin.row(EVIL[0])).to_contain_text("login")
    await admin.press(f"Remove: {EVIL[0]}")
    await admin.send()
    await expect(admin.row(EVIL[0])).to_have_count(0)


async def test_the_log_says_who_did_what(open_page: OpenPage, suite: Suite) -> None:
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Discovery")
    await admin.press("Add entry")
    await admin.fill(name="Logged", url="https://example.org/")
    await admin.go("Audit log")
    await admin.page.fill("main input[type=search]", "discovery.add")
    entry = admin.page.locator("main tbody tr").first
    await expect(entry).to_contain_text("admin:root")
    await expect(entry).to_contain_text("127.0.0.1")
    await expect(entry).to_contain_text("Logged")


async def test_the_dashboard_draws_what_happens(open_page: OpenPage, suite: Suite, people: People) -> None:
    anna, bob = await people.online(), await people.online()
    admin = await Administrator.sign_in(open_page, suite)
    await expect(admin.page.locator(".chart svg[role=img]")).to_have_count(6)
    msg = admin.page.locator("main tbody tr").filter(has_text=suite.addresses["msg"])
    await expect(msg).to_contain_text("users")
    await msg.locator("summary").click()
    await expect(msg.locator(".links")).to_contain_text("msg - db_proxy")
    # A line may be level, which a browser does not count as visible; it is drawn if it has points.
    await expect(admin.page.locator(".chart polyline").first).to_have_attribute(
        "points", re.compile(r"\d+ \d+")
    )
    number = 0

    async def chats() -> None:
        nonlocal number
        number += 1
        await anna.say(bob.user_id, f"number {number}".encode())

    tile = admin.page.locator(".tiles div").filter(has_text="Messages/s").locator("dd")
    for _ in range(200):  # until a sample has seen some
        await chats()
        if await tile.inner_text() not in ("0", "–"):
            break
        await admin.page.wait_for_timeout(100)
    await expect(admin.page.locator(".chart", has_text="Latency").locator("polyline").first).to_be_attached()
    words = await admin.page.locator(".chart svg").first.get_attribute("aria-label")
    assert words is not None
    assert "Online users now" in words
    await admin.page.locator(".chart svg").first.hover()
    await expect(admin.page.locator(".chart .moment")).to_have_count(1)
