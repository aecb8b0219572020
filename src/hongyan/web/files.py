"""Serves a folder of static files: read once, named by their content, behind a strict policy."""

import asyncio
import gzip
import mimetypes
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BUILD: Final = b"@BUILD@"
"""Stands in pages for the digest of all files, which is part of their addresses."""
_FOREVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_TYPES: Final = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}
_SMALL: Final = 1024
"""Shorter files are not worth compressing."""
COMMON_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class StaticFile:
    """One file as it is sent.

    Args:
        name: tells its type.
        body: what is in it.
    """

    def __init__(self, name: str, body: bytes) -> None:
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        is_text = kind.startswith("text/") or kind in ("image/svg+xml", "application/json")
        self.body = body
        self.etag = f'"{_digest(body)[:16]}"'.encode()
        self.content_type = (f"{kind}; charset=utf-8" if is_text else kind).encode()
        self._shrinks = is_text and len(body) >= _SMALL
        self._gzipped = b""

    async def gzipped(self) -> bytes | None:
        """Return the body compressed, once and in a thread; None when that is not worth it."""
        if self._shrinks and not self._gzipped:
            self._gzipped = await asyncio.to_thread(gzip.compress, self.body, mtime=0)
        return self._gzipped or None


class StaticSite:
    """An ASGI application: ``index.html`` at its root, everything else below ``assets/<digest>/``.

    The page is asked for again each time; what it loads has the digest of all files in its address
    and may be kept for ever.

    Args:
        folder: what to serve; files that begin with a dot and type declarations are left out.
        root: the path of the page.
        assets: the path below which the other files are.
        policy: the Content-Security-Policy.
        index: the page.
        parts: the beginnings of the names of what is served; everything when it is empty.
    """

    def __init__(
        self,
        folder: Path,
        root: str,
        assets: str,
        policy: str,
        *,
        index: str = "index.html",
        parts: tuple[str, ...] = ("",),
    ) -> None:
        contents = {name: path.read_bytes() for name, path in _files(folder) if name.startswith(parts)}
        build = _digest(b"".join(name.encode() + body for name, body in contents.items()))[:16]
        self._root = root
        self._policy = policy.encode()
        self._index = StaticFile(index, contents.pop(index).replace(BUILD, build.encode()))
        self._files = {f"{assets}{build}/{name}": StaticFile(name, body) for name, body in contents.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive  # there is nothing to read
        path: str = scope["path"]
        is_page = path == self._root
        file = self._index if is_page else self._files.get(path)
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, HTTPStatus.METHOD_NOT_ALLOWED, b"", [(b"allow", b"GET, HEAD")])
        elif file is None:
            await _send(send, HTTPStatus.NOT_FOUND, b"not found\n", [(b"content-type", b"text/plain")])
        else:
            await self._serve(scope, send, file, is_page=is_page)

    async def _serve(self, scope: Scope, send: Send, file: StaticFile, *, is_page: bool) -> None:
        asked = dict(scope["headers"])
        headers = [
            (b"etag", file.etag),
            (b"cache-control", _ASK_AGAIN if is_page else _FOREVER),
            (b"vary", b"accept-encoding"),
        ]
        if is_page:
            headers.append((b"content-security-policy", self._policy))
        if asked.get(b"if-none-match") == file.etag:
            await _send(send, HTTPStatus.NOT_MODIFIED, b"", headers)
            return
        headers.append((b"content-type", file.content_type))
        body = file.body
        if b"gzip" in asked.get(b"accept-encoding", b"") and (gzipped := await file.gzipped()) is not None:
            body = gzipped
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await _send(send, HTTPStatus.OK, b"" if scope["method"] == "HEAD" else body, headers)


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.name.startswith(".") and not name.endswith((".d.ts", ".map")):
            yield name, path


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


async def _send(send: Send, status: HTTPStatus, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    start = {"type": "http.response.start", "status": int(status), "headers": [*COMMON_HEADERS, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
