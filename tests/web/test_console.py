"""The admin console in a real browser, against a real suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from acceptance.client import MAC, User
from acceptance.people import People
from acceptance.suite import Suite
from web.administrator import PASSWORD, Administrator, console_url
from web.test_faults import EVIL, faults

if TYPE_CHECKING:
    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
NARROW = {"width": 390, "height": 780}
GOOD_CSV = "name,password,nick,sex\nzoe,pw1,Zoë,f\n吴敏,pw2,,\n"
BAD_CSV = "name,password,nick,department\nann1,pw,,\n,pw,,\nann2,pw,,Nowhere\nann1,pw,,\n"


@pytest.fixture(scope="module")
def suite(console_suite: Suite) -> Suite:
    return console_suite


async def log_in_code(people: People, name: str, password: str) -> int:
    client = await people.connect(User(name, password=password))
    return int((await client.request_login()).result_code)


async def test_nobody_is_let_in_with_a_wrong_password_and_a_reload_stays_in(
    open_page: OpenPage, suite: Suite
) -> None:
    admin = Administrator(await open_page(console_url(suite)))
    for name, password in (("admin", "admin"), ("root", "wrong horse battery")):
        await admin.type_credentials(name, password)
        await expect(admin.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    await admin.type_credentials("root", PASSWORD)
    await expect(admin.page.locator(".console")).to_be_visible()
    kept = await admin.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    assert kept == "{}", "scripts see nothing of the session"
    await admin.page.reload()
    await expect(admin.page.locator(".console")).to_be_visible()
    await admin.press("Sign out")
    await expect(admin.page.locator(".signin")).to_be_visible()
    await admin.page.reload()
    await expect(admin.page.locator(".signin")).to_be_visible()


async def test_a_user_is_added_edited_and_given_another_password(
    open_page: OpenPage, suite: Suite, people: People
) -> None:
    suite.admin("department", "add", "Research")
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Users")
    await admin.press("Add user")
    await admin.fill(name="newbie", password="first one", phone="13800000000")
    await admin.find("newbie")
    assert await log_in_code(people, "newbie", "first one") == 0

    await admin.press("Edit: newbie")
    await admin.page.select_option("dialog [name=department_id]", label="Research")
    await admin.fill(nick="New Bee")
    await expect(admin.row("newbie").get_by_text("Research")).to_be_visible()
    await expect(admin.row("newbie").get_by_text("New Bee")).to_be_visible()

    online = await people.online(User("newbie", password="first one"))
    await admin.press("Reset password: newbie")
    await admin.fill(password="second one")
    await online.expect("IMKickUser")
    assert await log_in_code(people, "newbie", "first one") != 0
    assert await log_in_code(people, "newbie", "second one") == 0


async def test_a_disabled_user_is_put_out_and_kept_out(
    open_page: OpenPage, suite: Suite, people: People
) -> None:
    online = await people.online(kind=MAC)
    name = online.user.name
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Users")
    await admin.find(name)
    await admin.press(f"Disable: {name}")
    await expect(admin.page.locator("dialog")).to_contain_text(name)
    await admin.send()
    await online.expect("IMKickUser")
    await expect(admin.row(name).get_by_text("Disabled")).to_be_visible()
    assert (await (await people.connect(online.user)).request_login()).result_code != 0
    await admin.press(f"Enable: {name}")
    await expect(admin.row(name).get_by_text("Active")).to_be_visible()
    assert (await (await people.connect(online.user)).request_login()).result_code == 0


async def test_an_import_shows_what_is_wrong_and_adds_all_or_nobody(
    open_page: OpenPage, suite: Suite, people: People
) -> None:
    admin = await Administrator.sign_in(open_page, suite, locale="zh-CN")
    await admin.go("用户")
    await admin.page.click("text='导入'")
    await admin.page.set_input_files("dialog input[type=file]", _file(BAD_CSV.encode()))
    await expect(admin.page.locator("dialog [role=alert]")).to_contain_text("3")
    wrong = admin.page.locator("dialog tr.faulty")
    await expect(wrong).to_have_count(3)
    await expect(wrong.nth(0)).to_contain_text("缺少用户名")
    await expect(wrong.nth(1)).to_contain_text("没有部门“Nowhere”")
    await expect(wrong.nth(2)).to_contain_text("用户名“ann1”已被占用")
    await expect(admin.page.locator("dialog button.primary")).to_be_disabled()

    await admin.page.set_input_files("dialog input[type=file]", _file(GOOD_CSV.encode("gb18030")))
    await expect(admin.page.locator("dialog tbody tr")).to_have_count(2)
    assert "pw1" not in await admin.page.inner_text("dialog"), "passwords are not shown"
    await admin.send()
    await admin.find("吴敏")
    await admin.find("zoe")
    assert await log_in_code(people, "zoe", "pw1") == 0
    await expect(admin.row("ann1")).to_have_count(0)


async def test_what_is_typed_is_text_and_nothing_else(open_page: OpenPage, suite: Suite) -> None:
    name, nick = EVIL[0][:32], EVIL[1][:32]
    suite.admin("department", "add", f"Dep {EVIL[0]}")
    phone, email = "<i>1</i>", EVIL[2]  # a form would not take them
    suite.admin("user", "add", "typist", "--password", "x", "--phone", phone, "--email", email)
    admin = await Administrator.sign_in(open_page, suite)
    await admin.go("Users")
    await admin.press("Add user")
    await admin.page.select_option("dialog [name=department_id]", label=f"Dep {EVIL[0]}")
    await admin.fill(name=name, password="x", nick=nick)
    await admin.find(name)
    await expect(admin.row(name).get_by_text(f"Dep {EVIL[0]}")).to_be_visible()
    await expect(admin.row(name).get_by_text(nick, exact=True)).to_be_visible()
    await admin.press(f"Edit: {name}")
    await expect(admin.page.locator("dialog h2")).to_have_text(name)
    assert await admin.page.input_value("dialog [name=nick]") == nick
    await admin.page.keyboard.press("Escape")
    await admin.find("typist")
    for shown in (phone, email):
        await expect(admin.row("typist").get_by_text(shown, exact=True)).to_be_visible()
    await admin.press("Edit: typist")
    assert await admin.page.input_value("dialog [name=phone]") == phone
    assert await admin.page.input_value("dialog [name=email]") == email
    assert await admin.page.evaluate("typeof hacked") == "undefined"
    assert await admin.page.locator("[onerror], [onload], #app script").count() == 0


@pytest.mark.parametrize(("scheme", "size"), [("light", None), ("dark", NARROW)])
async def test_axe_finds_no_serious_fault(
    open_page: OpenPage, suite: Suite, scheme: str, size: dict[str, int] | None
) -> None:
    options = {"viewport": size} if size else {}
    admin = Administrator(await open_page(console_url(suite), color_scheme=scheme, **options))
    await expect(admin.page.locator("form")).to_be_visible()
    assert await faults(admin.page) == []
    await admin.type_credentials("root", PASSWORD)
    for page in await admin.page.locator(".menu li a").evaluate_all("(all) => all.map((one) => one.hash)"):
        await admin.page.evaluate(f"location.hash = {page!r}")
        await expect(admin.page.locator("main h1")).to_be_visible()
        assert await faults(admin.page) == [], page
    await admin.page.evaluate("location.hash = '#/users'")
    await admin.press("Add user")
    await expect(admin.page.locator("dialog")).to_be_visible()
    assert await faults(admin.page) == []


def _file(content: bytes) -> dict[str, object]:
    return {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
