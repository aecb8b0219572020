"""Captures, whole and damaged, and saved streams."""

import builtins
from collections.abc import Callable
from pathlib import Path

import dpkt
import pytest

from hongyan.cli.main import run

from .streams import ACK, CLIENT, LOGIN, MESSAGE, SERVER, segment, write_pcap

SYN, SYN_ACK = dpkt.tcp.TH_SYN, dpkt.tcp.TH_SYN | dpkt.tcp.TH_ACK
START = 2**32 - 20  # so that the sequence numbers wrap

Sniff = Callable[..., list[str]]


@pytest.fixture
def sniff(capsys: pytest.CaptureFixture[str]) -> Sniff:
    def call(path: Path, *options: str) -> list[str]:
        assert run(["sniff", "file", str(path), *options]) == 0
        return [line.partition(" seq")[0].partition("#")[2] for line in capsys.readouterr().out.splitlines()]

    return call


def _conversation(later: int = 0) -> list[bytes]:
    up, start = LOGIN + MESSAGE, START + later
    return [
        segment(CLIENT, SERVER, start, b"", SYN),
        segment(SERVER, CLIENT, later + 500, b"", SYN_ACK),
        segment(CLIENT, SERVER, start + 1, up[:10]),
        segment(CLIENT, SERVER, start + 11, up[10:50]),
        segment(CLIENT, SERVER, start + 51, up[50:]),
        segment(SERVER, CLIENT, later + 501, ACK),
    ]


EXPECTED = ["1 > CID_LOGIN_REQ_USERLOGIN(0x0103)", "1 > CID_MSG_DATA(0x0301)", "1 < CID_MSG_DATA_ACK(0x0302)"]


@pytest.mark.parametrize("link", ["raw", "ethernet", "cooked", "null"])
def test_a_capture_shows_both_directions(sniff: Sniff, tmp_path: Path, link: str) -> None:
    assert sniff(write_pcap(tmp_path / "c.pcap", _conversation(), link)) == EXPECTED


def test_segments_in_another_order_and_twice_make_no_difference(sniff: Sniff, tmp_path: Path) -> None:
    syn, syn_ack, one, two, three, ack = _conversation()
    packets = [syn, syn, syn_ack, three, one, one, two, three, ack, ack]
    assert sniff(write_pcap(tmp_path / "c.pcap", packets)) == EXPECTED


def test_a_segment_that_overlaps_adds_only_what_is_new(sniff: Sniff, tmp_path: Path) -> None:
    syn, syn_ack, one, two, _, ack = _conversation()
    rest = segment(CLIENT, SERVER, START + 31, (LOGIN + MESSAGE)[30:])
    assert sniff(write_pcap(tmp_path / "c.pcap", [syn, syn_ack, one, two, rest, ack])) == EXPECTED


def test_a_capture_that_began_in_the_middle(sniff: Sniff, tmp_path: Path) -> None:
    packets = [segment(SERVER, CLIENT, 9, ACK), segment(CLIENT, SERVER, 7, MESSAGE)]
    assert sniff(write_pcap(tmp_path / "c.pcap", packets)) == [EXPECTED[2], EXPECTED[1]]


def test_a_connection_after_another_on_the_same_ports_has_its_own_number(
    sniff: Sniff, tmp_path: Path
) -> None:
    again = [line.replace("1 ", "2 ", 1) for line in EXPECTED]
    assert sniff(write_pcap(tmp_path / "c.pcap", _conversation() + _conversation(77))) == EXPECTED + again


def test_what_is_not_ours_is_left_out(
    sniff: Sniff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    http = segment(CLIENT, (SERVER[0], 8080), 1, b"GET /msg_server HTTP/1.1\r\n\r\n")
    path = write_pcap(tmp_path / "c.pcap", [*_conversation(), b"\x45rubbish", http])
    assert sniff(path) == EXPECTED
    assert sniff(path, "--port", "8000", "--command", "0x0302") == EXPECTED[2:]
    assert run(["sniff", "file", str(path), "--port", "8080"]) == 0
    assert capsys.readouterr().err == "no frames in 1 TCP streams\n"


def test_a_lost_segment_is_said_and_ends_that_direction(sniff: Sniff, tmp_path: Path) -> None:
    packets = [segment(CLIENT, SERVER, 100 + 50 * place, MESSAGE[:50]) for place in range(400) if place != 1]
    shown = sniff(write_pcap(tmp_path / "c.pcap", packets))
    assert shown == ["1 > -- the capture lacks a part; what follows is not decoded"]


def test_a_saved_stream(sniff: Sniff, tmp_path: Path) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(LOGIN + ACK + b"\0\0\0\3 and much more")
    shown = sniff(path, "--raw")
    assert shown[:2] == [EXPECTED[0].replace(">", "-"), EXPECTED[2].replace("<", "-")]
    assert shown[2].startswith("1 - -- no frame: frame_too_short")


def test_a_file_that_is_no_capture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"hello, world, this is no capture at all")
    assert run(["sniff", "file", str(path)]) == 1
    assert "no capture that can be read" in capsys.readouterr().err


def test_without_dpkt_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_pcap(tmp_path / "c.pcap", [])
    real = builtins.__import__

    def refuse(name: str, *rest: object) -> object:
        if name == "dpkt":
            raise ModuleNotFoundError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert run(["sniff", "file", str(path)]) == 1
    assert "pip install 'hongyan[sniff]'" in capsys.readouterr().err
