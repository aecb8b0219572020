"""Takes events from Hongyan, checks that they come from it, and prints them.

    python webhook_receiver.py --secret whsec_... --port 9000

Nothing but the standard library is needed. docs/how-to/receive-webhooks.md explains it.
"""

import argparse
import base64
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_BODY = 1024 * 1024
OLDEST_S = 300
REMEMBERED = 10_000


def is_genuine(secret: str, headers: "dict[str, str]", body: bytes, now: float) -> bool:
    """Tell whether a request was signed with the secret, and lately (Standard Webhooks 1.0)."""
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > OLDEST_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers.get("webhook-signature", "").split())


def serve(secret: str, port: int, take: "Callable[[dict[str, object]], None]") -> None:
    """Call ``take`` with every event, once each; what it raises makes Hongyan send the event again."""
    seen: OrderedDict[str, None] = OrderedDict()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            if size > LONGEST_BODY:
                self.close_connection = True
                self.answer(413)
                return
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_genuine(secret, headers, body, time.time()):
                self.answer(401)
                return
            if headers["webhook-id"] not in seen:  # an event may come more than once
                take(json.loads(body))
                seen[headers["webhook-id"]] = None
                if len(seen) > REMEMBERED:
                    seen.popitem(last=False)
            self.answer(204)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print events only."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


def show(event: "dict[str, object]") -> None:
    """Print an event on a line."""
    print(json.dumps(event, ensure_ascii=False), flush=True)


def arguments(about: str) -> argparse.ArgumentParser:
    """Make the options that every receiver has."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--secret", required=True, help="what the webhook was registered with")
    parser.add_argument("--port", type=int, default=9000)
    return parser


if __name__ == "__main__":
    options = arguments("Print the events of a webhook.").parse_args()
    serve(options.secret, options.port, show)
