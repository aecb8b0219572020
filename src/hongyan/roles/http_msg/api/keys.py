"""What a key can find out about itself."""

from typing import Annotated

from fastapi import APIRouter, Depends

from hongyan.administration import admins
from hongyan.administration.admins import Audit, AuditQuery
from hongyan.administration.keys import KeyHolder
from hongyan.roles.http_msg.api.asking import Asker, ask, may
from hongyan.roles.http_msg.api.parameters import Arguments

router = APIRouter(tags=["keys"])


@router.get("/me")
async def get_me(asker: Annotated[Asker, Depends(ask)]) -> KeyHolder:
    """Return the key of the request: its scopes, and the user if it is a bot's."""
    return asker.holder


@router.get("/audit")
async def get_audit(asker: Annotated[Asker, may("audit:read")], query: Arguments[AuditQuery]) -> Audit:
    """List who changed what, newest first."""
    return await asker.call(admins.AUDIT, query)
