"""`hongyan status` on a suite that runs, and on none."""

import json
from collections.abc import Iterator

import pytest

from acceptance.suite import Suite, running
from hongyan.cli.status import _duration, _load

from .conftest import Cli


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(Suite(tmp_path_factory.mktemp("status"))) as suite:
        yield suite


def test_every_server_and_link_is_shown(cli: Cli, suite: Suite):
    outcome = cli("status", "--data", str(suite.data), "--json")
    assert outcome.code == 0
    (process,) = json.loads(outcome.out)["processes"]
    roles = {role["role"]: role for role in process["roles"]}
    assert {"login", "msg", "route", "db_proxy"} <= roles.keys()
    assert roles["msg"]["addresses"]["msg"] == suite.addresses["msg"]
    assert roles["msg"]["load"]["msg_users"] == 0
    assert {("msg", "route"), ("msg", "db_proxy"), ("login", "msg")} <= {
        (link["role"], link["remote"]) for link in process["links"]
    }
    assert process["pid"] > 0
    assert process["restarts"] == 0


def test_for_people_there_are_two_tables(cli: Cli, suite: Suite):
    out = cli("status", "--data", str(suite.data)).out
    assert suite.addresses["msg"] in out
    assert "0 users" in out
    assert out.count("the same process") == len([line for line in out.splitlines() if "same process" in line])


def test_a_server_can_be_named_by_its_metrics_address(cli: Cli, suite: Suite):
    outcome = cli("status", "--url", f"http://{suite.addresses['metrics']}", "--json")
    assert outcome.code == 0
    assert len(json.loads(outcome.out)["processes"]) == 1


def test_what_does_not_answer_is_named_and_the_rest_is_shown(cli: Cli, suite: Suite):
    good = f"http://{suite.addresses['metrics']}"
    outcome = cli("status", "--url", "http://127.0.0.1:1", "--url", good, "--json")
    assert outcome.code == 1
    assert outcome.err.startswith("hongyan: http://127.0.0.1:1: ")
    assert len(json.loads(outcome.out)["processes"]) == 1


def test_another_http_server_is_not_taken_for_ours(cli: Cli, suite: Suite):
    outcome = cli("status", "--url", f"http://{suite.addresses['login_http']}")
    assert outcome.code == 1
    assert outcome.err


def test_no_suite(cli: Cli):
    outcome = cli("status")
    assert outcome.code == 1
    assert "no suite runs on this folder" in outcome.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (7300, "2 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations_have_two_units(seconds: float, text: str):
    assert _duration(seconds) == text


def test_loads_are_short():
    load = {"msg_users": 3.0, "msg_max_sessions": 5.0, "journal_pending": 0.5}
    assert _load("msg", load) == "3 users, 0.5 journal pending"
