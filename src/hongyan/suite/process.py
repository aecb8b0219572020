"""One process of the suite: its roles, their links, start and stop.

A role is imported where it is started, so that a process with one role does not load the others.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from threading import get_native_id
from typing import TYPE_CHECKING, Final

import structlog

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.memory import connect_in_process
from hongyan.cluster.pdu import ClusterTrust
from hongyan.config import MIN_SECRET_CHARACTERS, Config
from hongyan.errors import ConfigError
from hongyan.metrics import Metrics
from hongyan.reactor.http import HttpServer
from hongyan.reactor.reactor import Reactor
from hongyan.roles.login.reply import UNSPECIFIED, host_in_url
from hongyan.roles.runtime import Runtime
from hongyan.suite.announce import announce
from hongyan.suite.cores import share_one_core
from hongyan.suite.inside_http import InsideHttp
from hongyan.suite.running import WhenReady, first_cause
from hongyan.suite.status import ProcessReporter
from hongyan.suite.watch import Watch, WatchedAddresses
from hongyan.tasks import Tasks
from hongyan.wire.commands import Node

if TYPE_CHECKING:
    from hongyan.roles.db_proxy.server import DbProxyServer
    from hongyan.roles.file.server import FileServer
    from hongyan.roles.http_msg.server import HttpMsgServer
    from hongyan.roles.login.server import LoginServer
    from hongyan.roles.msfs.server import MsfsServer
    from hongyan.roles.msg.server import MsgServer
    from hongyan.roles.push.server import PushServer
    from hongyan.roles.route.server import RouteServer

_log = structlog.get_logger("hongyan.suite")

ALL_ROLES: Final = frozenset(
    {Node.LOGIN, Node.MSG, Node.ROUTE, Node.DB_PROXY, Node.HTTP_MSG, Node.PUSH, Node.FILE, Node.MSFS}
)
ORDER: Final = (
    "login_http",
    "login_client",
    "login_msg",
    "msg",
    "msg_ws",
    "route",
    "db_proxy",
    "http_msg",
    "push",
    "file",
    "file_msg",
    "msfs",
    "metrics",
)
"""How addresses are listed: what clients need comes first."""
FLUSH_LIMIT_S: Final = 3.0
"""How long clients may take at the end to read what is queued for them."""
ANSWER_LIMIT_S: Final = 1.0
"""How long a db_proxy in another process may take at the end to answer what clients still asked."""
PUSH_LIMIT_S: Final = 2.0
"""How long providers may take at the end to take the pushes that wait."""


class SuiteProcess:
    """Runs some roles until it is told to stop.

    Args:
        config: the sections of the roles are read.
        roles: which ones; those in one process talk to each other by plain calls.
        prepare: runs when the database is there and before anybody is let in.
    """

    def __init__(
        self,
        config: Config,
        roles: frozenset[Node],
        prepare: Callable[["DbProxyServer"], Awaitable[None]] | None = None,
    ) -> None:
        self._config = config
        self._roles = roles
        self._prepare = prepare
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._addresses: dict[str, tuple[str, int]] = {}
        self._db: DbProxyServer | None = None
        self._route: RouteServer | None = None
        self._login: LoginServer | None = None
        self._msg: MsgServer | None = None
        self._http_msg: HttpMsgServer | None = None
        self._push: PushServer | None = None
        self._file: FileServer | None = None
        self._msfs: MsfsServer | None = None
        self._metrics_http: HttpServer | None = None
        self._discovery: Discovery | None = None

    def stop(self) -> None:
        """Ask for an orderly end; safe to call twice, also from a signal handler."""
        self._stop.set()

    async def run(self, when_ready: WhenReady) -> None:
        """Start everything, call ``when_ready`` with the addresses, run until stopped.

        Raises:
            HongyanError: something could not be started.
        """
        gc.disable()
        reactor = Reactor(self._metrics)
        reactor.start()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = Tasks(group, self._metrics)
                runtime = Runtime(reactor, tasks, self._metrics, self._trust())
                self._discovery = Discovery(self._config.discovery, tasks)
                await self._start(runtime, self._discovery)
                announce(self._discovery, self._config, self._roles, self._addresses, self._metrics)
                _settle_memory()
                await when_ready({name: self._addresses[name] for name in ORDER if name in self._addresses})
                await self._stop.wait()
                await self._shut_down(reactor)
                tasks.cancel()
        except BaseExceptionGroup as failures:
            raise first_cause(failures) from failures
        finally:
            if self._db is not None:
                await self._db.close()
            if self._discovery is not None:
                await self._discovery.close()

    def _trust(self) -> ClusterTrust:
        cluster = self._config.cluster
        if len(cluster.secret) < MIN_SECRET_CHARACTERS:
            raise ConfigError(
                f"cluster.secret: at least {MIN_SECRET_CHARACTERS} characters, the same on every server; "
                "make one with: python3 -c 'import secrets; print(secrets.token_hex())'"
            )
        return ClusterTrust(cluster.secret, frozenset(cluster.trusted_peers))

    # Starting: what others depend on first, clients last.

    async def _start(self, runtime: Runtime, discovery: Discovery) -> None:
        config, roles = await self._start_stores(runtime), self._roles
        if Node.ROUTE in roles:
            from hongyan.roles.route.server import RouteServer

            self._route = RouteServer(runtime, config.route)
            self._addresses |= await self._route.start()
        if Node.LOGIN in roles:
            from hongyan.roles.login.server import LoginServer
            from hongyan.web.site import web_client

            self._login = LoginServer(runtime, config.login, {"/": web_client()})
            if config.login.console:
                self._open_console(runtime, self._login, discovery)
            self._addresses |= await self._login.start()
            self._login.follow(discovery)
        if Node.PUSH in roles:
            from hongyan.roles.push.server import PushServer

            self._push = PushServer(runtime, config.push)
            self._addresses |= await self._push.start()
        if Node.FILE in roles:
            from hongyan.roles.file.server import FileServer

            self._file = FileServer(runtime, config.file)
            self._addresses |= await self._file.start()
        if Node.MSG in roles:
            from hongyan.roles.msg.server import MsgServer

            self._msg = MsgServer(runtime, config.msg)
            self._addresses |= await self._msg.start()
            self._connect_msg(self._msg, discovery)
        if Node.HTTP_MSG in roles:
            self._http_msg = await self._start_http_msg(runtime, discovery)
        await self._start_metrics(runtime)

    async def _start_stores(self, runtime: Runtime) -> Config:
        """Start what keeps things; return the settings with what the others must know of it."""
        config, roles = self._config, self._roles
        if Node.MSFS in roles:
            from hongyan.roles.msfs.server import MsfsServer

            self._msfs = MsfsServer(runtime, config.msfs)
            self._addresses |= await self._msfs.start()
            config = with_msfs(config, *self._addresses["msfs"])
        if Node.DB_PROXY in roles:
            from hongyan.roles.db_proxy.server import DbProxyServer

            self._db = DbProxyServer(runtime, config.db_proxy)
            self._addresses |= await self._db.start()
            threads = [get_native_id(), await self._db.writing_thread()]
            runtime.tasks.start("shared core", share_one_core(threads))
            if self._prepare is not None:
                await self._prepare(self._db)
        return config

    def _open_console(self, runtime: Runtime, login: "LoginServer", discovery: Discovery) -> None:
        from hongyan.web import console

        office, own = login.office, ProcessReporter(self._roles, self._addresses, self._metrics)
        watch = Watch(own.report, WatchedAddresses(self._config.login.watch, discovery))
        login.add_site(console.ROOT, console.Console(office.administration, office.live, watch.since))
        for role in (self._db, self._route):
            if role is not None:
                connect_in_process(login, role, self._metrics)
        login.connect(ALL_ROLES - self._roles, discovery)
        runtime.tasks.start("dashboard", watch.run())

    def _connect_msg(self, msg: "MsgServer", discovery: Discovery) -> None:
        for role in (self._db, self._login, self._route, self._file):
            if role is not None:
                connect_in_process(msg, role, self._metrics)
        # Without a provider nothing would come of it, and messages are spared the work.
        if self._push is not None and self._push.reaches_phones:
            connect_in_process(msg, self._push, self._metrics)
        others = ALL_ROLES - self._roles
        if self._config.msg.file_servers and not discovery.is_used:
            others |= {Node.FILE}  # beside the one in this process
        msg.connect(others, discovery)

    async def _start_http_msg(self, runtime: Runtime, discovery: Discovery) -> "HttpMsgServer":
        from hongyan.roles.http_msg.server import HttpMsgServer
        from hongyan.web import api_page

        config = self._config.http_msg
        http_msg = HttpMsgServer(runtime, config, {api_page.PREFIX: api_page.make()} if config.docs else {})
        for role in (self._db, self._route):
            if role is not None:
                connect_in_process(http_msg, role, self._metrics)
        http_msg.connect(ALL_ROLES - self._roles, discovery)
        self._addresses |= await http_msg.start()
        return http_msg

    async def _start_metrics(self, runtime: Runtime) -> None:
        config = self._config.metrics
        reporter = ProcessReporter(self._roles, self._addresses, self._metrics)
        app = InsideHttp(reporter.metrics, reporter.report)
        self._metrics_http = HttpServer(app, config.host, config.port)
        runtime.tasks.start("metrics http", self._metrics_http.run())
        await self._metrics_http.wait_ready()
        self._addresses["metrics"] = self._metrics_http.address

    # Stopping: let nobody in, store and acknowledge what was taken, flush, close.

    async def _shut_down(self, reactor: Reactor) -> None:
        _log.info("stopping")
        if self._discovery is not None:
            await self._discovery.leave()
        for role in (self._http_msg, self._login, self._msg, self._route, self._push, self._file):
            if role is not None:
                role.stop()
        if self._metrics_http is not None:
            self._metrics_http.close()
        await self._drain()
        if self._msfs is not None:
            self._msfs.stop()  # after the voice messages that db_proxy still stores there
        await reactor.close(FLUSH_LIMIT_S)
        await self._close_stores()
        _log.info("stopped")

    async def _close_stores(self) -> None:
        """Wait for the disk, when nobody is connected any more."""
        if self._file is not None:
            self._file.close()
        if self._msfs is not None:
            await self._msfs.close()

    async def _drain(self) -> None:
        """Let be finished what was taken."""
        if self._db is not None:
            await self._db.drain()
        elif self._msg is not None:
            await self._msg.drain(ANSWER_LIMIT_S)
        if self._http_msg is not None:
            await self._http_msg.close()
        if self._push is not None:
            await self._push.drain(PUSH_LIMIT_S)


def with_msfs(config: Config, host: str, port: int) -> Config:
    """Tell the other roles of the process where msfs is, unless the operator has."""
    told = f"http://{host_in_url(host)}:{port}/"
    reached = told if host not in UNSPECIFIED else f"http://127.0.0.1:{port}/"
    login, db_proxy = config.login, config.db_proxy
    if "msfs_url" not in login.model_fields_set:
        told = f"http://0.0.0.0:{port}/" if host in UNSPECIFIED else told
        login = login.model_copy(update={"msfs_url": told})
    if not db_proxy.msfs_url:
        db_proxy = db_proxy.model_copy(update={"msfs_url": reached})
    return config.model_copy(update={"login": login, "db_proxy": db_proxy})


def _settle_memory() -> None:
    """What is loaded at the start lives for ever: the garbage collector looks at what comes after it."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
