"""The files a running suite keeps beside its database: the cluster secret and its addresses."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from hongyan.errors import ConfigError

SECRET_BYTES = 32


def cluster_secret(data_dir: Path) -> str:
    """Return the secret of the data folder; made at the first start, readable by its owner only.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path = data_dir / "cluster_secret"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(SECRET_BYTES) + "\n")
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def suite_file(data_dir: Path) -> Path:
    """Return where a running suite leaves its addresses for ``hongyan status``."""
    return data_dir / "suite.json"


def write_ready_file(path: Path, addresses: Mapping[str, tuple[str, int]]) -> None:
    """Write the addresses of every role as one JSON object; the file appears whole or not at all."""
    ready = {name: f"{host}:{port}" for name, (host, port) in addresses.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(json.dumps(ready, indent=2) + "\n")
    draft.replace(path)
