"""Operations on webhooks: who is told of what, the queue and its dead letters."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from hongyan.administration.table import LINE, ById, Id, IdOrNone, Model, Nothing, PageSize, operation
from hongyan.rules.webhooks import EVENTS, Event

WebhookName = Annotated[str, Field(pattern=LINE, max_length=64)]
URL_PATTERN: Final = r"^https?://[A-Za-z0-9\[][^\s\x00-\x20\x7f-\x9f]*$"
WebhookUrl = Annotated[str, Field(pattern=URL_PATTERN, max_length=512)]
Events = Annotated[tuple[Event, ...], Field(min_length=1, max_length=8)]
DeliveryState = Literal["queued", "dead"]


class Webhook(Model):
    """A webhook; with ``user_id`` it is told only of what that user receives or does."""

    id: int
    name: str
    url: str
    events: tuple[Event, ...]
    user_id: int
    active: bool
    created: int
    queued: int
    dead: int


class Webhooks(Model):
    """Every webhook, and the events that one can be told of."""

    webhooks: tuple[Webhook, ...]
    events: tuple[Event, ...] = EVENTS


class WebhookNew(Model):
    """A webhook to be made."""

    name: WebhookName
    url: WebhookUrl
    events: Events
    user_id: IdOrNone = 0


class WebhookMade(Model):
    """The new webhook. The secret, which signs what it is sent, is shown this once."""

    webhook: Webhook
    secret: str


class WebhookEdit(Model):
    """What to change of a webhook; what is left out stays."""

    name: WebhookName | None = None
    url: WebhookUrl | None = None
    events: Events | None = None
    active: bool | None = None


class WebhookChange(Model):
    """A change of one webhook."""

    id: Id
    change: WebhookEdit


class Delivery(Model):
    """An event that waits for its webhook, or was given up; ``payload`` holds the text encrypted."""

    id: int
    webhook_id: int
    event: str
    state: DeliveryState
    attempts: int
    created: int
    next_at: int
    error: str
    payload: dict[str, Any]


class DeliveryQuery(Model):
    """Which deliveries of a webhook; newest first."""

    id: Id
    state: DeliveryState = "dead"
    before: IdOrNone = 0
    limit: PageSize = 100


class Deliveries(Model):
    """A page of deliveries."""

    deliveries: tuple[Delivery, ...]


class Resend(Model):
    """Dead letters to be sent again; all of the webhook's when none is named."""

    id: Id
    delivery_ids: Annotated[tuple[Id, ...], Field(max_length=1000)] = ()


class Resent(Model):
    """How many were put back into the queue."""

    resent: int


# What the sender in http_msg_server asks.


class Claim(Model):
    """Give me at most so many due deliveries of each webhook that is not busy; they are mine for so long."""

    each: Annotated[int, Field(ge=1, le=100)]
    lease_s: Annotated[int, Field(ge=1, le=3600)]
    busy: Annotated[tuple[Id, ...], Field(max_length=1000)] = ()


class Due(Model):
    """A delivery to be sent now."""

    id: int
    webhook_id: int
    url: str
    secret: str
    event: str
    attempts: int
    created: int
    payload: dict[str, Any]


class Claimed(Model):
    """What is due, oldest first."""

    due: tuple[Due, ...]


class Outcome(Model):
    """What became of a delivery: sent, to be tried again in a while, or given up.

    One that was not attempted is postponed, and keeps its count of attempts.
    """

    id: int
    sent: bool
    attempted: bool = True
    error: Annotated[str, Field(max_length=255)] = ""
    retry_in_s: int | None = None


class Outcomes(Model):
    """What became of some deliveries."""

    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=500)]


LIST: Final = operation("webhook.list", Nothing, Webhooks)
ADD: Final = operation("webhook.add", WebhookNew, WebhookMade)
EDIT: Final = operation("webhook.edit", WebhookChange, Webhook)
REMOVE: Final = operation("webhook.remove", ById, Nothing)
DELIVERIES: Final = operation("webhook.deliveries", DeliveryQuery, Deliveries)
RESEND: Final = operation("webhook.resend", Resend, Resent)
CLAIM: Final = operation("webhook.claim", Claim, Claimed)
SETTLE: Final = operation("webhook.settle", Outcomes, Nothing)
