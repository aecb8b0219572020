"""A receiver of webhooks in a thread, which a test tells what to answer."""

import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hongyan.rules.webhooks import sign

DEADLINE_S = 60.0


@dataclass
class Told:
    """What was posted."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return str(self.json["data"]["text"])

    def check_signature(self, secret: str) -> None:
        timestamp = int(self.headers["webhook-timestamp"])
        assert self.headers["webhook-signature"] == sign(secret, self.id, timestamp, self.body)


def say_yes(_told: Told) -> int:
    return 204


class Receiver:
    """Serves until it is closed.

    Attributes:
        answer: makes the status of the answer; called in the server's threads.
        taken: what was answered with success, in order.
        refused: what was not.
    """

    def __init__(self) -> None:
        self.answer: Callable[[Told], int] = say_yes
        self.taken: queue.Queue[Told] = queue.Queue()
        self.refused: queue.Queue[Told] = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                told = Told({name.lower(): value for name, value in self.headers.items()}, body)
                status = receiver.answer(told)
                (receiver.taken if status < 300 else receiver.refused).put(told)
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def take(self) -> Told:
        return self.taken.get(timeout=DEADLINE_S)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
