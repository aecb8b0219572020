"""What must not happen: scripts out of what people write, faults of accessibility, a slow page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Page, expect

from acceptance.people import People
from acceptance.suite import Suite
from hongyan.wire.cipher import MessageCipher

from .visitor import Visitor

if TYPE_CHECKING:
    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = Path(__file__).parent / "vendor/axe-core/axe.min.js"
CIPHER = MessageCipher()
EVIL = (
    "<img src=x onerror=hacked=1>",
    "<script>hacked=1</script>",
    '"><svg onload=hacked=1>',
    "'-hacked=1-'",
    "${hacked=1}",
    "{{hacked=1}}",
    "</textarea><script>hacked=1</script>",
    "javascript:hacked=1",
)


def cipher(text: str) -> bytes:
    return CIPHER.encrypt(text.encode())


async def faults(page: Page) -> list[Any]:
    """Serious and critical violations that axe finds in what is shown."""
    # Through the debugger, as the page's own policy lets no foreign script in.
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (each["id"], each["impact"], [node["html"][:160] for node in each["nodes"]][:3])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


async def test_what_people_write_is_text_and_nothing_else(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    mallory = await people.online()
    name = suite.people.take_name()
    suite.admin("department", "add", f"Dept {EVIL[0]}")
    suite.admin(
        "user", "add", "evil", "--password", "x", "--nick", EVIL[0][:32], "--department", f"Dept {EVIL[0]}"
    )
    everybody = (await mallory.ask("IMAllUserReq", latest_update_time=0)).user_list
    victim = next(user.user_id for user in everybody if user.user_real_name == name)
    await mallory.ask("IMChangeSignInfoReq", sign_info=EVIL[0] + EVIL[1])
    await mallory.ask("IMChangeAvatarReq", avatar_url="javascript:hacked=1")
    group = (await mallory.create_group(victim, name=EVIL[2])).group_id
    for text in EVIL:
        await mallory.say(victim, cipher(text))
        await mallory.say_to_group(group, cipher(f"@{text}"))
    mark = "&$#@~^@[{:%s:}]&$~@#@"
    for target in ("javascript:hacked=1", 'http://127.0.0.1:1/x" onerror=hacked=1', "data:text/html,x"):
        await mallory.say(victim, cipher(mark % target))
        await mallory.say(victim, cipher(f"\U0001f4ce {EVIL[0]}\n{target}"))
    await mallory.say(victim, b"not even a cipher " + EVIL[1].encode())

    anna = await Visitor.sign_in(open_page, url, name)
    await anna.open_chat(EVIL[2])
    for text in EVIL:
        await anna.sees(f"@{text}")
    await anna.page.click(".about")
    await expect(anna.page.locator("dialog h2")).to_have_text(EVIL[2])
    await anna.page.keyboard.press("Escape")
    await anna.open_chat(mallory.user.name)
    for text in EVIL:
        await anna.sees(text)
    await anna.page.locator(".face").first.click()
    await expect(anna.page.locator(".profile .signature")).to_have_text(EVIL[0] + EVIL[1])
    await anna.page.keyboard.press("Escape")
    await anna.go("Contacts")
    await anna.page.fill(".side input[type=search]", "evil")
    await expect(anna.row(EVIL[0])).to_be_visible()
    for panel in ("Groups", "Chats"):
        await anna.go(panel)
    assert await anna.page.evaluate("typeof hacked") == "undefined"
    assert await anna.page.locator("[onerror], [onload], #app script").count() == 0
    links = await anna.page.locator("a[href]").evaluate_all("(all) => all.map((each) => each.protocol)")
    assert set(links) <= {"http:", "https:"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault(
    open_page: OpenPage, suite: Suite, people: People, url: str, scheme: str
) -> None:
    bob = await people.online()
    anna = Visitor(await open_page(url, color_scheme=scheme), suite.people.take_name())
    await expect(anna.page.locator("form")).to_be_visible()
    assert await faults(anna.page) == []
    await anna.type_credentials("wild goose 鸿雁")
    await anna.is_in()
    await anna.open_contact(bob.user.name)
    await anna.say("hello http://example.org/ @you")
    await anna.has_sent("hello http://example.org/ @you")
    await bob.say((await bob.expect("IMMsgData")).from_user_id, cipher("hello yourself"))
    await anna.sees("hello yourself")
    assert await faults(anna.page) == []
    await anna.page.fill(".side input[type=search]", "")
    await expect(anna.page.locator(".side .row").nth(5)).to_be_visible()
    assert await faults(anna.page) == []
    for opener in (".about", ".me", ".rail .last", "button[aria-label='New group']"):
        await anna.page.click(opener)
        await expect(anna.page.locator("dialog")).to_be_visible()
        assert await faults(anna.page) == [], opener
        await anna.page.keyboard.press("Escape")
        await expect(anna.page.locator("dialog")).to_have_count(0)


async def test_it_starts_at_once(open_page: OpenPage, suite: Suite, url: str) -> None:
    """Under a second on a machine that has nothing else to do; tests have company, so more is let pass."""
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.page.reload()
    await anna.is_in()
    begun = await anna.page.evaluate("performance.now()")
    assert begun < 5000


async def test_the_ciphers_of_the_page_are_those_of_the_servers(open_page: OpenPage, url: str) -> None:
    page = await open_page(url)
    base = (await page.get_attribute("script[type=module]", "src") or "").removesuffix("main.js")
    script = """async ([base, texts]) => {
        const { encryptText, decryptText } = await import(base + "wire/cipher.js");
        const { passwordDigest } = await import(base + "wire/password.js");
        const word = new TextDecoder();
        return texts.map((text) => {
            const data = encryptText(text);
            return [word.decode(data), decryptText(data), passwordDigest(text)];
        });
    }"""
    texts = ["a", "hello world!", "1234567890123", "x" * 28, "x" * 29, "你好，世界！TeamTalk", "😀"]
    answers = await page.evaluate(script, [base, texts])
    assert answers[0] == ["8+lyaGSNdKxdsEEADyYxvw==", "a", "0cc175b9c0f1b6a831c399e269772661"]
    assert [answer[0].encode() for answer in answers] == [cipher(text) for text in texts]
    assert [answer[1] for answer in answers] == texts
    android = cipher("x")[:0] + CIPHER.encrypt(b"\xed\xa0\xbd\xed\xb8\x80 \xc0\x80!")
    decoded = await page.evaluate(
        "async ([base, data]) => (await import(base + 'wire/cipher.js'))"
        ".decryptText(new TextEncoder().encode(data))",
        [base, android.decode()],
    )
    assert decoded == "😀 \0!"
