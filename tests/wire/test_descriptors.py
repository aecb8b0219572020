"""The .proto files against the specification's tables of messages and enums (copies in data/)."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

from hongyan.wire.pb import (
    base_define_pb2,
    buddy_pb2,
    extension_pb2,
    file_pb2,
    group_pb2,
    login_pb2,
    message_pb2,
    other_pb2,
    server_pb2,
    switch_service_pb2,
)

DATA = Path(__file__).parent / "data"
FIRST_EXTENSION_FIELD: Final = 100

FILES: Final[tuple[FileDescriptor, ...]] = tuple(
    module.DESCRIPTOR
    for module in (
        base_define_pb2,
        buddy_pb2,
        file_pb2,
        group_pb2,
        login_pb2,
        message_pb2,
        other_pb2,
        server_pb2,
        switch_service_pb2,
    )
)
CUT_ANYWHERE: Final = ("IM.Server.IMPushToUserReq", 1)
"""A text that the original cuts in the middle of a character: bytes here, which is the same on the wire."""
TYPES: Final = {
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def specified_messages() -> dict[str, dict[int, tuple[str, str, str, str]]]:
    """Fields by number, by full message name: name, label, type, default."""
    messages: dict[str, dict[int, tuple[str, str, str, str]]] = defaultdict(dict)
    for row in rows("messages.tsv"):
        fields = messages[f"{row['package']}.{row['message']}"]
        if row["number"]:
            fields[int(row["number"])] = (row["field"], row["label"], row["type"], row["default"] or "")
    return messages


def label(field: FieldDescriptor) -> str:
    if field.is_repeated:
        return "repeated"
    return "required" if field.is_required else "optional"


def type_name(field: FieldDescriptor) -> str:
    if (field.containing_type.full_name, field.number) == CUT_ANYWHERE:
        assert field.type == FieldDescriptor.TYPE_BYTES
        return "string"
    if field.enum_type is not None:
        return field.enum_type.full_name
    if field.message_type is not None:
        return field.message_type.full_name
    return TYPES[field.type]


def default(field: FieldDescriptor) -> str:
    if not field.has_default_value:
        return ""
    return (
        field.enum_type.values_by_number[field.default_value].name
        if field.enum_type
        else str(field.default_value)
    )


def described(message: Descriptor) -> dict[int, tuple[str, str, str, str]]:
    return {
        field.number: (field.name, label(field), type_name(field), default(field))
        for field in message.fields
        if field.number < FIRST_EXTENSION_FIELD
    }


MESSAGES: Final = {
    message.full_name: message for file in FILES for message in file.message_types_by_name.values()
}
SPECIFIED: Final = specified_messages()


def test_there_are_exactly_the_messages_of_the_specification() -> None:
    registration = {name for name in MESSAGES if "IMRegist" in name} - SPECIFIED.keys()
    assert MESSAGES.keys() - registration == SPECIFIED.keys()


@pytest.mark.parametrize("name", SPECIFIED)
def test_every_field_has_its_number_name_label_type_and_default(name: str) -> None:
    assert described(MESSAGES[name]) == SPECIFIED[name]


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_no_field_of_ours_is_required_so_that_an_original_never_misses_one(message: Descriptor) -> None:
    ours = [field for field in message.fields if field.number >= FIRST_EXTENSION_FIELD]
    assert all(label(field) != "required" for field in ours)
    assert all(field.enum_type is None for field in ours), "an unknown value would spoil the whole message"


def test_every_enum_has_exactly_the_values_of_the_specification() -> None:
    ours = {
        (enum.full_name, value.number, value.name)
        for file in FILES
        for enum in file.enum_types_by_name.values()
        for value in enum.values
    }
    specified = {
        (f"{row['package']}.{row['enum']}", int(row["value"]), row["name"]) for row in rows("enums.tsv")
    }
    assert ours == specified


def test_enum_rows_agree_with_their_own_hexadecimal_column() -> None:
    assert all(int(row["value"]) == int(row["hex"], 16) for row in rows("enums.tsv"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_repeated_numbers_are_written_unpacked(file: FileDescriptor) -> None:
    fields = [field for message in file.message_types_by_name.values() for field in message.fields]
    assert not any(field.is_packed for field in fields if field.is_repeated)


def test_messages_of_ours_live_in_a_package_of_their_own() -> None:
    assert extension_pb2.DESCRIPTOR.package not in {file.package for file in FILES}
