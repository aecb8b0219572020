"""Resumable uploads by the protocol tus 1.0 (https://tus.io): creation, expiration, termination.

The state of an upload is two files: its bytes, and beside them a JSON object with its length and name.
How far it is, is how long the first one is; so it survives a restart.
"""

import asyncio
import base64
import binascii
import json
import re
import secrets
import time
from dataclasses import asdict, dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hongyan.config.msfs import MsfsConfig
from hongyan.roles.msfs import names, replies
from hongyan.roles.msfs.drafts import Drafts, TooLongError, digest_of, gather
from hongyan.roles.msfs.uploads import Uploads, base_url, body_of, is_allowed

PREFIX: Final = "/tus/"
VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,expiration,termination"
MAX_METADATA_CHARS: Final = 2048
CLEAN_EVERY_S: Final = 60.0
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(slots=True)
class Resumable:
    """An upload; ``url`` is empty until it is complete."""

    length: int
    name: str
    url: str = ""


class ResumableUploads:
    """Takes files in pieces, each behind the one before."""

    def __init__(self, config: MsfsConfig, drafts: Drafts, uploads: Uploads) -> None:
        self._config = config
        self._drafts = drafts
        self._uploads = uploads
        self._busy: set[str] = set()
        self._remove_old()
        self.count = len(list(drafts.folder.glob("*.json")))

    async def answer(self, request: Request) -> Response:
        """Do what tus asks.

        Raises:
            BackendError: the disk or the store failed.
            TimeoutError: the sender was too slow; what came is kept.
        """
        if request.headers.get("tus-resumable") != VERSION:
            return _reply(HTTPStatus.PRECONDITION_FAILED)
        if request.method == "POST":
            return self._create(request)
        upload_id = request.scope["path"].removeprefix(PREFIX)
        if _ID.fullmatch(upload_id) is None or (upload := self._find(upload_id)) is None:
            return _reply(HTTPStatus.NOT_FOUND)
        if upload_id in self._busy:
            return _reply(HTTPStatus.LOCKED)
        self._busy.add(upload_id)
        try:
            return await self._answer_for(request, upload_id, upload)
        finally:
            self._busy.discard(upload_id)

    def options(self) -> Response:
        """Say what is spoken here."""
        return _reply(HTTPStatus.NO_CONTENT, self._abilities())

    async def clean(self) -> None:
        """Remove for ever what nobody goes on with."""
        while True:
            await asyncio.sleep(CLEAN_EVERY_S)
            removed = await asyncio.to_thread(self._remove_old)
            self.count = max(self.count - removed, 0)  # what was begun meanwhile stays counted

    async def _answer_for(self, request: Request, upload_id: str, upload: Resumable) -> Response:
        if request.method == "HEAD":
            return _reply(HTTPStatus.OK, self._progress(upload_id, upload) | {"Cache-Control": "no-store"})
        if request.method == "PATCH":
            return await self._append(request, upload_id, upload)
        if request.method == "DELETE":
            self._forget(upload_id)
            return _reply(HTTPStatus.NO_CONTENT)
        return _reply(HTTPStatus.METHOD_NOT_ALLOWED)

    def _create(self, request: Request) -> Response:
        length = request.headers.get("upload-length", "")
        name = _file_name(request.headers.get("upload-metadata", ""))
        if not re.fullmatch(r"\d{1,15}", length) or name is None:
            return _reply(HTTPStatus.BAD_REQUEST)
        if int(length) > self._config.max_file_bytes:
            return _reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._abilities())
        if not is_allowed(self._config, name):
            return _reply(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if self.count >= self._config.max_resumable:
            return _reply(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "60"})
        self._drafts.check_room()
        upload_id = secrets.token_urlsafe(16)
        self._part(upload_id).touch()
        self._save(upload_id, Resumable(int(length), name))
        self.count += 1
        location = f"{base_url(self._config, request)}{PREFIX}{upload_id}"
        return _reply(HTTPStatus.CREATED, {"Location": location, "Upload-Expires": self._expires()})

    async def _append(self, request: Request, upload_id: str, upload: Resumable) -> Response:
        if request.headers.get("content-type") != "application/offset+octet-stream":
            return _reply(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if request.headers.get("upload-offset") != str(self._offset(upload_id, upload)):
            return _reply(HTTPStatus.CONFLICT, self._progress(upload_id, upload))
        if not upload.url:
            refusal = await self._gather(request, upload_id, upload)
            if refusal is not None:
                return refusal
        return _reply(HTTPStatus.NO_CONTENT, self._progress(upload_id, upload))

    async def _gather(self, request: Request, upload_id: str, upload: Resumable) -> Response | None:
        part, config = self._part(upload_id), self._config
        try:
            async with asyncio.timeout(config.upload_limit_s):
                body = body_of(request, config.body_idle_s)
                offset = await gather(body, part, self._offset(upload_id, upload), upload.length)
        except TooLongError:
            return _reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._progress(upload_id, upload))
        if offset == upload.length:
            digest = await asyncio.to_thread(digest_of, part)
            await self._uploads.publish(request, upload.name, digest, part)
            path = names.path_of(digest, names.stored_suffix(upload.name))
            upload.url = f"{base_url(config, request)}/{path}"
            self._save(upload_id, upload)
        return None

    # Files.

    def _part(self, upload_id: str) -> Path:
        return self._drafts.folder / f"{upload_id}.part"

    def _state(self, upload_id: str) -> Path:
        return self._drafts.folder / f"{upload_id}.json"

    def _find(self, upload_id: str) -> Resumable | None:
        try:
            return Resumable(**json.loads(self._state(upload_id).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def _save(self, upload_id: str, upload: Resumable) -> None:
        draft = self._drafts.folder / f"{upload_id}.draft"
        draft.write_text(json.dumps(asdict(upload)), encoding="utf-8")
        draft.replace(self._state(upload_id))

    def _offset(self, upload_id: str, upload: Resumable) -> int:
        return upload.length if upload.url else self._part(upload_id).stat().st_size

    def _forget(self, upload_id: str) -> None:
        for path in (self._state(upload_id), self._part(upload_id)):
            path.unlink(missing_ok=True)
        self.count = max(self.count - 1, 0)

    def _remove_old(self) -> int:
        """Return how many were removed."""
        removed = 0
        oldest = time.time() - self._config.resumable_age_s
        for state in self._drafts.folder.glob("*.json"):
            part = state.with_suffix(".part")
            used = max(path.stat().st_mtime for path in (state, part) if path.exists())
            if used < oldest and state.stem not in self._busy:
                state.unlink(missing_ok=True)
                part.unlink(missing_ok=True)
                removed += 1
        return removed

    # Headers.

    def _progress(self, upload_id: str, upload: Resumable) -> dict[str, str]:
        headers = {
            "Upload-Offset": str(self._offset(upload_id, upload)),
            "Upload-Length": str(upload.length),
            "Upload-Expires": self._expires(),
        }
        return headers | ({"Content-Location": upload.url} if upload.url else {})

    def _abilities(self) -> dict[str, str]:
        limit = str(self._config.max_file_bytes)
        return {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": limit}

    def _expires(self) -> str:
        return formatdate(time.time() + self._config.resumable_age_s, usegmt=True)


def _reply(status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    return replies.empty(status, {"Tus-Resumable": VERSION} | (headers or {}))


def _file_name(metadata: str) -> str | None:
    """Return the ``filename`` of Upload-Metadata, when a stored file can be called after it."""
    if len(metadata) > MAX_METADATA_CHARS:
        return None
    pairs = dict(pair.strip().partition(" ")[::2] for pair in metadata.split(","))
    try:
        name = base64.b64decode(pairs.get("filename", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    fits = len(name.encode()) <= names.MAX_NAME_BYTES
    extension = names.extension_of(name)
    return name if fits and extension and len(extension) <= names.MAX_EXTENSION_CHARS else None
