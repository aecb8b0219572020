"""attach_data in its two layouts (spec/wire.md 2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.errors import ProtocolError
from hongyan.wire.attach import Attach, AttachType, attach_ids, pack_db_attach, pack_pdu_attach, unpack_attach

U32 = st.integers(0, 2**32 - 1)


def test_golden_layouts() -> None:
    assert pack_db_attach(12).hex(" ", 4) == "00000001 0000000c 00000000"
    assert pack_pdu_attach(AttachType.HANDLE, 12).hex(" ", 4) == "00000001 0000000c 00000000 00000000"
    assert (
        pack_pdu_attach(AttachType.GROUP_MESSAGE, 7, b"abcd").hex(" ", 4)
        == "00000003 00000007 00000000 00000004 61626364"
    )


def test_types_have_the_numbers_of_the_original() -> None:
    assert {type_.name: int(type_) for type_ in AttachType} == {
        "HANDLE": 1,
        "GROUP_MESSAGE": 3,
        "PUSH": 4,
        "FILE_REQUEST": 5,
    }


@given(U32, U32)
def test_the_short_layout_comes_back(handle: int, number: int) -> None:
    data = pack_db_attach(handle, number)
    assert unpack_attach(data) == Attach(1, handle, number=number)
    assert attach_ids(data) == (handle, number)


@given(st.sampled_from(AttachType), U32, st.binary(max_size=100), U32)
def test_the_long_layout_comes_back(type_: AttachType, handle: int, payload: bytes, number: int) -> None:
    data = pack_pdu_attach(type_, handle, payload, number)
    assert unpack_attach(data) == Attach(type_, handle, payload, number)
    assert attach_ids(data) == (handle, number)


@pytest.mark.parametrize("size", [0, 1, 11, 13, 15])
def test_too_few_bytes_break_the_protocol(size: int) -> None:
    with pytest.raises(ProtocolError) as error:
        unpack_attach(bytes(size))
    if size < 12:
        with pytest.raises(ProtocolError):
            attach_ids(bytes(size))
    assert error.value.reason == "short_attach_data"


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_payload_that_is_cut_short_breaks_the_protocol(missing: int) -> None:
    with pytest.raises(ProtocolError):
        unpack_attach(pack_pdu_attach(AttachType.PUSH, 0, b"abc")[:-missing])


@given(st.binary(max_size=64))
def test_any_other_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        attach = unpack_attach(data)
    except ProtocolError:
        return
    assert len(attach.payload) <= len(data)
