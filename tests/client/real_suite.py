"""The suite with users u1 to u9, on ports that stay the same over a kill."""

from acceptance.suite import Suite

PASSWORD = "secret"


class RealSuite(Suite):
    """What the SDK's clients, which know an address, come back to."""

    KEPT_PORTS = ("login_http", "msg", "file")

    def add_users(self) -> None:
        self.admin("user", "add", "u", "--count", "9", "--password", PASSWORD)
