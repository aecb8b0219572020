"""The login server: which msg_server a client shall use."""

import json

import pytest

from .client import Client, Connection, http
from .people import People
from .suite import Suite
from .wire import COMMAND_OF, frame_of


async def get(suite: Suite, target: str, method: str = "GET", body: str = "") -> bytes:
    request = f"{method} {target} HTTP/1.1\r\nHost: login\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return await http(suite.addresses["login_http"], request.encode())


def parse(response: bytes) -> tuple[str, dict[str, str], dict]:
    head, _, body = response.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    assert int(headers["content-length"]) == len(body)
    return status, headers, json.loads(body)


@pytest.mark.parametrize("target", ["/msg_server", "/msg_server?user=1", "/msg_server/"])
async def test_http_tells_the_msg_server_in_the_originals_words(suite: Suite, target: str) -> None:
    status, headers, answer = parse(await get(suite, target))
    assert status.startswith("HTTP/1.1 200")
    assert headers["connection"].lower() == "close"
    assert answer.keys() == {
        *("code", "msg", "priorIP", "backupIP", "port"),
        *("msfsPrior", "msfsBackup", "discovery"),
    }
    assert (answer["code"], answer["msg"]) == (0, "")
    assert answer["msfsPrior"].endswith("/")


async def test_the_port_is_a_string_and_the_address_serves_clients(suite: Suite, people: People) -> None:
    answer = parse(await get(suite, "/msg_server"))[2]
    assert isinstance(answer["port"], str)
    client = await people.online(server=f"{answer['priorIP']}:{answer['port']}")
    assert client.user_id > 0


async def test_http_answers_a_post_alike(suite: Suite) -> None:
    assert parse(await get(suite, "/msg_server", "POST", "anything"))[2]["code"] == 0


@pytest.mark.parametrize("target", ["/", "/msgserver", "/admin", "/../msg_server", "/%00"])
async def test_other_paths_give_no_address(suite: Suite, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: login\r\nConnection: close\r\n\r\n"
    reply = await http(suite.addresses["login_http"], request.encode())
    assert reply.startswith(b"HTTP/1.1 ")
    assert b"priorIP" not in reply


async def test_a_client_that_sends_its_request_in_pieces_is_answered(suite: Suite) -> None:
    connection = await Connection.open(suite.addresses["login_http"])
    await connection.write(b"GET /msg_ser")
    await get(suite, "/msg_server")
    await connection.write(b"ver HTTP/1.1\r\nHost: x\r\n\r\n")
    reply = await connection.read_raw()
    await connection.close()
    assert parse(reply)[2]["code"] == 0


async def test_tcp_tells_the_same_and_closes(suite: Suite) -> None:
    told = parse(await get(suite, "/msg_server"))[2]
    client = await Client.open(suite.addresses["login_client"])
    await client.send_frame(frame_of("IMMsgServReq", seq=0x1234))
    frames = await client.closed()
    await client.close()
    assert [(frame.command, frame.seq) for frame in frames] == [(COMMAND_OF["IMMsgServRsp"], 0x1234)]
    assert frames[0].message.has(
        result_code=0,
        prior_ip=told["priorIP"],
        backip_ip=told["backupIP"],
        port=int(told["port"]),
    )


async def test_many_clients_can_ask_at_once(suite: Suite) -> None:
    clients = [await Client.open(suite.addresses["login_client"]) for _ in range(50)]
    for client in clients:
        await client.send_frame(frame_of("IMMsgServReq", seq=1))
    for client in clients:
        frames = await client.closed()
        assert frames[0].message.result_code == 0
        await client.close()
