"""Small versions of images, made by Pillow in a thread and remembered as long as there is room."""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_WITH_ALPHA: Final = frozenset({"RGBA", "LA", "PA", "P"})
WORKERS: Final = 2

# Pillow's own bound only warns; ours is checked as soon as the header is read, before any pixel is.
Image.MAX_IMAGE_PIXELS = None


class Thumbnail(NamedTuple):
    """An encoded image and its content type."""

    data: bytes
    content_type: str


class Thumbnails:
    """Makes thumbnails, a few at a time.

    Args:
        max_pixels: images with more are left alone.
        max_side: the longest side of a thumbnail.
        cache_bytes: how much is remembered.
    """

    def __init__(self, max_pixels: int, max_side: int, cache_bytes: int) -> None:
        self._max_pixels = max_pixels
        self._max_side = max_side
        self._room = cache_bytes
        self._cache: OrderedDict[tuple[str, int, int], Thumbnail] = OrderedDict()
        self._workers = asyncio.Semaphore(WORKERS)

    async def make(
        self, key: str, box: tuple[int, int], load: Callable[[], Awaitable[bytes]]
    ) -> Thumbnail | None:
        """Return an image that fits into ``box``; None when this is no image that we take.

        Args:
            key: of the content, which never changes.
            box: width and height.
            load: fetches the content.
        """
        width, height = (max(1, min(side, self._max_side)) for side in box)
        place = (key, width, height)
        found = self._cache.get(place)
        if found is not None:
            self._cache.move_to_end(place)
            return found
        async with self._workers:
            made = await asyncio.to_thread(shrink, await load(), (width, height), self._max_pixels)
        if made is not None:
            self._remember(place, made)
        return made

    def _remember(self, place: tuple[str, int, int], made: Thumbnail) -> None:
        before = self._cache.pop(place, None)
        self._room += len(before.data) if before is not None else 0
        self._cache[place] = made
        self._room -= len(made.data)
        while self._room < 0 and self._cache:
            _, oldest = self._cache.popitem(last=False)
            self._room += len(oldest.data)


def shrink(data: bytes, box: tuple[int, int], max_pixels: int) -> Thumbnail | None:
    """Return an image that fits into ``box``; None when it cannot be read or is too large."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                return None
            image.draft("RGB", box)  # a JPEG is decoded at a fraction of its size
            return _encode(image, box)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
    ):  # what Pillow's readers raise
        return None


def _encode(image: Image.Image, box: tuple[int, int]) -> Thumbnail:
    has_alpha = image.mode in _WITH_ALPHA
    small = ImageOps.exif_transpose(image).convert("RGBA" if has_alpha else "RGB")
    small.thumbnail(box)
    out = io.BytesIO()
    if has_alpha:
        small.save(out, "PNG")
        return Thumbnail(out.getvalue(), "image/png")
    small.save(out, "JPEG", quality=85)
    return Thumbnail(out.getvalue(), "image/jpeg")
