"""A file_server that dies while it makes a transfer costs nobody the transfer if there is another one."""

from hongyan.roles.msg.files import REFUSED
from hongyan.wire import commands
from hongyan.wire.pb.base_define_pb2 import FILE_TYPE_OFFLINE
from hongyan.wire.pb.file_pb2 import IMFileReq

from .neighbours import open_place

ANNA, BERT = 1, 2


async def test_another_file_server_is_asked_for_what_a_dead_one_was_asked() -> None:
    async with open_place("aa", file_servers=2) as place:
        client = await place.log_in(ANNA)
        place.files.take()
        wanted = IMFileReq(
            from_user_id=ANNA,
            to_user_id=BERT,
            file_name="plan.txt",
            file_size=10,
            trans_mode=FILE_TYPE_OFFLINE,
        )
        client.send(commands.FILE_REQUEST, wanted)
        await place.settle()
        [(first, asked)] = place.files.take_with_links()
        assert asked.command_id == commands.FILE_TRANSFER.id

        first.close("killed")
        await place.settle()
        [(second, again)] = place.files.take_with_links()
        assert second is not first
        assert again.decode(commands.FILE_TRANSFER).file_name == "plan.txt"
        assert not client.take()

        second.close("killed")
        await place.settle()
        [answer] = client.take()
        assert answer.decode(commands.FILE_REQUEST_REPLY).result_code == REFUSED
