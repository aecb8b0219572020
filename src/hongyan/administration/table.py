"""The one table of operations: name, arguments, result. The modules beside this one fill it."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_NOT_ON_A_LINE: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
LINE: Final = rf"^[^{_NOT_ON_A_LINE}]*[^\s{_NOT_ON_A_LINE}][^{_NOT_ON_A_LINE}]*$"
"""A line of text: not blank, no control characters. The same rule as ``hongyan.store.texts``."""
LINE_OR_NOTHING: Final = rf"^[^{_NOT_ON_A_LINE}]*$"
TIMEOUT_S: Final = 15.0

Id = Annotated[int, Field(ge=1, le=2**32 - 1)]
IdOrNone = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""An id, or 0 for none."""
PageSize = Annotated[int, Field(ge=1, le=1000)]
Sex = Literal["unknown", "male", "female"]
GroupType = Literal["normal", "temporary"]
SessionKind = Literal["single", "group"]


class Model(BaseModel):
    """A set of arguments, or a result; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Model):
    """No arguments, or nothing to say."""


class ById(Model):
    """The thing with this id."""

    id: Id


class Made(Model):
    """The id of what was made."""

    id: int


class Caller(NamedTuple):
    """Who asks, for the audit log; ``actor`` is such as ``admin:anna`` or ``key:crm``."""

    actor: str
    address: str = ""


A = TypeVar("A", bound=Model)
R = TypeVar("R", bound=Model)


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Generic[A, R]):
    """One row of the table.

    Attributes:
        name: such as ``user.add``.
        arguments: their shape, which db_proxy checks again.
        result: the shape of the result.
        secret: arguments that must not stand in the audit log.
        timeout_s: how long the caller waits.
    """

    name: str
    arguments: type[A]
    result: type[R]
    secret: frozenset[str] = field(default_factory=frozenset)
    timeout_s: float = TIMEOUT_S


OPERATIONS: Final[dict[str, Operation[Any, Any]]] = {}
"""Every operation by its name."""


def explain(error: ValidationError) -> str:
    """Say what is wrong with arguments, by their places; values stay out, they may be secret."""
    faults = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)


def operation(
    name: str,
    arguments: type[A],
    result: type[R],
    *,
    secret: tuple[str, ...] = (),
    timeout_s: float = TIMEOUT_S,
) -> Operation[A, R]:
    """Enter an operation into the table."""
    if name in OPERATIONS:
        raise ValueError(f"the operation {name} stands in the table twice")
    row = Operation(name, arguments, result, frozenset(secret), timeout_s)
    OPERATIONS[name] = row
    return row
