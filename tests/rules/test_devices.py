"""Kinds of devices and who is kicked by whom (spec/flows.md 2.4)."""

import pytest

from hongyan.rules.devices import device_of, is_mobile, kick_class

WINDOWS, MAC, IOS, ANDROID = 0x01, 0x02, 0x11, 0x12


@pytest.mark.parametrize(
    ("client_type", "mobile"), [(WINDOWS, False), (MAC, False), (IOS, True), (ANDROID, True)]
)
def test_phones_are_told_by_a_bit_of_the_client_type(client_type: int, mobile: bool) -> None:
    assert is_mobile(client_type) is mobile


@pytest.mark.parametrize(("one", "other"), [(WINDOWS, MAC), (IOS, ANDROID), (WINDOWS, WINDOWS)])
def test_devices_of_one_class_kick_each_other(one: int, other: int) -> None:
    assert kick_class(one) == kick_class(other)


@pytest.mark.parametrize("pc", [WINDOWS, MAC])
@pytest.mark.parametrize("phone", [IOS, ANDROID])
def test_a_pc_and_a_phone_live_side_by_side(pc: int, phone: int) -> None:
    assert kick_class(pc) != kick_class(phone)


def test_a_kind_of_its_own_is_a_class_of_its_own() -> None:
    assert kick_class(WINDOWS, "web") == kick_class(IOS, "web")
    assert kick_class(WINDOWS, "web") != kick_class(WINDOWS, "terminal")
    assert kick_class(WINDOWS, "web") not in {kick_class(WINDOWS), kick_class(IOS)}


@pytest.mark.parametrize("kind", ["pc", "mobile"])
def test_a_kind_cannot_take_the_name_of_a_stock_class(kind: str) -> None:
    assert kick_class(WINDOWS, kind) not in {kick_class(WINDOWS), kick_class(IOS)}


@pytest.mark.parametrize(
    ("client_type", "kind"), [(WINDOWS, ""), (ANDROID, ""), (MAC, "web:1f"), (IOS, "pc")]
)
def test_a_class_leads_back_to_a_device_of_it(client_type: int, kind: str) -> None:
    class_ = kick_class(client_type, kind)
    device = device_of(class_)
    assert device is not None
    assert kick_class(*device) == class_


@pytest.mark.parametrize("word", ["", "kind:", "windows", "PC"])
def test_what_is_no_class_leads_to_no_device(word: str) -> None:
    assert device_of(word) is None
