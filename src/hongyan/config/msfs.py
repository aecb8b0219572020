"""``[msfs]`` and ``[msfs.s3]``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from hongyan.config.base import LOOPBACK, Hosts, Port, Seconds, Section

MIB = 1024 * 1024


class S3Config(Section):
    """An object store that speaks S3, used when ``msfs.store`` is ``s3``."""

    bucket: str = ""
    endpoint: str = ""
    """Such as ``https://s3.example.org``; empty means Amazon's."""
    region: str = "us-east-1"
    prefix: str = ""
    """What the keys of all objects begin with."""
    access_key_id: str = ""
    """Empty takes it from the surroundings, as Amazon's tools do."""
    secret_access_key: str = ""


class MsfsConfig(Section):
    """msfs: keeps images, voice and avatars, and serves them."""

    host: Hosts = LOOPBACK
    port: Port = 8700
    store: Literal["disk", "s3"] = "disk"
    directory: str = "data/msfs"
    """Where files are kept; with ``s3``, where uploads are gathered. An original's BaseDir may be used."""
    s3: S3Config = S3Config()
    public_url: str = ""
    """What addresses of files begin with; empty takes the host that the uploader asked."""
    max_file_bytes: Annotated[int, Field(ge=1024, le=1024 * MIB)] = 10 * MIB
    """The longest upload; the original takes requests of 10 MiB."""
    extensions: tuple[Annotated[str, Field(pattern=r"^[a-z0-9]{1,15}$")], ...] = ()
    """Endings of names that may be uploaded, in lower case, such as ``jpg``; empty allows all."""
    require_token: bool = False
    """Whether an upload needs the token that msg_server hands out at login; stock clients have none."""
    cors_origins: tuple[str, ...] = ("*",)
    """Pages whose scripts may upload and read, such as ``https://chat.example.org``."""
    max_uploads: Annotated[int, Field(ge=1)] = 64
    """Uploads at the same time; more are answered as busy."""
    body_idle_s: Seconds = 30.0
    """An upload that brings nothing for so long is given up."""
    upload_limit_s: Seconds = 600.0
    """The longest time that one request may take to arrive."""
    max_resumable: Annotated[int, Field(ge=1)] = 1000
    """Resumable uploads that are not finished; more are answered as busy."""
    resumable_age_s: Seconds = 86_400.0
    """An unfinished upload is removed when nothing came for so long."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 256 * MIB
    """Uploads are refused while the disk has less room than this."""
    max_pixels: Annotated[int, Field(ge=1)] = 40_000_000
    """Images with more pixels get no thumbnails."""
    max_thumbnail: Annotated[int, Field(ge=16, le=4096)] = 1024
    """The longest side of a thumbnail."""
    thumbnail_cache_bytes: Annotated[int, Field(ge=0)] = 32 * MIB

    @property
    def folder(self) -> Path:
        """``directory`` as a path."""
        return Path(self.directory)

    @field_validator("public_url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_bucket(self) -> Self:
        if self.store == "s3" and not self.s3.bucket:
            raise ValueError("store = s3 needs s3.bucket")
        return self
