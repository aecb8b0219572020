"""The choice among msg_servers, those that discovery lists included."""

import pytest

from hongyan.cluster.discovery.record import ServerRecord
from hongyan.roles.login.listed import listed_server
from hongyan.roles.login.registry import MsgServer, NoMsgServerError, Registry


def server(port: int, clients: int = 0, max_clients: int = 10) -> MsgServer:
    return MsgServer("10.0.0.5", "", port, max_clients=max_clients, clients=clients, host_name="a")


def test_a_listed_server_needs_no_link():
    registry = Registry()
    registry.list_discovered([server(1)])
    assert registry.choose().port == 1
    assert len(registry) == 1


def test_the_least_loaded_is_chosen_of_linked_and_listed():
    registry = Registry()
    registry.add(1, server(1, clients=5))
    registry.list_discovered([server(2, clients=4), server(3, clients=6)])
    assert registry.choose().port == 2


def test_clients_that_are_sent_to_a_listed_server_count_until_it_is_listed_again():
    registry = Registry()
    registry.list_discovered([server(1), server(2)])
    assert [registry.choose().port for _ in range(4)] == [1, 2, 1, 2]
    registry.list_discovered([server(1, clients=9), server(2)])
    assert registry.choose().port == 2


def test_a_server_with_a_link_is_known_by_it_and_once():
    registry = Registry()
    registry.add(1, server(1, clients=3))
    registry.list_discovered([server(1, clients=0)])
    assert len(registry) == 1
    assert registry.total_clients == 3
    registry.remove(1)
    assert registry.choose().clients == 1


def test_what_is_no_longer_listed_is_not_chosen():
    registry = Registry()
    registry.list_discovered([server(1)])
    registry.list_discovered([])
    with pytest.raises(NoMsgServerError) as caught:
        registry.choose()
    assert not caught.value.is_full


def test_listed_servers_can_be_full():
    registry = Registry()
    registry.list_discovered([server(1, clients=10)])
    with pytest.raises(NoMsgServerError) as caught:
        registry.choose()
    assert caught.value.is_full


class TestRecord:
    def record(self, address: str, public: tuple[str, str] = ("", "")) -> ServerRecord:
        load = {"msg_sessions": 3.0, "msg_max_sessions": 10.0}
        return ServerRecord(
            role="msg", id="x", host_name="a", addresses={"msg": address}, load=load, public=public
        )

    def test_load_and_address(self):
        found = listed_server(self.record("10.0.0.5:8000"))
        assert found == MsgServer("10.0.0.5", "10.0.0.5", 8000, max_clients=10, clients=3, host_name="a")

    def test_public_addresses_are_for_clients(self):
        found = listed_server(self.record("10.0.0.5:8000", ("203.0.113.7", "")))
        assert (found.ip1, found.ip2) == ("203.0.113.7", "203.0.113.7")

    def test_loopback_is_told_to_nobody(self):
        assert listed_server(self.record("127.0.0.1:8000")).ip1 == ""

    def test_a_record_without_load_is_full(self):
        assert listed_server(ServerRecord(role="msg", id="x")).max_clients == 0


def test_a_listed_server_is_told_to_browsers_as_it_wants_to_be():
    record = ServerRecord(
        role="msg",
        id="a",
        addresses={"msg": "10.0.0.5:8000", "msg_ws": "10.0.0.5:8001"},
        ws_url="wss://chat.example.org/ws",
        ws_is_encrypted=True,
    )
    server = listed_server(record)
    assert (server.ws_port, server.ws_is_encrypted, server.ws_url) == (
        8001,
        True,
        "wss://chat.example.org/ws",
    )
