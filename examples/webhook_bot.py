"""A bot that answers a text with the same text: it is told by a webhook and answers by the API.

    python webhook_bot.py --api http://127.0.0.1:8400 --token hy_... --secret whsec_... --port 9000

Nothing but the standard library is needed. docs/how-to/receive-webhooks.md explains it.
"""

import json
import urllib.request

from webhook_receiver import arguments, serve

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Echo:
    """Answers messages.

    Args:
        api: the address of http_msg_server.
        token: the bot's.
    """

    def __init__(self, api: str, token: str) -> None:
        self.api = api
        self.token = token

    def take(self, event: "dict[str, object]") -> None:
        """Answer a text where it was written."""
        data = event["data"]
        if event["type"] != "message" or not isinstance(data, dict) or data["type"] != "text":
            return
        in_group = "to_group_id" in data
        answer = {
            "to_group_id" if in_group else "to_user_id": data["to_group_id" if in_group else "from_user_id"],
            "text": data["text"],
            # The same id for the same question: an answer that was sent before a crash is not sent again.
            "client_msg_id": f"echo-{'g' if in_group else 'u'}-{data['from_user_id']}-{data['msg_id']}",
        }
        self.send(answer)

    def send(self, message: "dict[str, object]") -> None:
        """Send a message; an error makes Hongyan tell us of the question again, later."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps(message).encode()
        request = urllib.request.Request(f"{self.api}/api/v1/messages", body, headers)
        with OPENER.open(request, timeout=20) as answer:
            answer.read()


if __name__ == "__main__":
    parser = arguments("Answer every message with the same text.")
    parser.add_argument("--api", default="http://127.0.0.1:8400")
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    serve(options.secret, options.port, Echo(options.api, options.token).take)
