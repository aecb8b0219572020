"""APNs: what is sent, and what its documented answers mean."""

from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest

from hongyan.config import ApnsConfig
from hongyan.errors import ConfigError
from hongyan.roles.push.apns import TOKEN_LIFETIME_S, ApnsProvider, ProviderToken
from hongyan.roles.push.notification import SENT, Outcome, Verdict

from .making import PHONE, config, notification
from .stand_in import TEAM, TOPIC, StandIn, apns_error


@pytest.fixture
async def provider(stand_in: StandIn) -> AsyncIterator[ApnsProvider]:
    provider = ApnsProvider(config(stand_in.settings()))
    yield provider
    await provider.close()


async def test_a_push_is_a_post_over_http2_with_the_documented_headers(
    provider: ApnsProvider, stand_in: StandIn
) -> None:
    sent = notification(expires=1_900_000_000.7)
    assert await provider.push([sent]) == [SENT]
    request = await stand_in.take()
    assert (request.http_version, request.path) == ("2", f"/3/device/{PHONE}")
    wanted = {
        "apns-id": sent.id,
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": "1900000000",
    }
    assert wanted.items() <= request.headers.items()
    assert request.json == {
        "aps": {"alert": {"body": "nick1:你好"}, "badge": 3, "sound": "bingbong.aiff"},
        "custom": '{"from_id": 1}',
    }


async def test_a_silent_push_changes_the_badge_only(provider: ApnsProvider, stand_in: StandIn) -> None:
    assert await provider.push([notification(is_silent=True)]) == [SENT]
    request = await stand_in.take()
    assert request.json == {"aps": {"badge": 3}, "custom": '{"from_id": 1}'}
    assert request.headers["apns-priority"] == "5"


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        (400, "BadDeviceToken", Verdict.TOKEN_DEAD),
        (410, "Unregistered", Verdict.TOKEN_DEAD),
        (410, "ExpiredToken", Verdict.TOKEN_DEAD),
        (400, "DeviceTokenNotForTopic", Verdict.REFUSED),
        (403, "InvalidProviderToken", Verdict.REFUSED),
        (413, "PayloadTooLarge", Verdict.REFUSED),
        (429, "TooManyRequests", Verdict.AGAIN),
        (500, "InternalServerError", Verdict.AGAIN),
        (503, "ServiceUnavailable", Verdict.AGAIN),
    ],
)
async def test_each_documented_answer_has_its_verdict(
    provider: ApnsProvider, stand_in: StandIn, status: int, reason: str, verdict: Verdict
) -> None:
    stand_in.answers[PHONE].append(apns_error(status, reason))
    (outcome,) = await provider.push([notification()])
    assert (outcome.verdict, outcome.reason) == (verdict, reason)


async def test_retry_after_is_passed_on(provider: ApnsProvider, stand_in: StandIn) -> None:
    stand_in.answers[PHONE].append(apns_error(503, "Shutdown", retry_after="7"))
    assert await provider.push([notification()]) == [Outcome(Verdict.AGAIN, "Shutdown", 7.0)]


async def test_an_expired_provider_token_is_replaced(provider: ApnsProvider, stand_in: StandIn) -> None:
    assert await provider.push([notification()]) == [SENT]
    first = (await stand_in.take()).headers["authorization"].removeprefix("bearer ")
    stand_in.revoked.add(first)
    provider._bearer._made -= 60
    (outcome,) = await provider.push([notification()])
    assert outcome.verdict is Verdict.AGAIN
    assert await provider.push([notification()]) == [SENT]
    assert (await stand_in.take()).headers["authorization"] != f"bearer {first}"


@pytest.mark.parametrize(
    "token", ["short", "", "../../3/device/" + PHONE, "a1" * 31, "zz" * 32, PHONE + "\n"]
)
async def test_a_token_that_is_none_goes_nowhere(
    provider: ApnsProvider, stand_in: StandIn, token: str
) -> None:
    (outcome,) = await provider.push([notification(token)])
    assert outcome.verdict is Verdict.TOKEN_DEAD
    assert stand_in.requests.empty()


async def test_a_payload_over_apples_limit_is_not_sent(provider: ApnsProvider, stand_in: StandIn) -> None:
    (outcome,) = await provider.push([notification(text="x" * 5000)])
    assert outcome == Outcome(Verdict.REFUSED, "payload_too_large")
    assert stand_in.requests.empty()


async def test_nobody_there_is_worth_another_try(stand_in: StandIn) -> None:
    tables = stand_in.settings()
    tables["apns"]["url"] = "https://127.0.0.1:9"
    provider = ApnsProvider(config(tables))
    assert await provider.push([notification()]) == [Outcome(Verdict.AGAIN, "unreachable")]
    await provider.close()


async def test_a_server_that_nobody_vouches_for_is_not_talked_to(stand_in: StandIn) -> None:
    tables = stand_in.settings()
    tables["apns"]["ca_file"] = ""
    provider = ApnsProvider(config(tables))
    assert await provider.push([notification()]) == [Outcome(Verdict.AGAIN, "unreachable")]
    assert stand_in.requests.empty()
    await provider.close()


async def test_a_certificate_does_instead_of_a_token(tmp_path: Path) -> None:
    stand_in = StandIn(tmp_path, wants_client_certificate=True)
    try:
        with_certificate = {
            "url": stand_in.url,
            "ca_file": stand_in.ca_file,
            "cert_file": str(tmp_path / "client.pem"),
            "cert_key_file": str(tmp_path / "client.key"),
            "cert_key_password": "not needed for this key",
        }
        provider = ApnsProvider(config({"apns": with_certificate}))
        assert await provider.push([notification()]) == [SENT]
        request = await stand_in.take()
        assert not {"authorization", "apns-topic"} & request.headers.keys()
        await provider.close()
        without = ApnsProvider(config(stand_in.settings()))
        assert await without.push([notification()]) == [Outcome(Verdict.AGAIN, "unreachable")]
        await without.close()
    finally:
        stand_in.close()


def test_the_provider_token_is_made_anew_before_an_hour_is_over(stand_in: StandIn) -> None:
    now = [1_000_000.0]
    token = ProviderToken(ApnsConfig(**stand_in.settings()["apns"]), lambda: now[0])
    first = token.current()
    now[0] += TOKEN_LIFETIME_S - 1
    assert token.current() == first
    now[0] += 2
    second = token.current()
    assert second != first
    claims = jwt.decode(
        second, stand_in.apns_key.public_key(), algorithms=["ES256"], options={"verify_iat": False}
    )
    assert claims == {"iss": TEAM, "iat": int(now[0])}


@pytest.mark.parametrize(
    "content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_file_that_is_none_is_named(stand_in: StandIn, tmp_path: Path, content: str) -> None:
    tables = stand_in.settings()
    (tmp_path / "bad.p8").write_text(content)
    tables["apns"]["key_file"] = str(tmp_path / "bad.p8")
    with pytest.raises(ConfigError, match=r"push\.apns\.key_file: .*bad\.p8: not a key in PEM"):
        ApnsProvider(config(tables))


def test_a_file_that_is_not_there_is_named(stand_in: StandIn) -> None:
    tables = stand_in.settings()
    tables["apns"]["key_file"] = "/nowhere/key.p8"
    with pytest.raises(ConfigError, match=r"push\.apns\.key_file: /nowhere/key\.p8: No such file"):
        ApnsProvider(config(tables))
