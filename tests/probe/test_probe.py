"""`hongyan probe`: right answers of a real suite, and wrong ones of servers that only pretend."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from acceptance.suite import Suite, running
from hongyan.cli.main import run
from hongyan.config.ports import PORTS
from hongyan.probe.checks import CHECKS, Target
from hongyan.probe.probing import Finding, probe
from hongyan.wire import commands
from hongyan.wire.frame import Framer, OutboundFrame
from hongyan.wire.pb.login_pb2 import IMLoginRes, IMMsgServRsp
from hongyan.wire.pb.message_pb2 import IMClientTimeRsp
from hongyan.wire.pb.other_pb2 import IMHeartBeat
from hongyan.wire.pb.server_pb2 import IMValidateRsp

REPLIES = {
    commands.HEARTBEAT.id: (commands.HEARTBEAT, IMHeartBeat()),
    commands.TIME.id: (commands.TIME_REPLY, IMClientTimeRsp(server_time=1)),
    commands.LOGIN.id: (commands.LOGIN_REPLY, IMLoginRes(server_time=1, result_code=3)),
    commands.MSG_SERVER.id: (commands.MSG_SERVER_REPLY, IMMsgServRsp(result_code=1)),
    commands.VALIDATE.id: (commands.VALIDATE_REPLY, IMValidateRsp(user_name="admin", result_code=0)),
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(Suite(tmp_path_factory.mktemp("probe"))) as suite:
        yield suite


def probed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict]]:
    code = run(("probe", *arguments, "--json"))
    out = capsys.readouterr().out
    return code, json.loads(out) if out else []


def test_every_server_of_a_suite_answers_rightly(suite: Suite, capsys):
    code, findings = probed(capsys, "all", "--data", str(suite.data))
    assert [finding for finding in findings if not finding["is_right"]] == []
    assert code == 0
    assert {finding["server"] for finding in findings} == {*CHECKS} & {*suite.addresses}
    assert all(finding["took_ms"] > 0 for finding in findings)


def test_one_server_is_named_by_its_role_and_shown_in_a_table(suite: Suite, capsys):
    assert run(("probe", "db_proxy", "--data", str(suite.data))) == 0
    out = capsys.readouterr().out
    assert suite.addresses["db_proxy"] in out
    assert "reads the database" in out
    assert "route" not in out


def test_a_file_or_an_address_names_the_server_too(suite: Suite, tmp_path: Path, capsys):
    secret = (suite.data / "cluster_secret").read_text().strip()
    host, port = suite.addresses["route"].split(":")
    file = tmp_path / "route.toml"
    file.write_text(f'[cluster]\nsecret = "{secret}"\n[route]\nhost = ["{host}"]\nport = {port}\n')
    assert probed(capsys, "route", "--config", str(file))[0] == 0
    assert probed(capsys, "route", "--address", f"{host}:{port}", "--data", str(suite.data))[0] == 0


def test_another_secret_is_told_from_a_server_that_is_away(
    suite: Suite, capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HONGYAN_CLUSTER__SECRET", "another secret, long enough")
    code, (finding,) = probed(capsys, "route", "--data", str(suite.data))
    assert code == 1
    assert "another secret" in finding["answer"]
    code, (finding,) = probed(capsys, "route", "--address", "127.0.0.1:1")
    assert code == 1
    assert "Connect" in finding["answer"]


@pytest.mark.parametrize(
    "arguments", [("all", "--address", "127.0.0.1:1"), ("route", "--address", "here"), ("mail",)]
)
def test_wrong_usage_is_said(capsys, arguments: tuple[str, ...]):
    assert run(("probe", *arguments)) == 2
    assert capsys.readouterr().err


def test_without_a_suite_there_is_nothing_to_ask(tmp_path: Path, capsys):
    assert run(("probe", "all", "--data", str(tmp_path))) == 1
    assert "no suite runs on this folder" in capsys.readouterr().err


def test_every_port_of_a_server_has_a_check():
    assert {*PORTS} - {"metrics"} <= {*CHECKS}


class Pretender(asyncio.Protocol):
    """One connection to a server that answers what a test says."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self.transport: asyncio.Transport | None = None
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self._answer(data))

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.gone.set()


@asynccontextmanager
async def pretending(answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    connections: list[Pretender] = []

    def accept() -> Pretender:
        connections.append(Pretender(answer))
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for connection in connections:
        if connection.transport is not None:
            connection.transport.abort()
            await connection.gone.wait()


def canned(data: bytes) -> bytes:
    """What a server says whose neighbours are away."""
    return b"".join(OutboundFrame(*REPLIES[frame.command_id], frame.seq).raw for frame in Framer().feed(data))


async def asked(
    name: str, answer: Callable[[bytes], bytes], secret: str = "", within_s: float = 10
) -> Finding:
    async with pretending(answer) as port:
        (finding,) = await probe([(name, Target("127.0.0.1", port, secret, within_s))])
    assert not finding.is_right
    return finding


async def test_a_server_without_its_neighbours_is_wrong_in_words():
    assert (await asked("msg2", canned)).answer == "it has no link to a db_proxy"
    assert (await asked("login_client", canned)).answer == "no msg_server, result 1"
    assert (await asked("db_proxy", canned)).answer == "the answer is for somebody else"


@pytest.mark.parametrize("name", sorted(CHECKS))
async def test_silence_and_nonsense_are_wrong_answers(name: str):
    secret = "a secret that is long enough" if name == "login_msg" else ""
    assert (await asked(name, lambda _: b"", secret, within_s=0.2)).answer == "no answer within 0.2 s"
    assert (await asked(name, lambda _: b"\x00\x00\x00\x01 and more nonsense\r\n\r\n", secret)).answer
