"""Frames to sniff, and captures of them."""

from pathlib import Path
from typing import Any

import dpkt

from hongyan.wire import commands as c
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.login_pb2 import IMLoginReq
from hongyan.wire.pb.message_pb2 import IMMsgData, IMMsgDataAck

CLIENT, SERVER = (b"\x7f\0\0\1", 50123), (b"\x7f\0\0\1", 8000)

LOGIN = OutboundFrame(
    c.LOGIN,
    IMLoginReq(user_name="anna", password="e10adc3949ba", online_status=1, client_type=0x11),
    1,
).raw
MESSAGE = OutboundFrame(
    c.MSG_DATA,
    IMMsgData(
        from_user_id=1,
        to_session_id=2,
        msg_id=0,
        create_time=0,
        msg_type=1,
        msg_data=MessageCipher().encrypt("你好 Bob".encode()),
    ),
    2,
).raw
ACK = OutboundFrame(c.MSG_DATA_ACK, IMMsgDataAck(user_id=1, session_id=2, msg_id=7, session_type=1), 2).raw


def segment(
    source: tuple[bytes, int], target: tuple[bytes, int], seq: int, data: bytes, flags: int = dpkt.tcp.TH_ACK
) -> bytes:
    """One IP packet."""
    tcp = dpkt.tcp.TCP(sport=source[1], dport=target[1], seq=seq % 2**32, flags=flags, data=data)
    ip = dpkt.ip.IP(src=source[0], dst=target[0], p=dpkt.ip.IP_PROTO_TCP, data=tcp)
    return bytes(ip)


def write_pcap(path: Path, packets: list[bytes], link: str = "raw") -> Path:
    """Write a capture with raw, Ethernet or Linux cooked packets."""
    wrap: dict[str, tuple[int, Any]] = {
        "raw": (101, lambda ip: ip),
        "ethernet": (dpkt.pcap.DLT_EN10MB, lambda ip: bytes(12) + b"\x08\x00" + ip),
        "cooked": (dpkt.pcap.DLT_LINUX_SLL, lambda ip: bytes(14) + b"\x08\x00" + ip),
        "null": (dpkt.pcap.DLT_NULL, lambda ip: b"\x02\0\0\0" + ip),
    }
    number, cover = wrap[link]
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, linktype=number)
        for place, packet in enumerate(packets):
            writer.writepkt(cover(packet), ts=1_700_000_000 + place)
    return path
