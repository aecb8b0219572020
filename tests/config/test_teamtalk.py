"""Files of the original servers: the quirks of their form, and what becomes of their keys."""

from pathlib import Path

import pytest

from hongyan.config import Config, load_config
from hongyan.config.teamtalk.reading import layers_for, read_conf
from hongyan.config.teamtalk.syntax import Entry, leading_integer, read_entries
from hongyan.config.teamtalk.writing import to_toml
from hongyan.errors import ConfigError

LOGIN = """\
ClientListenIP=0.0.0.0		# can use multiple ip, seperate by ';'
ClientPort=8008
HttpListenIP=0.0.0.0
HttpPort=8080
MsgServerListenIP=10.0.0.1;10.0.1.1
MsgServerPort=8100
msfs=http://127.0.0.1:8700/
discovery=http://127.0.0.1/api/discovery
"""
MSG = """\
ListenIP=0.0.0.0
ListenPort=8000
ConcurrentDBConnCnt=1
DBServerIP1=127.0.0.1
DBServerPort1=10600
DBServerIP2=10.0.0.2
DBServerPort2=10600
LoginServerIP1=localhost
LoginServerPort1=8100
RouteServerIP1=127.0.0.1
RouteServerPort1=8200
FileServerIP1=127.0.0.1
FileServerPort1=8601
IpAddr1=203.0.113.7
IpAddr2=203.0.113.8
MaxConnCnt=100000
aesKey=12345678901234567890123456789012
"""
ROUTE = "ListenIP=127.0.0.1\nListenMsgPort=8200\n"
DB_PROXY = """\
ListenIP=127.0.0.1
ListenPort=10600
ThreadNum=48		# double the number of CPU core
MsfsSite=127.0.0.1
DBInstances=teamtalk_master,teamtalk_slave
teamtalk_master_host=127.0.0.1
teamtalk_master_port=3306
teamtalk_master_dbname=teamtalk
teamtalk_master_username=root
teamtalk_master_password=12/345
teamtalk_master_maxconncnt=16
teamtalk_slave_host=127.0.0.1
teamtalk_slave_port=3306
teamtalk_slave_dbname=teamtalk
teamtalk_slave_username=root
teamtalk_slave_password=12/345
teamtalk_slave_maxconncnt=16
CacheInstances=unread,group_set
unread_host=127.0.0.1
unread_port=6379
unread_db=1
unread_maxconncnt=16
aesKey=12345678901234567890123456789012
"""
FILE = """\
ClientListenIP=0.0.0.0
ClientListenPort=8600
MsgServerListenIP=127.0.0.1
MsgServerListenPort=8601
TaskTimeout=60
"""
MSFS = """\
ListenIP=0.0.0.0
ListenPort=8700
BaseDir=/var/msfs
FileCnt=17
FilesPerDir=30000
GetThreadCount=32
PostThreadCount=1
"""
HTTP_MSG = """\
ListenIP=0.0.0.0
ListenPort=8400
ConcurrentDBConnCnt=4
DBServerIP1=127.0.0.1
DBServerPort1=10600
DBServerIP2=127.0.0.1
DBServerPort2=10600
RouteServerIP1=localhost
RouteServerPort1=8200
"""
FILES = {
    "login": ("loginserver", LOGIN),
    "msg": ("msgserver", MSG),
    "route": ("routeserver", ROUTE),
    "db_proxy": ("dbproxyserver", DB_PROXY),
    "file": ("fileserver", FILE),
    "msfs": ("msfs", MSFS),
}


def written(folder: Path, text: str, name: str = "msgserver") -> Path:
    file = folder / f"{name}.conf"
    file.write_bytes(text.encode())
    return file


def read(folder: Path, role: str, text: str, **environ: str) -> Config:
    return layers_for(role, written(folder, text, FILES[role][0]), environ).build().config


def fault(folder: Path, role: str, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, role, text)
    return str(caught.value).replace(f"{folder}/", "")


