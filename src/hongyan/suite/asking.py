"""Asks running processes for their status."""

import json
import ssl
from pathlib import Path
from typing import Any, cast

import httpx

from hongyan.errors import BackendError, ConfigError
from hongyan.suite.files import suite_file
from hongyan.suite.status import StatusReport

TIMEOUT_S = 5.0


def metrics_url(data_dir: Path) -> str:
    """Return where the suite that runs on a data folder can be asked.

    Raises:
        ConfigError: none runs there.
    """
    path = suite_file(data_dir)
    try:
        return f"http://{json.loads(path.read_text())['metrics']}"
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; no suite runs on this folder. Name another with --data, or with "
            "--url the metrics address of a server, such as http://127.0.0.1:8790"
        ) from error


def inside_client(timeout_s: float) -> httpx.AsyncClient:
    """Make a client for the metrics addresses of servers: plain HTTP, so that no authorities are loaded."""
    return httpx.AsyncClient(
        timeout=timeout_s, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )


def fetch_status(url: str) -> StatusReport:
    """Return what a process says of itself and, if it is a supervisor, of its servers.

    Raises:
        BackendError: it does not answer, or not with a status.
    """
    try:
        response = httpx.get(f"{url.rstrip('/')}/status", timeout=TIMEOUT_S, trust_env=False)
        answer: Any = response.raise_for_status().json()
        answer["processes"][0]["roles"]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BackendError(f"{url}: {str(error) or 'no answer'}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise BackendError(f"{url}: this is not the metrics address of a server of ours") from error
    return cast("StatusReport", answer)
