"""Webhooks: who is told of what, what waits, and what was given up."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from hongyan.administration import webhooks
from hongyan.administration.table import ById, Id, IdOrNone, Model, Nothing, PageSize
from hongyan.administration.webhooks import (
    Deliveries,
    DeliveryQuery,
    DeliveryState,
    Resend,
    Resent,
    Webhook,
    WebhookChange,
    WebhookEdit,
    WebhookMade,
    WebhookNew,
    Webhooks,
)
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import Arguments, WebhookId
from hongyan.roles.http_msg.webhooks.letters import readable

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
Keeper = Annotated[Asker, may("webhooks:write")]


class DeliveryPage(Model):
    """Which deliveries, newest first: those that are older than ``before``; 0 begins at the newest."""

    state: DeliveryState = "dead"
    before: IdOrNone = 0
    limit: PageSize = 100


class DeadLetters(Model):
    """Dead letters to be sent again; all of them when none is named."""

    delivery_ids: tuple[Id, ...] = ()


@router.get("")
async def list_webhooks(asker: Keeper) -> Webhooks:
    """List the webhooks, and how much waits for each."""
    return await asker.call(webhooks.LIST, Nothing())


@router.post("", status_code=HTTPStatus.CREATED)
async def add_webhook(asker: Keeper, webhook: WebhookNew) -> WebhookMade:
    """Register a webhook. The secret that signs what it is sent is shown this once."""
    return await asker.call(webhooks.ADD, webhook)


@router.patch("/{webhook_id}")
async def edit_webhook(asker: Keeper, webhook_id: WebhookId, change: WebhookEdit) -> Webhook:
    """Change a webhook. While it is not active, nothing is put into its queue and nothing is sent."""
    return await asker.call(webhooks.EDIT, WebhookChange(id=webhook_id, change=change))


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_webhook(asker: Keeper, webhook_id: WebhookId) -> None:
    """Remove a webhook with everything that waits for it."""
    await asker.call(webhooks.REMOVE, ById(id=webhook_id))


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(asker: Keeper, webhook_id: WebhookId, page: Arguments[DeliveryPage]) -> Deliveries:
    """List what was given up, or what waits."""
    query = DeliveryQuery(id=webhook_id, **page.model_dump())
    found = await asker.call(webhooks.DELIVERIES, query)
    read = asker.sender.read
    return Deliveries(
        deliveries=tuple(
            one.model_copy(update={"payload": readable(one.event, one.payload, read)})
            for one in found.deliveries
        )
    )


@router.post("/{webhook_id}/deliveries/resend")
async def resend_deliveries(asker: Keeper, webhook_id: WebhookId, letters: DeadLetters) -> Resent:
    """Put dead letters back into the queue."""
    return await asker.call(webhooks.RESEND, Resend(id=webhook_id, delivery_ids=letters.delivery_ids))
