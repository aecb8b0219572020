"""Presence: events in, notices out, and a naive model beside it (spec/flows.md 3)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.rules.devices import is_mobile
from hongyan.rules.presence import OFFLINE, ONLINE, Notice, PcLoginNotice, Presence, StatusNotice

WINDOWS, MAC, IOS, ANDROID = 0x01, 0x02, 0x11, 0x12
LEAVE = 3
A, B = "msg a", "msg b"


def pc_on(user_id: int) -> PcLoginNotice:
    return PcLoginNotice(user_id, is_on=True)


def pc_off(user_id: int) -> PcLoginNotice:
    return PcLoginNotice(user_id, is_on=False)


# Events in, notices out.


def test_a_pc_that_arrives_is_announced_to_everybody() -> None:
    assert Presence().arrive(A, 1, WINDOWS, ONLINE) == [pc_on(1), StatusNotice(1, ONLINE)]


def test_the_status_that_was_asked_for_is_announced() -> None:
    assert StatusNotice(1, LEAVE) in Presence().arrive(A, 1, MAC, LEAVE)


def test_a_phone_that_arrives_alone_is_announced_to_nobody() -> None:
    presence = Presence()
    assert presence.arrive(A, 1, IOS, ONLINE) == []
    assert not presence.is_online(1), "others see PCs only"


def test_a_phone_that_arrives_learns_that_its_pc_is_on() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    assert presence.arrive(B, 1, ANDROID, ONLINE) == [pc_on(1)]


def test_a_pc_that_leaves_is_announced_and_the_phone_is_told() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(A, 1, IOS, ONLINE)
    assert presence.depart(A, 1, WINDOWS) == [pc_off(1), StatusNotice(1, OFFLINE)]


def test_the_last_device_that_leaves_is_announced_but_no_phone_is_told() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    assert presence.depart(A, 1, WINDOWS) == [StatusNotice(1, OFFLINE)]
    assert len(presence) == 0


def test_devices_of_one_client_type_are_told_apart_by_their_kinds() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(A, 1, WINDOWS, ONLINE, "web:1")
    presence.report(A, 1, WINDOWS, "web:2")
    presence.depart(A, 1, WINDOWS, "web:1")
    kinds = [device.kind for _, device in presence.devices(None, 0, 10)]
    assert sorted(kinds) == ["", "web:2"]


def test_nobody_hears_of_a_phone_that_leaves() -> None:
    presence = Presence()
    presence.arrive(A, 1, IOS, ONLINE)
    presence.arrive(A, 1, WINDOWS, ONLINE)
    assert presence.depart(A, 1, IOS) == []


def test_a_pc_that_is_replaced_by_another_stays_online() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(B, 1, MAC, ONLINE)
    assert presence.depart(A, 1, WINDOWS) == []
    assert presence.is_online(1)


def test_a_departure_that_nobody_knows_changes_nothing() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    for link, user_id, client_type in [(B, 1, WINDOWS), (A, 2, WINDOWS), (A, 1, MAC)]:
        assert presence.depart(link, user_id, client_type) == []
    assert presence.is_online(1)


def test_a_lost_link_takes_its_users_with_it_and_they_are_announced() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(A, 2, IOS, ONLINE)
    presence.arrive(B, 3, WINDOWS, ONLINE)
    assert presence.link_lost(A) == [StatusNotice(1, OFFLINE)]
    assert [presence.is_online(user) for user in (1, 2, 3)] == [False, False, True]
    assert len(presence) == 1


def test_a_phone_elsewhere_hears_that_its_pc_was_on_a_lost_link() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(B, 1, IOS, ONLINE)
    assert presence.link_lost(A) == [pc_off(1), StatusNotice(1, OFFLINE)]


def test_a_user_on_two_links_survives_the_loss_of_one() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(B, 1, MAC, ONLINE)
    assert presence.link_lost(A) == []
    assert presence.is_online(1)


def test_users_that_a_link_lists_at_its_start_are_not_announced() -> None:
    presence = Presence()
    assert presence.report(A, 1, WINDOWS) == []
    assert presence.is_online(1)
    assert presence.depart(A, 1, WINDOWS) == [StatusNotice(1, OFFLINE)]


def test_users_who_come_back_with_a_lost_link_are_announced_again() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.link_lost(A)
    assert presence.report(A, 1, WINDOWS) == [pc_on(1), StatusNotice(1, ONLINE)]
    assert presence.report(A, 2, WINDOWS) == []


def test_a_pc_that_comes_back_with_a_lost_link_is_announced_though_the_phone_is_listed_first() -> None:
    presence = Presence()
    presence.arrive(A, 1, IOS, ONLINE)
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.link_lost(A)
    assert presence.report(A, 1, IOS) == []
    assert presence.report(A, 1, WINDOWS) == [pc_on(1), StatusNotice(1, ONLINE)]


def test_a_pc_that_comes_back_with_a_lost_link_is_announced_though_another_pc_left_meanwhile() -> None:
    presence = Presence()
    presence.arrive(A, 1, WINDOWS, ONLINE)
    presence.arrive(B, 1, MAC, ONLINE)
    presence.link_lost(A)
    assert presence.depart(B, 1, MAC) == [StatusNotice(1, OFFLINE)]
    assert presence.report(A, 1, WINDOWS) == [pc_on(1), StatusNotice(1, ONLINE)]


# Whatever happens.

Place = tuple[str, int, int]


@dataclass
class NaiveModel:
    """Who is where, and what a PC client and the user's phones have been told last."""

    devices: Counter[Place] = field(default_factory=Counter)
    lost: dict[str, list[Place]] = field(default_factory=dict)
    told_online: dict[int, bool] = field(default_factory=dict)
    told_phones: dict[int, bool] = field(default_factory=dict)

    def of_user(self, user_id: int) -> list[int]:
        return [place[2] for place in self.devices.elements() if place[1] == user_id]

    def is_online(self, user_id: int) -> bool:
        return any(not is_mobile(client_type) for client_type in self.of_user(user_id))

    def hear(self, notices: list[Notice]) -> None:
        for notice in notices:
            if isinstance(notice, StatusNotice):
                self.told_online[notice.user_id] = notice.status != OFFLINE
            else:
                self.told_phones[notice.user_id] = notice.is_on


