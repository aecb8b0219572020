"""Serving static files, and telling a browser where everything is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.config import LoginConfig
from hongyan.roles.login.http import LoginHttp
from hongyan.roles.login.registry import MsgServer, Registry
from hongyan.web.files import StaticSite
from hongyan.web.site import web_client

Answer = tuple[int, dict[str, str], bytes]


async def ask(app: Any, path: str, method: str = "GET", **headers: str) -> Answer:
    sent: list[dict[str, Any]] = []
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "headers": named,
        "server": ("192.0.2.1", 80),
    }

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, None, send)
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, sent[1]["body"]


@pytest.fixture
def site(tmp_path: Path) -> StaticSite:
    (tmp_path / "index.html").write_text("<script src=/web/@BUILD@/main.js></script>")
    (tmp_path / "main.js").write_text("// words, words\n" * 200)
    (tmp_path / "types.d.ts").write_text("secret")
    (tmp_path / ".hidden").write_text("secret")
    return StaticSite(tmp_path, root="/", assets="/web/", policy="default-src 'none'")


async def script_of(site: StaticSite) -> str:
    _, _, page = await ask(site, "/")
    return page.decode().split("src=")[1].split(">")[0]


async def test_the_page_is_asked_for_again_and_its_scripts_are_kept(site: StaticSite) -> None:
    status, head, _ = await ask(site, "/")
    assert (status, head["cache-control"]) == (200, "no-cache")
    assert head["content-security-policy"] == "default-src 'none'"
    assert head["content-type"] == "text/html; charset=utf-8"
    status, head, _ = await ask(site, await script_of(site))
    assert (status, head["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in head["cache-control"]
    assert head["x-content-type-options"] == "nosniff"


async def test_what_the_browser_has_is_not_sent_again(site: StaticSite) -> None:
    _, head, _ = await ask(site, "/")
    status, _, body = await ask(site, "/", if_none_match=head["etag"])
    assert (status, body) == (304, b"")


async def test_a_browser_that_can_gets_it_compressed(site: StaticSite) -> None:
    script = await script_of(site)
    _, _, plain = await ask(site, script)
    _, head, packed = await ask(site, script, accept_encoding="gzip, br")
    assert head["content-encoding"] == "gzip"
    assert int(head["content-length"]) == len(packed) < len(plain)
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("path", ["/x", "/web/", "/web/../secret", "/web/types.d.ts", "//", "/web/main.js"])
async def test_nothing_else_is_there(site: StaticSite, path: str) -> None:
    status, _, body = await ask(site, path)
    assert status == 404
    assert b"secret" not in body


async def test_hidden_files_and_type_declarations_are_not_served(site: StaticSite) -> None:
    base = (await script_of(site)).removesuffix("main.js")
    assert [(await ask(site, base + name))[0] for name in ("types.d.ts", ".hidden", "main.js")] == [
        404,
        404,
        200,
    ]


async def test_only_reading_is_allowed(site: StaticSite) -> None:
    assert (await ask(site, "/", "POST"))[0] == 405
    status, head, body = await ask(site, "/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(head["content-length"]) > 0


async def test_the_client_loads_nothing_from_elsewhere_and_runs_no_text() -> None:
    _, head, page = await ask(web_client(), "/")
    policy = dict(rule.split(" ", 1) for rule in head["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert b"//" not in page.replace(b"<!doctype", b"").replace(b"http-equiv", b"")


def places(config: LoginConfig, server: MsgServer | None) -> LoginHttp:
    registry = Registry()
    if server is not None:
        registry.add(1, server)
    return LoginHttp(config, registry, {})


def msg_server(**more: Any) -> MsgServer:
    return MsgServer("0.0.0.0", "", 8000, 10, 0, "here", **more)  # noqa: S104 - reported, not listened on


@pytest.mark.parametrize(
    ("server", "host", "ws"),
    [
        (msg_server(ws_port=8001), "chat.example.org:8080", "ws://chat.example.org:8001"),
        (msg_server(ws_port=8001), "[::1]:8080", "ws://[::1]:8001"),
        (msg_server(ws_port=8001), "evil.org/x?", "ws://192.0.2.1:8001"),
        (msg_server(ws_port=8001, ws_is_encrypted=True), "a", "wss://a:8001"),
        (msg_server(ws_port=8001, ws_url="wss://b/ws"), "a", "wss://b/ws"),
    ],
)
async def test_a_browser_is_told_where_to_open_its_websocket(server: MsgServer, host: str, ws: str) -> None:
    status, head, body = await ask(places(LoginConfig(), server), "/web/config", host=host)
    assert (status, head["content-type"]) == (200, "application/json")
    assert json.loads(body)["ws"] == ws


async def test_msfs_is_named_as_the_browser_can_reach_it() -> None:
    near = places(LoginConfig(), msg_server(ws_port=1))
    _, _, body = await ask(near, "/web/config", host="chat.example.org")
    assert json.loads(body)["msfs"] == "http://chat.example.org:8700/"
    far = places(LoginConfig(msfs_url="https://files.example.org/"), msg_server(ws_port=1))
    _, _, body = await ask(far, "/web/config", host="chat.example.org")
    assert json.loads(body)["msfs"] == "https://files.example.org/"


@pytest.mark.parametrize("server", [None, msg_server()])
async def test_without_a_websocket_it_is_told_so(server: MsgServer | None) -> None:
    _, _, body = await ask(places(LoginConfig(), server), "/web/config", host="a")
    assert json.loads(body)["code"] == 1
