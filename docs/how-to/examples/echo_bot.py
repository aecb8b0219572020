"""A bot that answers every message with the same text; it answers what it missed while it was off, too.

python echo_bot.py http://127.0.0.1:8080 echo secret
"""

import asyncio
import sys

from hongyan.client import Client, ClientError, Message, Options, RequestRefused, Text

OPTIONS = Options(device_kind="bot", replay_unread=True)


async def answer(bot: Client, message: Message) -> None:
    """Send the text back, once, however often this is tried."""
    if message.is_own or not isinstance(message.content, Text):
        return
    place = f"{message.conversation.kind.value}-{message.conversation.id}"
    try:
        # The same id for the same question: an answer that was sent before a crash is not sent again.
        await bot.send(message, message.text, client_msg_id=f"echo-{place}-{message.msg_id}")
    except RequestRefused as refusal:
        print(f"not answered in {message.conversation}: {refusal}", file=sys.stderr)


async def main(login_url: str, name: str, password: str) -> None:
    """Answer for ever."""
    async with Client(login_url, name, password, options=OPTIONS) as bot:
        print(f"{bot.user.display_name} listens")
        async for message in bot.messages():
            await answer(bot, message)
            await bot.mark_read(message, message.msg_id)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except ClientError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
