"""What can go wrong for a user of the SDK; every text says what happened and what can be done."""

from enum import IntEnum

from hongyan.errors import ErrorCode, HongyanError


class ClientError(HongyanError):
    """The root of everything that the SDK raises on purpose."""


class ConnectFailed(ClientError):  # noqa: N818 - reads as what happened, as do the others
    """The login server or the msg_server could not be reached, or did not answer as one."""


class LoginResult(IntEnum):
    """Why a login was refused (ResultType in spec/wire.md 8)."""

    NO_MSG_SERVER = 1
    MSG_SERVERS_FULL = 2
    NO_DB_PROXY = 3
    NO_LOGIN_SERVER = 4
    NO_ROUTE_SERVER = 5
    WRONG_NAME_OR_PASSWORD = 6
    VERSION_TOO_OLD = 7


_FINAL_RESULTS = frozenset({LoginResult.WRONG_NAME_OR_PASSWORD, LoginResult.VERSION_TOO_OLD})


class LoginRefused(ClientError):  # noqa: N818
    """The suite understood the login and declined it.

    Attributes:
        result: why; a plain number where a newer server gives a reason that is not known here.
        text: the server's own words.
    """

    def __init__(self, result: int, text: str) -> None:
        self.result = LoginResult(result) if result in set(LoginResult) else result
        self.text = text
        name = (
            self.result.name.lower().replace("_", " ") if isinstance(self.result, LoginResult) else "unknown"
        )
        super().__init__(f"login refused: {text or name} (result {result}, {name})")

    @property
    def is_final(self) -> bool:
        """Tell whether trying again with the same name and password is pointless."""
        return self.result in _FINAL_RESULTS


class RequestRefused(ClientError):  # noqa: N818
    """The server understood a request and declined it; the connection stays open.

    Attributes:
        code: why, a :class:`hongyan.errors.ErrorCode` or a number that is not known here.
        text: the server's own words.
        retry_after_s: when it makes sense to try again; ``None`` when it does not.
    """

    def __init__(self, code: int, text: str, retry_after_s: float | None = None) -> None:
        self.code = ErrorCode(code) if code in set(ErrorCode) else code
        self.text = text
        self.retry_after_s = retry_after_s
        super().__init__(text)


class RequestTimedOut(ClientError):  # noqa: N818
    """No answer came in time. Whether the request took effect is not known."""


class ConnectionLost(ClientError):  # noqa: N818
    """The connection broke before the answer came. Whether the request took effect is not known."""


class KickReason(IntEnum):
    """Why a login was ended from outside (KickReasonType)."""

    LOGGED_IN_ELSEWHERE = 1
    KICKED_FROM_PHONE = 2


class Kicked(ClientError):  # noqa: N818
    """This login was ended by the server; the client does not come back by itself."""

    def __init__(self, reason: KickReason) -> None:
        self.reason = reason
        where = (
            "on another device of the same kind"
            if reason == KickReason.LOGGED_IN_ELSEWHERE
            else "by your phone"
        )
        verb = "logged in" if reason == KickReason.LOGGED_IN_ELSEWHERE else "logged out"
        super().__init__(f"this account was {verb} {where}")


class ClientClosed(ClientError):  # noqa: N818
    """The client was closed, or has not been opened."""


class TransferRefused(ClientError):  # noqa: N818
    """A file transfer is over: the other side or the server does not want it, or does not know it any more.

    Attributes:
        code: what the server says, an :class:`hongyan.errors.ErrorCode` or 0 where it does not.
    """

    def __init__(self, text: str, code: int = 0) -> None:
        self.code = code
        super().__init__(text)


class TransferBroken(ClientError):  # noqa: N818
    """A file transfer got no further for too long. It can be taken up again: what was sent is not lost."""
