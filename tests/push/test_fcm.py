"""FCM HTTP v1: the grant, what is sent, and what its documented answers mean."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hongyan.errors import ConfigError
from hongyan.roles.push.fcm import QUOTA_WAIT_S, FcmProvider
from hongyan.roles.push.notification import SENT, Outcome, Verdict

from .making import config, notification
from .stand_in import PROJECT, Answer, StandIn, fcm_error

TOKEN = "fcm-token:APA91b"


@pytest.fixture
async def provider(stand_in: StandIn) -> AsyncIterator[FcmProvider]:
    provider = FcmProvider(config(stand_in.settings()))
    yield provider
    await provider.close()


async def test_a_push_to_android_is_a_message_of_the_project(
    provider: FcmProvider, stand_in: StandIn
) -> None:
    assert await provider.push([notification(TOKEN, platform="android")]) == [SENT]
    request = await stand_in.take()
    assert request.path == f"/v1/projects/{PROJECT}/messages:send"
    message = request.json["message"]
    assert message["token"] == TOKEN
    assert message["notification"] == {"body": "nick1:你好"}
    assert message["data"] == {"custom": '{"from_id": 1}', "badge": "3"}
    assert message["android"]["priority"] == "HIGH"
    assert message["android"]["notification"]["notification_count"] == 3


async def test_a_silent_push_shows_nothing(provider: FcmProvider, stand_in: StandIn) -> None:
    assert await provider.push([notification(TOKEN, platform="android", is_silent=True)]) == [SENT]
    message = (await stand_in.take()).json["message"]
    assert "notification" not in message
    assert message["android"]["priority"] == "NORMAL"
    assert "notification" not in message["android"]


async def test_an_iphone_of_firebase_gets_its_badge(provider: FcmProvider, stand_in: StandIn) -> None:
    assert await provider.push([notification(TOKEN)]) == [SENT]
    apns = (await stand_in.take()).json["message"]["apns"]
    assert apns["payload"]["aps"] == {"badge": 3, "sound": "bingbong.aiff"}


async def test_one_grant_serves_many_pushes(provider: FcmProvider, stand_in: StandIn) -> None:
    before = stand_in.grants
    assert await provider.push([notification(TOKEN), notification("another")]) == [SENT, SENT]
    assert stand_in.grants == before + 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (fcm_error(404, "NOT_FOUND", "UNREGISTERED"), Outcome(Verdict.TOKEN_DEAD, "UNREGISTERED")),
        (
            fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", wrong_field="message.token"),
            Outcome(Verdict.TOKEN_DEAD, "INVALID_ARGUMENT"),
        ),
        (
            fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", wrong_field="message.data"),
            Outcome(Verdict.REFUSED, "INVALID_ARGUMENT"),
        ),
        (
            fcm_error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
            Outcome(Verdict.REFUSED, "SENDER_ID_MISMATCH"),
        ),
        (
            fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
            Outcome(Verdict.AGAIN, "QUOTA_EXCEEDED", QUOTA_WAIT_S),
        ),
        (
            fcm_error(503, "UNAVAILABLE", "UNAVAILABLE", retry_after="9"),
            Outcome(Verdict.AGAIN, "UNAVAILABLE", 9.0),
        ),
        (Answer(500), Outcome(Verdict.AGAIN, "unknown")),
    ],
)
async def test_each_documented_answer_has_its_verdict(
    provider: FcmProvider, stand_in: StandIn, answer: Answer, outcome: Outcome
) -> None:
    stand_in.answers[TOKEN].append(answer)
    assert await provider.push([notification(TOKEN)]) == [outcome]


async def test_an_access_token_that_is_not_taken_any_more_is_fetched_anew(
    provider: FcmProvider, stand_in: StandIn
) -> None:
    assert await provider.push([notification(TOKEN)]) == [SENT]
    bearer = (await stand_in.take()).headers["authorization"].removeprefix("Bearer ")
    stand_in.revoked.add(bearer)
    (outcome,) = await provider.push([notification(TOKEN)])
    assert outcome == Outcome(Verdict.AGAIN, "UNAUTHENTICATED")
    assert await provider.push([notification(TOKEN)]) == [SENT]
    assert (await stand_in.take()).headers["authorization"] != f"Bearer {bearer}"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(503, None, {"retry-after": "4"}), Outcome(Verdict.AGAIN, "no_access_token", 4.0)),
        (Answer(400, {"error": "invalid_grant"}), Outcome(Verdict.REFUSED, "no_access_token")),
        (Answer(200, {"nothing": "here"}), Outcome(Verdict.AGAIN, "no_access_token")),
    ],
)
async def test_without_an_access_token_nothing_is_pushed(
    provider: FcmProvider, stand_in: StandIn, answer: Answer, outcome: Outcome
) -> None:
    stand_in.answers["/token"].append(answer)
    assert await provider.push([notification(TOKEN)]) == [outcome]
    assert stand_in.requests.empty()


async def test_data_over_the_limit_is_not_sent(provider: FcmProvider, stand_in: StandIn) -> None:
    (outcome,) = await provider.push([notification(TOKEN, text="x" * 5000)])
    assert outcome == Outcome(Verdict.REFUSED, "payload_too_large")
    assert stand_in.requests.empty()


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "lacks project_id"),
        (json.dumps({"project_id": "p", "client_email": "e", "token_uri": "u"}), "lacks private_key"),
        (
            json.dumps({"project_id": "p", "client_email": "e", "token_uri": "u", "private_key": "x"}),
            "not a key in PEM",
        ),
    ],
)
def test_an_account_that_is_none_is_named(
    stand_in: StandIn, tmp_path: Path, account: str, complaint: str
) -> None:
    tables = stand_in.settings()
    (tmp_path / "account.json").write_text(account)
    tables["fcm"]["service_account_file"] = str(tmp_path / "account.json")
    with pytest.raises(ConfigError, match=rf"push\.fcm\.service_account_file: .*{complaint}"):
        FcmProvider(config(tables))
