"""The db_proxy_server role (spec/flows.md 4)."""

from functools import partial
from pathlib import Path
from threading import get_native_id
from typing import Final

import structlog

from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.link import Link
from hongyan.config import DbProxyConfig
from hongyan.reactor.dispatch import Routes
from hongyan.reactor.reactor import Listener
from hongyan.roles.db_proxy.administration.office import Office
from hongyan.roles.db_proxy.audio import AudioFiles, Sounds
from hongyan.roles.db_proxy.backend import Backend
from hongyan.roles.db_proxy.contacts import ContactHandlers
from hongyan.roles.db_proxy.convert import Previews
from hongyan.roles.db_proxy.groups import GroupHandlers
from hongyan.roles.db_proxy.history import HistoryHandlers
from hongyan.roles.db_proxy.logins import LoginHandlers
from hongyan.roles.db_proxy.messages import MessageHandlers
from hongyan.roles.db_proxy.msfs import MsfsClient
from hongyan.roles.db_proxy.phones import PhoneHandlers
from hongyan.roles.db_proxy.requests import Requests
from hongyan.roles.db_proxy.voice import VoiceMessages
from hongyan.roles.runtime import Runtime
from hongyan.store.conversations import Conversations
from hongyan.store.database import Database
from hongyan.store.hashing import HashProcess
from hongyan.store.journal import Journal
from hongyan.store.opening import open_database, open_redis
from hongyan.store.outbox import Outbox
from hongyan.store.passwords import hashing
from hongyan.store.redis_rebuild import rebuild
from hongyan.store.redis_shared import SharedRedis
from hongyan.store.sqlite import Synchronous
from hongyan.wire import commands
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.commands import Node
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.server_pb2 import IMStopReceivePacket

_log = structlog.get_logger("hongyan.db_proxy")

STOPPING: Final = 0


