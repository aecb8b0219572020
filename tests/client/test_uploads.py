"""Uploads of the SDK to the msfs of a real suite that wants tokens."""

import asyncio
from collections.abc import Iterator

import pytest

from hongyan.client import Client, ConnectFailed, Conversation, Message, RequestRefused
from hongyan.client.images import image_urls

from .real_suite import PASSWORD, RealSuite

PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSuite]:
    settings = {"HONGYAN_MSFS__REQUIRE_TOKEN": "true", "HONGYAN_MSFS__MAX_FILE_BYTES": "100000"}
    suite = RealSuite(tmp_path_factory.mktemp("suite"), environment=settings)
    suite.add_users()
    suite.start()
    yield suite
    suite.stop()


async def test_an_image_arrives_as_it_was_sent(suite: RealSuite) -> None:
    async with Client(suite.login_url, "u1", PASSWORD) as one, Client(suite.login_url, "u2", PASSWORD) as two:
        messages = two.messages()
        await one.send_image(Conversation.with_user(two.user_id), PNG, "photo_320x200.png")
        async with asyncio.timeout(20):
            message: Message = await anext(messages)
        (url,) = image_urls(message.text)
        assert url.endswith("_320x200.png")
        assert await two.download(url) == PNG
        with pytest.raises(RequestRefused, match="over 10 bytes"):
            await two.download(url, max_bytes=10)
        with pytest.raises(RequestRefused, match="status 404"):
            await two.download(url.replace("_320x200", "").replace("/g0/", "/g0/999/"))


async def test_an_upload_gets_a_new_token_when_its_own_is_no_good(suite: RealSuite) -> None:
    async with Client(suite.login_url, "u3", PASSWORD) as client:
        client._upload_token = "3.99999999999." + "A" * 43
        assert await client.download(await client.upload(b"text", "../../a/b.txt")) == b"text"
        assert not client._upload_token.endswith("AAAA")


async def test_an_upload_that_is_not_taken_says_why(suite: RealSuite) -> None:
    async with Client(suite.login_url, "u4", PASSWORD) as client:
        with pytest.raises(RequestRefused, match="file store failed"):
            await client.upload(bytes(100_001), "large.png")
        assert await client.upload(PNG, "a.png")
        for url in ("http://127.0.0.1:1/g0/000/000/a.png", "nonsense", "http://[/"):
            with pytest.raises(ConnectFailed, match="cannot fetch"):
                await client.download(url)