class TestForm:
    def entries(self, folder: Path, text: str) -> dict[str, tuple[str, int]]:
        return {key: (e.value, e.line) for key, e in read_entries(written(folder, text))[0].items()}

    def test_blanks_comments_and_lines_without_a_value_are_ignored(self, tmp_path: Path):
        text = "# all of it\n\n  a =\t1 \nb=\n=c\nd\ne=p#ss\nf=#\n"
        assert self.entries(tmp_path, text) == {"a": ("1", 3), "e": ("p", 7)}

    def test_the_first_of_two_equal_keys_wins(self, tmp_path: Path):
        entries, repeats = read_entries(written(tmp_path, "a=1\na=2\nA=3\n"))
        assert entries["a"].value == "1"
        assert entries["A"].value == "3"
        assert repeats == [Entry("a", "2", 2)]

    def test_a_value_keeps_its_other_equals_signs(self, tmp_path: Path):
        assert self.entries(tmp_path, "url=http://h/?a=b") == {"url": ("http://h/?a=b", 1)}

    def test_carriage_returns_are_cut(self, tmp_path: Path):
        assert self.entries(tmp_path, "a=1\r\nb=2\r\n") == {"a": ("1", 1), "b": ("2", 2)}

    def test_a_long_line_is_read_as_two(self, tmp_path: Path):
        assert self.entries(tmp_path, "a=" + "x" * 253 + "b=2") == {"a": ("x" * 253, 1), "b": ("2", 1)}

    def test_bytes_that_are_not_utf8_do_not_stop_it(self, tmp_path: Path):
        file = tmp_path / "x.conf"
        file.write_bytes(b"a=\xff\nb=1\n")
        assert read_entries(file)[0]["b"].value == "1"

    @pytest.mark.parametrize(
        ("text", "number"),
        [("8000", 8000), ("8000abc", 8000), (" 7", 7), ("-3", -3), ("+4", 4), ("x9", 0), ("", 0), ("1.9", 1)],
    )
    def test_numbers_end_at_the_first_letter(self, text: str, number: int):
        assert leading_integer(text) == number


