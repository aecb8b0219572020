"""Reading the configuration: what wins, what is refused, and in which words."""

from pathlib import Path

import pytest

from hongyan.config import Config, Layers, load_config
from hongyan.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    file = folder / "suite.toml"
    file.write_text(text)
    return file


def fault(folder: Path, text: str, **environ: str) -> str:
    """The words for what is wrong, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text), environ)
    return str(caught.value).replace(f"{folder}/", "")


def test_without_file_and_environment_everything_is_a_default():
    assert load_config(environ={}) == Config()


def test_the_environment_wins_over_the_file(tmp_path: Path):
    file = written(tmp_path, "[msg]\nport = 8010\nmax_connections = 5\n")
    config = load_config(file, {"HONGYAN_MSG__PORT": "8020", "HONGYAN_MSG__LIMITS__IDLE_PC_S": "1.5"})
    assert (config.msg.port, config.msg.max_connections, config.msg.limits.idle_pc_s) == (8020, 5, 1.5)


@pytest.mark.parametrize("text", ["10.0.0.1, 10.0.0.2", '["10.0.0.1", "10.0.0.2"]'])
def test_a_list_in_the_environment_has_commas_or_is_toml(text: str):
    config = load_config(environ={"HONGYAN_MSG__HOST": text})
    assert config.msg.host == ("10.0.0.1", "10.0.0.2")


def test_truth_and_empty_text_in_the_environment():
    config = load_config(environ={"HONGYAN_MSG__REGISTRATION": "true", "HONGYAN_MSG__PUBLIC_IP1": ""})
    assert config.msg.registration
    assert not config.msg.public_ip1


def test_other_variables_with_our_prefix_are_left_alone():
    # HONGYAN_DATA is an option's; Kubernetes sets the others for a service named hongyan-msg.
    environ = {"HONGYAN_DATA": "d", "HONGYAN_MSG_PORT": "tcp://10.0.0.1:8000", "HONGYAN_SERVICE_HOST": "h"}
    assert load_config(environ=environ) == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[msg]\n\nport = 70000\n", "suite.toml:3: msg.port: must be less than or equal to 65535, not 70000"),
        ("[msg]\nprot = 1\n", "suite.toml:2: msg.prot: there is no such key; did you mean port?"),
        ("[route]\nx = 1\n", "suite.toml:2: route.x: there is no such key; there are host, port"),
        ("[mgs]\nport = 1\n", "suite.toml:1: mgs: there is no such table; did you mean msg?"),
        ("msg = 5\n", "suite.toml:1: msg: must be a table, [msg]"),
        ("[msg]\nlimits = 5\n", "suite.toml:2: msg.limits: must be a table, [msg.limits]"),
        (
            "[msg]\ndb_proxies = ['a:1']\n",
            "suite.toml:2: msg: db_proxies needs at least two entries; the same address may stand twice",
        ),
        (
            "[msg]\nroute_servers = [\n  'a:1',\n  'b',\n]\n",
            "suite.toml:2: msg.route_servers.entry 2: must be host:port; an IPv6 host stands in brackets, ",
        ),
        ("[login]\nhost = []\n", "suite.toml:2: login.host: must have at least 1 item"),
    ],
)
def test_a_fault_is_one_line_with_the_place_and_what_is_allowed(tmp_path: Path, text: str, words: str):
    found = fault(tmp_path, text)
    assert found.startswith(words)
    assert "\n" not in found


def test_every_fault_has_a_line_of_its_own(tmp_path: Path):
    lines = fault(tmp_path, "[msg]\nport = -1\n", HONGYAN_ROUTE__PORT="x", HONGYAN_MSG__PROT="1").splitlines()
    assert [line.split(": ")[0] for line in sorted(lines)] == [
        "HONGYAN_MSG__PROT",
        "HONGYAN_ROUTE__PORT",
        "suite.toml:2",
    ]


def test_a_fault_in_the_environment_names_the_variable(tmp_path: Path):
    words = fault(tmp_path, "", HONGYAN_MSG__HOST="[1")
    assert words.startswith('HONGYAN_MSG__HOST: must be a value as in TOML, such as ["a", "b"]')


def test_a_variable_below_a_setting_is_refused(tmp_path: Path):
    assert "there is no such key" in fault(tmp_path, "[msg]\nport = 1\n", HONGYAN_MSG__PORT__X="1")


@pytest.mark.parametrize("text", ["[msg\n", "port = \n"])
def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path, text: str):
    assert fault(tmp_path, text).startswith("suite.toml: not TOML: ")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "absent.toml", {})


def test_a_secret_that_is_refused_is_not_repeated(tmp_path: Path):
    assert "hunter2" not in fault(tmp_path, "[db_proxy]\nmessage_key = 'hunter2'\n")


def test_where_each_value_comes_from(tmp_path: Path):
    layers = Layers()
    file = written(tmp_path, "# first\n[msg]\nhost = [\n  '0.0.0.0',\n]\nlimits.idle_pc_s = 3\nport = 1\n")
    layers.add_toml(file)
    layers.add_environment({"HONGYAN_MSG__PORT": "2"})
    layers.set(("route", "port"), 3, "--port route=3")
    loaded = layers.build()
    assert loaded.origin(("msg", "host")) == f"{file}:3"
    assert loaded.origin(("msg", "limits", "idle_pc_s")) == f"{file}:6"
    assert loaded.origin(("msg", "port")) == "HONGYAN_MSG__PORT"
    assert loaded.origin(("route", "port")) == "--port route=3"
    assert loaded.origin(("login", "http_port")) == "default"
