"""The webhook: what is posted, how it is signed, and what its answers mean."""

import base64
import hmac

import pytest

from hongyan.errors import ConfigError
from hongyan.roles.push.notification import SENT, Outcome, Verdict
from hongyan.roles.push.webhook import WebhookProvider

from .making import config, notification
from .stand_in import Answer, StandIn


async def test_pushes_are_posted_together(stand_in: StandIn) -> None:
    provider = WebhookProvider(config(stand_in.webhook()))
    loud, silent = notification(), notification("b2" * 32, is_silent=True)
    assert await provider.push([loud, silent]) == [SENT, SENT]
    request = await stand_in.take()
    first, second = request.json["notifications"]
    assert first == {
        "id": loud.id,
        "user_id": 2,
        "platform": "ios",
        "token": loud.token,
        "text": "nick1:你好",
        "data": '{"from_id": 1}',
        "badge": 3,
        "silent": False,
        "expires": int(loud.expires),
    }
    assert (second["text"], second["silent"]) == ("", True)
    assert "webhook-signature" not in request.headers
    await provider.close()


@pytest.mark.parametrize(
    ("secret", "key"),
    [("plain words", b"plain words"), ("whsec_" + base64.b64encode(b"bytes").decode(), b"bytes")],
)
async def test_what_is_posted_is_signed(stand_in: StandIn, secret: str, key: bytes) -> None:
    provider = WebhookProvider(config(stand_in.webhook(secret=secret)))
    assert await provider.push([notification()]) == [SENT]
    request = await stand_in.take()
    signed = b"%s.%s.%s" % (
        request.headers["webhook-id"].encode(),
        request.headers["webhook-timestamp"].encode(),
        request.body,
    )
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    await provider.close()


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        (Answer(204), [SENT, SENT]),
        (Answer(200, {"dead_tokens": ["gone", 7]}), [Outcome(Verdict.TOKEN_DEAD, "webhook"), SENT]),
        (Answer(200, ["something", "else"]), [SENT, SENT]),
        (Answer(503, None, {"retry-after": "3"}), [Outcome(Verdict.AGAIN, "503", 3.0)] * 2),
        (Answer(404), [Outcome(Verdict.REFUSED, "404")] * 2),
    ],
)
async def test_each_answer_has_its_verdicts(
    stand_in: StandIn, answer: Answer, outcomes: list[Outcome]
) -> None:
    stand_in.answers["/hook"].append(answer)
    provider = WebhookProvider(config(stand_in.webhook()))
    assert await provider.push([notification("gone"), notification("there")]) == outcomes
    await provider.close()


def test_a_secret_that_is_not_base64_is_named(stand_in: StandIn) -> None:
    with pytest.raises(ConfigError, match=r"push\.webhook\.secret"):
        WebhookProvider(config(stand_in.webhook(secret="whsec_!!")))
