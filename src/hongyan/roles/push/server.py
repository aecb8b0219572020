"""The push_server role: takes pushes from msg_servers and hands them to providers (spec/flows.md 7)."""

import time
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import structlog

from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.link import Link
from hongyan.config import PushConfig
from hongyan.reactor.dispatch import Routes
from hongyan.reactor.reactor import Listener
from hongyan.roles.push.courier import Courier
from hongyan.roles.push.notification import Notification, Outcome, Provider, Verdict, refused
from hongyan.roles.runtime import Runtime
from hongyan.rules.push import SILENT
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import CLIENT_TYPE_ANDROID, CLIENT_TYPE_IOS, UserTokenInfo
from hongyan.wire.pb.server_pb2 import IMPushToUserReq, IMPushToUserRsp
from hongyan.wire.text import decode_utf8, text

_log = structlog.get_logger("hongyan.push")

IOS: Final = "ios"
ANDROID: Final = "android"
_PLATFORMS: Final = {CLIENT_TYPE_IOS: IOS, CLIENT_TYPE_ANDROID: ANDROID}
_TAKEN, _NOT_TAKEN = 0, 1
_NO_PROVIDER: Final = refused("no_provider")


class PushServer:
    """Chooses the provider of each token and answers when all tokens of a request are decided."""

    node = Node.PUSH

    def __init__(self, runtime: Runtime, config: PushConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._listener: Listener | None = None
        self._couriers: dict[str, Courier] = {}
        self._routes: Routes[Link] = Routes(Node.MSG, Node.PUSH)
        self._routes.on(commands.PUSH_TO_USERS, self._push)
        self._routes.ignore(commands.HEARTBEAT, commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        self._routes.check_complete()
        runtime.metrics.gauge("push_pending", "Pushes that wait for a provider", self._pending)

    async def start(self) -> dict[str, tuple[str, int]]:
        """Make the providers and listen; return the address by its name in the ready file.

        Raises:
            ConfigError: a provider's files cannot be used, or the address cannot be listened on.
        """
        config, runtime = self._config, self._runtime
        for platforms, provider in _providers(config):
            courier = self._courier(provider)
            for platform in platforms:
                self._couriers.setdefault(platform, courier)
        if not self._couriers:
            _log.info("no provider is set up in [push]: nothing will be pushed")
        self._listener = await listen_for_links(
            self, (config.host, config.port), runtime.reactor, runtime.trust
        )
        return {"push": self._listener.address}

    @property
    def reaches_phones(self) -> bool:
        """Whether there is a provider at all."""
        return self._config.reaches_phones

    def stop(self) -> None:
        """Accept no more links."""
        if self._listener is not None:
            self._listener.close()

    async def drain(self, limit_s: float) -> None:
        """Hand over what waits and close the providers."""
        for courier in set(self._couriers.values()):
            await courier.close(limit_s)

    def _courier(self, provider: Provider) -> Courier:
        config, runtime = self._config, self._runtime
        return Courier(
            provider,
            runtime.tasks,
            runtime.metrics,
            concurrency=config.concurrency,
            max_pending=config.max_pending,
        )

    def _pending(self) -> int:
        return sum(courier.pending for courier in set(self._couriers.values()))

    # Links.

    def link_opened(self, link: Link) -> None:
        """Take pushes from a msg_server."""
        link.routes = self._routes

    def link_closed(self, link: Link) -> None:
        """What it asked for goes on; the answers are dropped."""

    # Pushing.

    def _push(self, link: Link, message: IMPushToUserReq, _frame: Frame) -> None:
        reply = _Reply(link, len(message.user_token_list))
        flash = decode_utf8(message.flash)
        for token in message.user_token_list:
            notification = self._notification(token, flash, text(message.data))
            courier = self._couriers.get(notification.platform)
            if courier is None:
                self._runtime.metrics.count("pushes", _NO_PROVIDER.reason)
                reply.decided(notification, _NO_PROVIDER)
            else:
                courier.submit(notification, reply.decided)

    def _notification(self, token: UserTokenInfo, flash: str, data: str) -> Notification:
        return Notification(
            id=str(uuid4()),
            user_id=token.user_id,
            platform=_PLATFORMS.get(token.user_type, ""),
            token=text(token.token),
            text=flash,
            data=data,
            badge=token.push_count,
            is_silent=token.push_type == SILENT,
            expires=time.time() + self._config.lifetime_s,
        )


class _Reply:
    """Gathers the results of a request and answers with all of them, in the order they were decided."""

    def __init__(self, link: Link, expected: int) -> None:
        self._link = link
        self._expected = expected
        self._reply = IMPushToUserRsp()

    def decided(self, notification: Notification, outcome: Outcome) -> None:
        result = self._reply.push_result_list.add(
            user_token=notification.token,
            result_code=_TAKEN if outcome.verdict is Verdict.SENT else _NOT_TAKEN,
        )
        if outcome.verdict is Verdict.TOKEN_DEAD:
            result.is_token_dead = True
            result.user_id = notification.user_id
        if len(self._reply.push_result_list) == self._expected and self._link.is_open:
            self._link.send(OutboundFrame(commands.PUSH_TO_USERS_REPLY, self._reply))


def _providers(config: PushConfig) -> Iterator[tuple[tuple[str, ...], Provider]]:
    """Yield what is set up with the platforms it takes; the first that takes a platform has it.

    A provider is imported when it is set up: most suites have none, and start sooner.
    """
    if config.apns.is_set:
        from hongyan.roles.push.apns import ApnsProvider

        yield (IOS,), ApnsProvider(config)
    if config.fcm.service_account_file:
        from hongyan.roles.push.fcm import FcmProvider

        yield config.fcm.platforms, FcmProvider(config)
    if config.webhook.url:
        from hongyan.roles.push.webhook import WebhookProvider

        yield config.webhook.platforms, WebhookProvider(config)