USERS = st.integers(1, 2)
LINKS = st.sampled_from([A, B])
TYPES = st.sampled_from([WINDOWS, MAC, IOS, ANDROID])
EVENTS = st.lists(
    st.tuples(st.just("arrive"), LINKS, USERS, TYPES)
    | st.tuples(st.just("depart"), LINKS, USERS, TYPES)
    | st.tuples(st.just("lose"), LINKS, st.just(0), st.just(0))
    | st.tuples(st.just("return"), LINKS, st.just(0), st.just(0)),
    max_size=30,
)
Event = tuple[Literal["arrive", "depart", "lose", "return"], str, int, int]


def apply(presence: Presence, model: NaiveModel, event: Event) -> None:
    what, link, user_id, client_type = event
    place = (link, user_id, client_type)
    if what == "return":
        for _, user, type_ in model.lost.pop(link, []):
            model.devices[link, user, type_] += 1
            model.hear(presence.report(link, user, type_))
    elif what == "lose":
        model.lost[link] = [*model.lost.get(link, []), *(p for p in model.devices.elements() if p[0] == link)]
        model.devices = Counter(p for p in model.devices.elements() if p[0] != link)
        model.hear(presence.link_lost(link))
    elif link in model.lost:
        pass  # a link that is down brings nothing
    elif what == "arrive":
        model.devices[place] += 1
        model.hear(presence.arrive(link, user_id, client_type, ONLINE))
    else:
        if model.devices[place]:
            model.devices[place] -= 1
        model.hear(presence.depart(link, user_id, client_type))


@given(EVENTS)
def test_presence_is_what_a_naive_model_says(events: list[Event]) -> None:
    presence, model = Presence(), NaiveModel()
    for event in events:
        apply(presence, model, event)
        assert [presence.is_online(user) for user in (1, 2)] == [model.is_online(user) for user in (1, 2)]
    assert len(presence) == len({user for _, user, _ in model.devices.elements()})


@settings(max_examples=300)
@given(EVENTS)
def test_whoever_listens_from_the_start_knows_who_is_online(events: list[Event]) -> None:
    presence, model = Presence(), NaiveModel()
    for event in events:
        apply(presence, model, event)
        for user in (1, 2):
            assert model.told_online.get(user, False) == presence.is_online(user)


@given(EVENTS)
def test_a_phone_is_never_told_that_its_pc_is_off_while_it_is_on(events: list[Event]) -> None:
    presence, model = Presence(), NaiveModel()
    for event in events:
        model.told_phones.clear()
        was_online = {user: presence.is_online(user) for user in (1, 2)}
        apply(presence, model, event)
        for user in (1, 2):
            told = model.told_phones.get(user)
            assert told in {None, presence.is_online(user)}
            if was_online[user] and not presence.is_online(user) and model.of_user(user):
                assert told is False, "the phone that is still there hears of it"
            if not was_online[user] and presence.is_online(user):
                assert told is True


@given(EVENTS)
def test_nothing_is_kept_of_users_who_are_gone(events: list[Event]) -> None:
    presence, model = Presence(), NaiveModel()
    for event in events:
        apply(presence, model, event)
    for place in list(model.devices.elements()):
        apply(presence, model, ("depart", *place))
    assert len(presence) == 0
