"""Downloads: ranges, caching, thumbnails, safe types, hostile paths."""

import io
from http import HTTPStatus
from pathlib import Path

import pytest
from PIL import Image

from hongyan.roles.msfs.thumbnails import shrink

from .conftest import open_msfs, stored


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-4", 206, b"6789", "bytes 6-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=5-2", 416, b"", "bytes */10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
async def test_ranges(tmp_path: Path, asked: str, status: int, content: bytes, told: str | None) -> None:
    async with open_msfs(tmp_path) as http:
        path = await stored(http, b"0123456789")
        answer = await http.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (status, content)
        assert answer.headers.get("content-range") == told


async def test_what_is_cached_is_not_sent_again(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        path = await stored(http, b"0123456789")
        first = await http.get(path)
        assert "immutable" in first.headers["cache-control"]
        again = await http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
        stale = await http.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
        assert stale.status_code == HTTPStatus.OK


async def test_head_tells_the_length(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        answer = await http.head(await stored(http, b"0123456789"))
        assert (answer.status_code, answer.headers["content-length"]) == (HTTPStatus.OK, "10")


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a.xml", "a.pdf", "a.exe"])
async def test_what_a_browser_might_run_is_saved_instead(tmp_path: Path, name: str) -> None:
    async with open_msfs(tmp_path) as http:
        answer = await http.get(await stored(http, b"<script>alert(1)</script>", name))
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["content-type"] == "multipart/form-data"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/g0/000/000/%2e%2e/%2e%2e/secret", 400),
        ("/g0/%2e%2e/secret", 400),
        ("/g0/000/000/..png", 400),
        ("/g0/000/000/a%00.png", 404),
        ("/g0/000/000/" + "a" * 300, 404),
        ("/g0//etc/passwd", 404),
        ("/g0/.incoming/x.draft", 404),
        ("/g0/000/000/.hidden", 404),
        ("/g0/000/000/", 404),
        ("/g0/000", 404),
        ("/secret", 500),
        ("//secret", 404),
    ],
)
async def test_nothing_outside_is_ever_served(tmp_path: Path, path: str, status: int) -> None:
    (tmp_path / "secret").write_text("secret")
    async with open_msfs(tmp_path / "files") as http:
        answer = await http.get(str(http.base_url).rstrip("/") + path)
        assert (answer.status_code, answer.content) == (status, b"")


async def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_text("secret")
    folder = tmp_path / "files" / "000" / "000"
    folder.mkdir(parents=True)
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    async with open_msfs(tmp_path / "files") as http:
        assert (await http.get("/g0/000/000/a.png")).status_code == HTTPStatus.NOT_FOUND


async def test_files_of_an_original_are_served_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "001" / "254"
    folder.mkdir(parents=True)
    (folder / "1416800000000000_140000000000000_320x200.png").write_bytes(b"old")
    async with open_msfs(tmp_path) as http:
        for first in ("g0", "upload"):
            answer = await http.get(f"/{first}/001/254/1416800000000000_140000000000000_320x200.png")
            assert answer.content == b"old"


@pytest.mark.parametrize(
    ("suffix", "size"),
    [
        ("?size=100x50", (100, 50)),
        ("?size=60", (60, 30)),
        ("_100x100.jpg", (100, 50)),
        ("_640%C3%97999.jpg", (400, 200)),
        ("?size=9999x9999", (400, 200)),
    ],
)
async def test_thumbnails_fit_into_what_is_asked_and_never_grow(
    tmp_path: Path, suffix: str, size: tuple[int, int]
) -> None:
    async with open_msfs(tmp_path) as http:
        path = await stored(http, png(400, 200), "a_400x200.png")
        for _ in range(2):  # the second comes from memory
            answer = await http.get(path + suffix)
            assert (answer.status_code, answer.headers["content-type"]) == (HTTPStatus.OK, "image/jpeg")
            assert size_of(answer.content) == size


async def test_what_is_no_image_has_no_thumbnail(tmp_path: Path) -> None:
    async with open_msfs(tmp_path) as http:
        path = await stored(http, b"no image")
        assert (await http.get(path + "?size=10")).status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        assert (await http.get(path + "?size=ten")).status_code == HTTPStatus.BAD_REQUEST
        assert (await http.get(path + "_100x100.jpg")).content == b"no image"


def test_an_image_that_would_fill_the_memory_is_not_decoded() -> None:
    bomb = png(5000, 5000, "1")
    assert shrink(bomb, (100, 100), 24_999_999) is None
    made = shrink(bomb, (100, 100), 25_000_000)
    assert made is not None
    assert size_of(made.data) == (100, 100)


def test_a_broken_image_is_none() -> None:
    whole = png(300, 300)
    assert shrink(whole[: len(whole) // 2], (10, 10), 10**6) is None


def test_transparency_stays() -> None:
    made = shrink(png(50, 50, "RGBA"), (10, 10), 10**6)
    assert made is not None
    assert made.content_type == "image/png"


async def test_pages_of_other_origins_may_upload_and_read(tmp_path: Path) -> None:
    page = {"Origin": "https://chat.example.org"}
    asked = page | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    async with open_msfs(tmp_path, cors_origins=("https://chat.example.org",)) as http:
        answer = await http.options("/", headers=asked)
        assert answer.headers["access-control-allow-origin"] == page["Origin"]
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        path = await stored(http, b"x")
        assert (await http.get(path, headers=page)).headers["access-control-allow-origin"] == page["Origin"]
        other = await http.get(path, headers={"Origin": "https://evil.example.org"})
        assert "access-control-allow-origin" not in other.headers