class TestMeaning:
    def test_login(self, tmp_path: Path):
        login = read(tmp_path, "login", LOGIN).login
        assert (login.host, login.http_port, login.client_port) == (("0.0.0.0",), 8080, 8008)  # noqa: S104
        assert (login.msg_host, login.msg_port) == (("10.0.0.1", "10.0.1.1"), 8100)
        assert login.msfs_url == "http://127.0.0.1:8700/"
        assert login.discovery_url == "http://127.0.0.1/api/discovery"

    def test_msg(self, tmp_path: Path):
        msg = read(tmp_path, "msg", MSG).msg
        assert msg.port == 8000
        assert msg.db_proxies == ("127.0.0.1:10600", "10.0.0.2:10600")
        assert (msg.db_connections, msg.max_connections) == (1, 100_000)
        assert (msg.login_servers, msg.route_servers) == (("localhost:8100",), ("127.0.0.1:8200",))
        assert (msg.public_ip1, msg.public_ip2) == ("203.0.113.7", "203.0.113.8")

    def test_route(self, tmp_path: Path):
        route = read(tmp_path, "route", ROUTE).route
        assert (route.host, route.port) == (("127.0.0.1",), 8200)

    def test_db_proxy(self, tmp_path: Path):
        db_proxy = read(tmp_path, "db_proxy", DB_PROXY).db_proxy
        assert (db_proxy.host, db_proxy.port) == (("127.0.0.1",), 10600)
        assert db_proxy.database == "mysql://root:12%2F345@127.0.0.1:3306/teamtalk"
        assert db_proxy.database_readers == 16
        assert not db_proxy.replace_legacy_passwords
        assert db_proxy.redis.url == "redis://127.0.0.1:6379"
        assert (db_proxy.redis.unread_db, db_proxy.redis.group_member_db) == (1, 5)

    def test_a_database_without_a_password(self, tmp_path: Path):
        text = DB_PROXY.replace("master_password=12/345", "master_password=")
        assert read(tmp_path, "db_proxy", text).db_proxy.database == "mysql://root@127.0.0.1:3306/teamtalk"

    def test_a_slave_that_is_another_server_is_the_replica(self, tmp_path: Path):
        text = DB_PROXY.replace("slave_host=127.0.0.1", "slave_host=10.0.0.7")
        db_proxy = read(tmp_path, "db_proxy", text).db_proxy
        assert db_proxy.replica == "mysql://root:12%2F345@10.0.0.7:3306/teamtalk"

    def test_a_slave_that_is_the_master_is_none(self, tmp_path: Path):
        assert read(tmp_path, "db_proxy", DB_PROXY).db_proxy.replica == ""
        other_user = DB_PROXY.replace("slave_username=root", "slave_username=reader")
        assert read(tmp_path, "db_proxy", other_user).db_proxy.replica == ""

    @pytest.mark.parametrize(
        ("site", "url"),
        [
            ("127.0.0.1", ""),
            ("10.0.0.5:8700", "http://10.0.0.5:8700/"),
            ("http://10.0.0.5:8700", "http://10.0.0.5:8700/"),
            ("https://files.example.org/", "https://files.example.org/"),
        ],
    )
    def test_voice_messages_go_to_the_named_msfs(self, tmp_path: Path, site: str, url: str):
        text = DB_PROXY.replace("MsfsSite=127.0.0.1", f"MsfsSite={site}")
        assert read(tmp_path, "db_proxy", text).db_proxy.msfs_url == url

    def test_msfs(self, tmp_path: Path):
        msfs = read(tmp_path, "msfs", MSFS).msfs
        assert (msfs.host, msfs.port) == (("0.0.0.0",), 8700)  # noqa: S104
        assert msfs.directory == "/var/msfs"

    def test_file(self, tmp_path: Path):
        file = read(tmp_path, "file", FILE).file
        assert (file.host, file.port) == (("0.0.0.0",), 8600)  # noqa: S104
        assert (file.msg_host, file.msg_port) == (("127.0.0.1",), 8601)

    def test_file_servers_are_found_at_their_port_for_msg_servers(self, tmp_path: Path):
        assert read(tmp_path, "msg", MSG).msg.file_servers == ("127.0.0.1:8601",)
        shipped = MSG.replace("FileServerPort1=8601", "FileServerPort1=8600")
        assert read(tmp_path, "msg", shipped).msg.file_servers == ("127.0.0.1:8601",)
        assert "8601, as 8600 is for clients" in to_toml(read_conf(written(tmp_path, shipped)))

    def test_http_msg(self, tmp_path: Path):
        file = written(tmp_path, HTTP_MSG, "httpmsgserver")
        http_msg = layers_for("http_msg", file, {}).build().config.http_msg
        assert (http_msg.host, http_msg.port) == (("0.0.0.0",), 8400)  # noqa: S104
        assert http_msg.db_proxies == ("127.0.0.1:10600", "127.0.0.1:10600")
        assert http_msg.route_servers == ("localhost:8200",)
        assert {setting.path[0] for setting in read_conf(file).settings} == {"http_msg", "metrics"}

    def test_a_list_of_peers_ends_at_the_first_gap(self, tmp_path: Path):
        text = MSG + "RouteServerIP2=10.0.0.3\nRouteServerIP3=10.0.0.4\nRouteServerPort3=8200\n"
        assert read(tmp_path, "msg", text).msg.route_servers == ("127.0.0.1:8200",)

    def test_no_peers_means_none(self, tmp_path: Path):
        assert read(tmp_path, "msg", MSG.replace("LoginServer", "Other")).msg.login_servers == ()

    def test_login_servers_of_0voice_im_register_in_etcd(self, tmp_path: Path):
        text = LOGIN + (
            "RegisterCenterIp=10.0.0.2\nRegisterCenterPort=2379\nServiceId=0001-0002\n"
            "ServiceDir=/login_servers\nHostIp=10.0.0.5\nRegisterTTL=2000\n"
        )
        discovery = read(tmp_path, "login", text).discovery
        assert discovery.host == "10.0.0.5"
        assert discovery.original.etcd == "http://10.0.0.2:2379"
        assert discovery.original.service_id == "0001-0002"
        assert discovery.original.refresh_s == 2
        assert not discovery.etcd

    def test_msg_servers_of_0voice_im_look_into_etcd(self, tmp_path: Path):
        text = MSG + (
            "RegisterCenterIp=10.0.0.2\nRegisterCenterPort=2379\n"
            "LoginServiceDir=/logins\nDiscoveryTTL=5000\nHostIp=10.0.0.5\n"
        )
        original = read(tmp_path, "msg", text).discovery.original
        assert (original.etcd, original.service_dir, original.poll_s) == (
            "http://10.0.0.2:2379",
            "/logins",
            5,
        )

    def test_the_environment_wins(self, tmp_path: Path):
        assert read(tmp_path, "route", ROUTE, HONGYAN_ROUTE__PORT="1").route.port == 1