class DbProxyServer:
    """Owns the database: everything that is read or written passes here."""

    node = Node.DB_PROXY

    def __init__(self, runtime: Runtime, config: DbProxyConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._links: set[Link] = set()
        self._listener: Listener | None = None
        self.database: Database | None = None
        self._redis: SharedRedis | None = None
        self._journal: Journal | None = None
        self._logins: LoginHandlers | None = None
        self._hashes = HashProcess()
        self._sounds: Sounds | None = None
        self._from_msg: Routes[Link] = Routes(Node.MSG, Node.DB_PROXY)
        self._from_http_msg: Routes[Link] = Routes(Node.HTTP_MSG, Node.DB_PROXY)
        self._from_login: Routes[Link] = Routes(Node.LOGIN, Node.DB_PROXY)
        self._routes = {Node.HTTP_MSG: self._from_http_msg, Node.LOGIN: self._from_login}
        self._office: Office | None = None

    async def start(self) -> dict[str, tuple[str, int]]:
        """Open the database and listen; return the address by its name in the ready file.

        Raises:
            ConfigError: the database cannot be used, or the address cannot be listened on.
        """
        config, runtime = self._config, self._runtime
        synchronous: Synchronous = "FULL" if config.fsync else "NORMAL"
        self.database = await open_database(
            config.database,
            synchronous=synchronous,
            readers=config.database_readers,
            replica=config.replica,
        )
        self._redis = open_redis(config.redis)
        await self._assemble(self.database)
        self._listener = await listen_for_links(
            self, (config.host, config.port), runtime.reactor, runtime.trust
        )
        return {"db_proxy": self._listener.address}

    async def writing_thread(self) -> int:
        """Return the native id of the thread in which the journal's work is done."""
        if self.database is None:
            raise AssertionError("not started")
        return await self.database.write(lambda _connection: get_native_id())

    async def _assemble(self, database: Database) -> None:
        """Make the journal and the handlers, and check that no command is without one."""
        config, runtime = self._config, self._runtime
        from_msg, from_http_msg, from_login = self._from_msg, self._from_http_msg, self._from_login
        conversations, outbox = Conversations(), Outbox()
        journal = self._journal = Journal(
            database,
            conversations,
            MessageHandlers.on_stored,
            max_pending=config.max_pending_messages,
            redis=self._redis,
            observe=outbox.stored,
        )
        requests = Requests(runtime.tasks, journal, config.max_pending_queries)
        hashes = self._hashes
        hash_password = hashing(for_originals=not config.replace_legacy_passwords, slowly=hashes.slow_hash)
        backend = Backend(database, conversations, journal, requests, self._redis, hash_password)
        msfs = MsfsClient(config.msfs_url, runtime.trust.secret) if config.msfs_url else None
        self._sounds = Sounds(AudioFiles(self._audio_dir()), msfs)
        voice = VoiceMessages(self._sounds, database, journal)
        MessageHandlers((from_msg, from_http_msg), runtime.tasks, voice, journal)
        ContactHandlers(backend, from_msg, Previews(MessageCipher(config.message_key)))
        HistoryHandlers(backend, from_msg, voice)
        GroupHandlers(backend, outbox, from_msg, from_http_msg)
        PhoneHandlers(backend, from_msg)
        self._logins = LoginHandlers(
            backend,
            outbox,
            from_msg,
            hashes=hashes,
            replace_legacy=config.replace_legacy_passwords,
            session_token_days=config.session_token_days,
        )
        self._office = await self._open_office(backend, outbox)
        for routes in (from_msg, from_http_msg, from_login):
            routes.ignore(commands.HEARTBEAT, commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
            routes.check_complete()
        runtime.tasks.start("journal", journal.run())
        if self._redis is not None:
            runtime.tasks.start("redis", self._redis.watch(partial(_rebuild, journal)))
        self._export(database, journal, requests, outbox)

    async def _open_office(self, backend: Backend, outbox: Outbox) -> Office:
        office = Office(backend, outbox)
        for routes in (self._from_http_msg, self._from_login):
            backend.requests.serve(routes, commands.ADMIN, office.desk.serve)
        await office.open()
        self._runtime.tasks.start("webhooks in use", office.run())
        return office

    def _audio_dir(self) -> Path:
        if self._config.audio_dir:
            return Path(self._config.audio_dir)
        return self._config.data_folder / "audio"

    def _export(self, database: Database, journal: Journal, requests: Requests, outbox: Outbox) -> None:
        gauge, stats = self._runtime.metrics.gauge, journal.stats
        gauge("journal_pending", "Messages that wait to be committed", lambda: journal.pending)
        gauge("journal_batches", "Transactions committed", lambda: stats.batches)
        gauge("journal_messages", "Messages decided", lambda: stats.messages)
        gauge("journal_failed", "Messages that could not be stored", lambda: stats.failed)
        gauge("journal_commit_seconds", "Time spent committing", lambda: stats.seconds_in_commit)
        gauge("db_proxy_requests", "Requests being served", lambda: requests.pending)
        if database.replica is not None:
            copy = database.replica.stats
            gauge("replica_reads", "Queries that the replica has answered", lambda: copy.reads)
            gauge("replica_missed", "Times that the replica was behind or away", lambda: copy.missed)
        gauge("webhook_queue", "Events that wait for webhooks", lambda: outbox.queued)
        gauge(
            "webhook_dropped", "Events that no webhook will hear: the queue was full", lambda: outbox.dropped
        )

    # Links.

    def link_opened(self, link: Link) -> None:
        """A msg_server, http_msg_server or login_server will ask."""
        link.routes = self._routes.get(link.remote, self._from_msg)
        self._links.add(link)

    def link_closed(self, link: Link) -> None:
        """Nobody waits for answers there any more."""
        self._links.discard(link)

    # Stopping.

    async def drain(self) -> None:
        """Ask for no more requests, store what was taken, and have it answered."""
        if self._listener is not None:
            self._listener.close()
        for link in self._links:
            link.send(OutboundFrame(commands.STOP_RECEIVING, IMStopReceivePacket(result=STOPPING)))
        if self._journal is not None:
            await self._journal.close()

    async def close(self) -> None:
        """Let go of threads, the process for hashes and the database; the last thing to happen."""
        if self._logins is not None:
            self._logins.close()
        if self._sounds is not None:
            await self._sounds.close()
        if self._office is not None:
            self._office.close()
        self._hashes.close()
        if self.database is not None:
            await self.database.close()
        if self._redis is not None:
            await self._redis.close()


async def _rebuild(journal: Journal) -> None:
    await journal.submit(rebuild)
