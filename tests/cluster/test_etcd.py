"""The etcd client against a real etcd."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hongyan.cluster.discovery.etcd import Change, Etcd
from hongyan.errors import BackendError, ConfigError

from .etcd_server import EtcdServer


@pytest.fixture
async def etcd(etcd_server: EtcdServer) -> AsyncIterator[Etcd]:
    etcd = Etcd((etcd_server.url,))
    yield etcd
    await etcd.close()


async def test_what_was_put_is_read_with_its_prefix_only(etcd: Etcd):
    lease = await etcd.grant(60)
    await etcd.put("/put/a", "鸿雁", lease)
    await etcd.put("/put0", "other", lease)
    assert (await etcd.read("/put/")).values == {"/put/a": "鸿雁"}


async def test_the_end_of_a_lease_takes_its_keys_along(etcd: Etcd):
    lease = await etcd.grant(60)
    await etcd.put("/lease/a", "1", lease)
    assert await etcd.keep_alive(lease)
    await etcd.revoke(lease)
    assert (await etcd.read("/lease/")).values == {}
    assert not await etcd.keep_alive(lease)


async def test_a_watch_tells_what_came_after_a_revision_and_what_went(etcd: Etcd):
    lease = await etcd.grant(60)
    await etcd.put("/watch/old", "0", lease)
    snapshot = await etcd.read("/watch/")
    await etcd.put("/watch/new", "1", lease)
    heard: list[Change] = []
    async with asyncio.timeout(30):
        async for changes in etcd.watch("/watch/", snapshot.revision):
            heard += changes
            if len(heard) == 1:
                await etcd.revoke(lease)
            if len(heard) == 3:
                break
    assert heard[0] == Change("/watch/new", "1")
    assert sorted(heard[1:]) == [Change("/watch/new", None), Change("/watch/old", None)]


async def test_the_next_endpoint_stands_in_for_one_that_is_away(etcd_server: EtcdServer):
    etcd = Etcd(("http://127.0.0.1:1", etcd_server.url))
    try:
        assert await etcd.grant(60)
        assert (await etcd.read("/nothing/")).values == {}
    finally:
        await etcd.close()


async def test_nobody_there(etcd_server: EtcdServer):
    etcd = Etcd(("http://127.0.0.1:1",))
    try:
        with pytest.raises(BackendError, match=r"etcd at http://127\.0\.0\.1:1"):
            await etcd.grant(1)
        with pytest.raises(BackendError):
            await anext(etcd.watch("/x/", 0))
    finally:
        await etcd.close()


async def test_a_key_without_its_lease_is_refused(etcd: Etcd):
    with pytest.raises(BackendError, match="HTTP 404"):
        await etcd.put("/refused/a", "1", "12345")


def test_a_certificate_file_that_is_not_there():
    with pytest.raises(ConfigError, match=r"discovery\.ca_file: /absent"):
        Etcd(("https://127.0.0.1:1",), ca_file="/absent")


async def test_with_a_password(own_etcd: EtcdServer):
    admin = Etcd((own_etcd.url,))
    for method, body in (
        ("auth/user/add", {"name": "root", "password": "s3cret"}),
        ("auth/role/add", {"name": "root"}),
        ("auth/user/grant", {"user": "root", "role": "root"}),
        ("auth/enable", {}),
    ):
        await admin._call(method, body)
    with pytest.raises(BackendError):
        await admin.put("/secured/a", "1", "0")
    await admin.close()
    etcd = Etcd((own_etcd.url,), "root", "s3cret")
    try:
        lease = await etcd.grant(60)
        await etcd.put("/secured/a", "1", lease)
        etcd._token = "expired.1"
        assert (await etcd.read("/secured/")).values == {"/secured/a": "1"}
    finally:
        await etcd.close()
