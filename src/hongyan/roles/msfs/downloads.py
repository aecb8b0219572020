"""Downloads: whole files, ranges and thumbnails (spec/http.md 3.1)."""

import re
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hongyan.config.msfs import MsfsConfig
from hongyan.roles.msfs import replies
from hongyan.roles.msfs.blobs import Blobs
from hongyan.roles.msfs.names import Target, target_of
from hongyan.roles.msfs.thumbnails import Thumbnails

_AS_ORIGINAL: Final = frozenset({"jpg", "jpeg", "png", "gif"})
"""The original says ``image/`` and the ending."""
_SHOWN: Final = {
    "webp": "image/webp",
    "bmp": "image/bmp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
"""What else a browser may show: nothing that can carry a script."""
_ANYTHING_ELSE: Final = "multipart/form-data"
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_SIZE: Final = re.compile(r"(\d{1,4})(?:x(\d{1,4}))?")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class Downloads:
    """Answers GET and HEAD."""

    def __init__(self, config: MsfsConfig, blobs: Blobs) -> None:
        self._blobs = blobs
        self._thumbnails = Thumbnails(config.max_pixels, config.max_thumbnail, config.thumbnail_cache_bytes)
        self._max_file_bytes = config.max_file_bytes

    async def give(self, request: Request) -> Response:
        """Serve what a path names.

        Raises:
            BackendError: the store failed before anything was sent.
        """
        path: str = request.scope["path"]
        if ".." in path:
            return replies.empty(HTTPStatus.BAD_REQUEST)
        if "/" not in path[1:]:
            return replies.empty(HTTPStatus.INTERNAL_SERVER_ERROR)  # as the original
        target = target_of(path)
        size = await self._blobs.size(target.key) if target is not None else None
        if target is None or size is None:
            return replies.empty(HTTPStatus.NOT_FOUND)
        asked = request.query_params.get("size")
        if asked is not None or target.box is not None:
            return await self._small(request, target, size, asked)
        return self._whole(request, target, size)

    async def _small(self, request: Request, target: Target, size: int, asked: str | None) -> Response:
        """Serve a thumbnail. Clients that ask by a suffix get the file itself when there can be none."""
        match = _SIZE.fullmatch(asked) if asked is not None else None
        if asked is not None and match is None:
            return replies.empty(HTTPStatus.BAD_REQUEST)
        box = (int(match[1]), int(match[2] or match[1])) if match is not None else target.box
        made = None
        if box is not None and size <= self._max_file_bytes:
            made = await self._thumbnails.make(target.key, box, lambda: self._load(target.key, size))
        if made is None or box is None:
            unfit = replies.empty(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return unfit if asked is not None else self._whole(request, target, size)
        etag = f'"{target.digest or target.key.replace("/", "-")}-{box[0]}x{box[1]}"'
        headers = _SAFE | {"ETag": etag, "Cache-Control": _FOR_EVER, "Content-Type": made.content_type}
        if _is_known(request, etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(made.data, headers=headers)

    async def _load(self, key: str, size: int) -> bytes:
        return b"".join([part async for part in self._blobs.read(key, 0, size)])

    def _whole(self, request: Request, target: Target, size: int) -> Response:
        etag = f'"{target.digest or target.key.replace("/", "-")}-{size}"'
        headers = _SAFE | {"ETag": etag, "Cache-Control": _FOR_EVER, "Accept-Ranges": "bytes"}
        headers |= _type_headers(target.extension)
        if _is_known(request, etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        status, (start, stop) = HTTPStatus.OK, (0, size)
        asked = _asked_range(request, etag, size)
        if asked is not None:
            status, (start, stop) = HTTPStatus.PARTIAL_CONTENT, asked
            if start >= stop:
                unsatisfiable = {"Content-Range": f"bytes */{size}"}
                return replies.empty(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, unsatisfiable)
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        headers["Content-Length"] = str(stop - start)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(self._blobs.read(target.key, start, stop), status, headers)


def _type_headers(extension: str) -> dict[str, str]:
    """What a browser might run is saved and not shown."""
    if extension in _AS_ORIGINAL:
        return {"Content-Type": f"image/{extension}"}
    if extension in _SHOWN:
        return {"Content-Type": _SHOWN[extension]}
    return {"Content-Type": _ANYTHING_ELSE, "Content-Disposition": "attachment"}


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag in {part.strip().removeprefix("W/") for part in known.split(",")}


def _asked_range(request: Request, etag: str, size: int) -> tuple[int, int] | None:
    """Return the one range that is asked for; empty when it lies outside, None when all is wanted."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", etag) != etag:
        return None
    if match[3]:
        return max(size - int(match[3]), 0), size
    start = int(match[1])
    stop = int(match[2]) + 1 if match[2] else size
    return start, max(min(stop, size), start if start >= size else 0)
