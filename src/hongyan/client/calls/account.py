"""Our own login: devices, pushes, time."""

from datetime import datetime

from hongyan.client import convert
from hongyan.client.calls.base import Calls
from hongyan.client.exchange import require_success
from hongyan.wire import commands
from hongyan.wire.pb import login_pb2, message_pb2


class AccountCalls(Calls):
    """What concerns this login and the account's other devices."""

    async def server_time(self) -> datetime:
        """Return the server's clock."""
        answer = await self._ask(commands.TIME, message_pb2.IMClientTimeReq(), commands.TIME_REPLY)
        return convert.time(answer.server_time)

    async def set_device_token(self, token: str) -> None:
        """Register this phone for pushes; an empty token ends them. Servers ignore it from PCs."""
        request = login_pb2.IMDeviceTokenReq(user_id=self.user_id, device_token=token)
        await self._ask(commands.DEVICE_TOKEN, request, commands.DEVICE_TOKEN_REPLY)

    async def set_quiet_nights(self, *, is_quiet: bool) -> None:
        """Switch pushes at night off or on."""
        request = login_pb2.IMPushShieldReq(user_id=self.user_id, shield_status=int(is_quiet))
        answer = await self._ask(commands.PUSH_SHIELD, request, commands.PUSH_SHIELD_REPLY)
        require_success(answer.result_code, commands.PUSH_SHIELD)

    async def has_quiet_nights(self) -> bool:
        """Tell whether pushes at night are off."""
        request = login_pb2.IMQueryPushShieldReq(user_id=self.user_id)
        answer = await self._ask(commands.QUERY_PUSH_SHIELD, request, commands.QUERY_PUSH_SHIELD_REPLY)
        require_success(answer.result_code, commands.QUERY_PUSH_SHIELD)
        return answer.shield_status != 0

    async def kick_pc(self) -> None:
        """From a phone: log this account's PC out. Servers ignore it from PCs."""
        request = login_pb2.IMKickPCClientReq(user_id=self.user_id)
        answer = await self._ask(commands.KICK_PC_CLIENT, request, commands.KICK_PC_CLIENT_REPLY)
        require_success(answer.result_code, commands.KICK_PC_CLIENT)
