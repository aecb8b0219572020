"""Sending files to other users, and getting theirs (spec/flows.md 2.10, spec/clients.md 8)."""

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf.message import Message as Protobuf

from hongyan.client.calls.base import Calls, Place, conversation_of
from hongyan.client.errors import ConnectionLost, RequestRefused, TransferRefused
from hongyan.client.options import Options
from hongyan.client.transfers.file_link import FileLink, role_in
from hongyan.client.transfers.local import Sink, Source, free_path
from hongyan.client.transfers.offer import LARGEST_FILE_BYTES, FileOffer, answered_offer, waiting_offers
from hongyan.client.transfers.patience import OnProgress, Patience, opened
from hongyan.client.transfers.receiving import Receiving
from hongyan.client.transfers.sending import Sending
from hongyan.errors import ErrorCode
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2, message_pb2


class FileCalls(Calls):
    """Files from one user to another."""

    _options: Options

    async def send_file(
        self,
        to: Place | FileOffer,
        path: str | Path,
        *,
        name: str = "",
        is_online: bool = False,
        on_progress: OnProgress | None = None,
    ) -> FileOffer:
        """Send a file and return when the server keeps all of it, or the receiver has it.

        Broken connections are made anew and the transfer goes on where it was. Cancelling this call
        leaves it as it is, to be taken up again; :meth:`cancel_file` ends it for both sides.

        Args:
            to: a user; or what :meth:`offer_file` returned, to go on with a transfer.
            path: the file.
            name: what to call it; its own name when empty.
            is_online: pass it straight to the receiver, who must be there and take it. The servers keep
                it for him all the same when he is not online; see ``is_online`` of what is returned.
            on_progress: called with the bytes that are through and the size, as they change.

        Raises:
            RequestRefused: the servers do not take it.
            TransferRefused: the receiver does not want it, or somebody ended it.
            TransferBroken: it got no further for too long; it can be taken up again.
            OSError: the file cannot be read, or changed its length.
        """
        offer = (
            to
            if isinstance(to, FileOffer)
            else await self.offer_file(to, path, name=name, is_online=is_online)
        )
        role = role_in(offer, self.user_id)
        if not role.is_sender:
            raise ValueError("this file is for us; receive_file gets it")
        patience = Patience(offer.size, self._options.timing, on_progress)
        async with opened(partial(Source, Path(path), offer.size)) as source:
            await patience.run(Sending(offer, source, role, self._options, patience).attempt)
        if not offer.is_online:
            await self._announce(offer)
        return offer

    async def offer_file(
        self, to: Place, path: str | Path, *, name: str = "", is_online: bool = False
    ) -> FileOffer:
        """Begin to send a file: have the servers make the transfer, which :meth:`send_file` carries out.

        A program that keeps the offer can go on with the transfer after it was started anew.

        Raises:
            RequestRefused: the servers do not take it.
            OSError: there is no such file.
        """
        receiver = conversation_of(to)
        if receiver.is_group:
            raise ValueError("a file goes to one user, not to a group")
        size = (await asyncio.to_thread(Path(path).stat)).st_size
        if size > LARGEST_FILE_BYTES:
            raise RequestRefused(ErrorCode.TOO_LARGE, "files of 4 GiB and more cannot be sent")
        request = file_pb2.IMFileReq(
            from_user_id=self.user_id,
            to_user_id=receiver.id,
            file_name=name or Path(path).name,
            file_size=size,
            trans_mode=base.FILE_TYPE_ONLINE if is_online else base.FILE_TYPE_OFFLINE,
        )
        answer = await self._ask(
            commands.FILE_REQUEST, request, commands.FILE_REQUEST_REPLY, repeatable=False
        )
        if answer.result_code:
            raise RequestRefused(ErrorCode.UNAVAILABLE, "no file_server takes the file")
        return answered_offer(answer, size)

    async def waiting_files(self) -> list[FileOffer]:
        """Return the files that are kept for us, oldest first."""
        request = file_pb2.IMFileHasOfflineReq(user_id=self.user_id)
        return waiting_offers(
            await self._ask(commands.FILE_HAS_OFFLINE, request, commands.FILE_HAS_OFFLINE_REPLY)
        )

    async def receive_file(
        self, offer: FileOffer, path: str | Path, *, on_progress: OnProgress | None = None
    ) -> Path:
        """Get a file and return where it is; it appears there when it is whole and on the disk.

        What has come stands in a hidden file beside it meanwhile. The same call goes on with it, after
        an error or a restart of the program.

        Args:
            offer: from a :class:`FileOffered`, or from :meth:`waiting_files`.
            path: where it goes; or a folder, where it gets its own name without what is dangerous in it.
            on_progress: called with the bytes that are there and the size, as they change.

        Raises:
            TransferRefused: the sender or the servers ended it.
            TransferBroken: it got no further for too long; it can be taken up again.
            OSError: it cannot be written, or something is there already.
        """
        role = role_in(offer, self.user_id)
        if role.is_sender:
            raise ValueError("this file is from us; send_file sends it")
        patience = Patience(offer.size, self._options.timing, on_progress)
        target = await asyncio.to_thread(_target, offer, Path(path))
        async with opened(partial(Sink, target, offer.task_id, offer.size)) as sink:
            arrived = await Receiving(offer, sink, role, self._options, patience).run()
        if not offer.is_online:
            await self._forget(offer)
        return arrived

    async def refuse_file(self, offer: FileOffer) -> None:
        """Let the sender know that we do not want a file; a kept one is deleted."""
        if offer.is_online:
            await self._end_transfer(offer, base.CLIENT_FILE_REFUSE)
        else:
            await self._forget(offer)

    async def cancel_file(self, offer: FileOffer) -> None:
        """End a transfer for both sides; what the server has of it is thrown away."""
        await self._end_transfer(offer, base.CLIENT_FILE_CANCEL)

    async def _end_transfer(self, offer: FileOffer, state: base.ClientFileState.ValueType) -> None:
        with contextlib.suppress(TransferRefused):  # it is over already
            link = await FileLink.open(offer, role_in(offer, self.user_id), self._options)
            try:
                await link.say(state)
                await link.close()
            finally:
                link.abort()

    async def _announce(self, offer: FileOffer) -> None:
        """Tell the receiver that a kept file can be fetched."""
        message = file_pb2.IMFileAddOfflineReq(
            from_user_id=offer.sender_id,
            to_user_id=offer.receiver_id,
            task_id=offer.task_id,
            file_name=offer.name,
            file_size=offer.size,
        )
        await self._tell_surely(commands.FILE_ADD_OFFLINE, message)

    async def _forget(self, offer: FileOffer) -> None:
        """Tell the servers that a kept file is wanted no longer."""
        message = file_pb2.IMFileDelOfflineReq(
            from_user_id=offer.sender_id, to_user_id=offer.receiver_id, task_id=offer.task_id
        )
        await self._tell_surely(commands.FILE_DEL_OFFLINE, message)

    async def _tell_surely(self, command: Command[Any], message: Protobuf) -> None:
        """Tell what has no answer, until a later question on the same connection is answered."""
        while True:
            await self._tell(command, message)
            with contextlib.suppress(ConnectionLost):
                await self._ask(
                    commands.TIME, message_pb2.IMClientTimeReq(), commands.TIME_REPLY, repeatable=False
                )
                return


def _target(offer: FileOffer, path: Path) -> Path:
    return free_path(path, offer.safe_name) if path.is_dir() else path
