"""The ports of the suite, by the names that the ready file and ``--port`` give them."""

from typing import Final

PORTS: Final = {
    "login_http": ("login", "http_port"),
    "login_client": ("login", "client_port"),
    "login_msg": ("login", "msg_port"),
    "msg": ("msg", "port"),
    "msg_ws": ("msg", "ws_port"),
    "route": ("route", "port"),
    "db_proxy": ("db_proxy", "port"),
    "http_msg": ("http_msg", "port"),
    "msfs": ("msfs", "port"),
    "push": ("push", "port"),
    "file": ("file", "port"),
    "file_msg": ("file", "msg_port"),
    "metrics": ("metrics", "port"),
}
"""Where the model has each port."""