class TestTrust:
    """Originals know no secret: without one, addresses decide."""

    def test_without_a_secret_this_machine_and_named_servers_are_trusted(self, tmp_path: Path):
        cluster = read(tmp_path, "msg", MSG).cluster
        assert set(cluster.trusted_peers) == {"127.0.0.1", "::1", "10.0.0.2"}
        assert len(cluster.secret) >= 16

    def test_the_made_up_secret_is_another_each_time(self, tmp_path: Path):
        assert read(tmp_path, "route", ROUTE).cluster.secret != read(tmp_path, "route", ROUTE).cluster.secret

    def test_with_a_secret_nobody_is_trusted_by_address(self, tmp_path: Path):
        cluster = read(tmp_path, "msg", MSG, HONGYAN_CLUSTER__SECRET="known to every server").cluster
        assert cluster.trusted_peers == ()

    def test_the_operator_can_name_others(self, tmp_path: Path):
        cluster = read(tmp_path, "msg", MSG, HONGYAN_CLUSTER__TRUSTED_PEERS="10.0.0.9").cluster
        assert cluster.trusted_peers == ("10.0.0.9",)


class TestFaults:
    def test_a_missing_key_is_named(self, tmp_path: Path):
        words = fault(tmp_path, "route", "ListenIP=127.0.0.1\n")
        assert words == "routeserver.conf: ListenMsgPort is missing; route_server needs it"

    def test_every_missing_key_is_a_line(self, tmp_path: Path):
        assert len(fault(tmp_path, "route", "# nothing\n").splitlines()) == 2

    def test_one_db_proxy_is_not_enough_as_in_the_original(self, tmp_path: Path):
        words = fault(tmp_path, "msg", MSG.replace("DBServerIP2", "x"))
        assert "at least two entries are needed, not 1" in words

    def test_a_value_that_we_refuse_is_named_with_its_line_and_key(self, tmp_path: Path):
        words = fault(tmp_path, "login", LOGIN.replace("8700/", "8700"))
        assert words.startswith("loginserver.conf:7 (msfs): login.msfs_url: must end with a slash")

    def test_another_servers_file(self, tmp_path: Path):
        assert fault(tmp_path, "route", LOGIN).endswith("this is a file of login_server, not of route_server")

    def test_a_file_that_is_not_there(self, tmp_path: Path):
        with pytest.raises(ConfigError, match="No such file"):
            layers_for("msg", tmp_path / "absent.conf", {})


class TestConverted:
    @pytest.mark.parametrize("role", FILES)
    def test_toml_says_the_same_as_the_file(self, role: str, tmp_path: Path):
        name, text = FILES[role]
        (tmp_path / "x.toml").write_text(to_toml(read_conf(written(tmp_path, text, name))))
        converted = load_config(tmp_path / "x.toml", {})
        assert getattr(converted, role) == getattr(read(tmp_path, role, text), role)
        assert converted.metrics.port == 0

    def test_what_has_no_counterpart_stands_in_comments_with_the_reason(self, tmp_path: Path):
        text = to_toml(read_conf(written(tmp_path, MSG + "ListenPort=1\nOdd=1\n")))
        assert "#   line 18: ListenPort = 1: repeated; the first one counts\n" in text
        assert "#   line 19: Odd = 1: not a key of this server; the original ignores it too\n" in text

    def test_passwords_are_not_printed_into_comments(self, tmp_path: Path):
        text = to_toml(read_conf(written(tmp_path, DB_PROXY + "unread_password=12/345\n", "dbproxyserver")))
        assert "unread_password = ***" in text
        assert "12/345" not in text

    def test_keys_are_not_printed_into_comments(self, tmp_path: Path):
        text = to_toml(read_conf(written(tmp_path, MSG + "aesKey=98765432109876543210987654321098\n")))
        assert "aesKey = ***" in text
        assert "9876543210" not in text

    @pytest.mark.parametrize("key", ["mailPassword", "DBPass", "redis_pwd", "smtpauth_passwd"])
    def test_what_sounds_like_a_password_is_not_printed_into_comments(self, key: str, tmp_path: Path):
        text = to_toml(read_conf(written(tmp_path, MSG + f"{key}=hunter2\n")))
        assert f"{key} = ***" in text
        assert "hunter2" not in text

    @pytest.mark.parametrize("role", FILES)
    def test_the_role_is_told_from_the_keys(self, role: str, tmp_path: Path):
        draft = read_conf(written(tmp_path, FILES[role][1], "unknown"))
        assert {setting.path[0] for setting in draft.settings} == {role, "metrics"}

    def test_a_file_that_tells_nothing_needs_a_role(self, tmp_path: Path):
        with pytest.raises(ConfigError, match="--role"):
            read_conf(written(tmp_path, "a=1\n", "x"))
