"""The API answers what its own description says, whatever it is asked."""

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import APIOperation

from .running import ALL_SCOPES, ApiSuite

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
NEEDS_SENSE = {"POST /api/v1/messages"}
"""What the shape alone does not make valid: a message has one receiver, of two fields."""
EXAMPLES = 3
"""Of each operation; a longer run found nothing that these do not."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiSuite]:
    quiet = {"http_msg.webhooks": {"poll_s": 3600.0}}  # nobody shall be told of what is played here
    suite = ApiSuite(tmp_path_factory.mktemp("played"), quiet)
    suite.start()
    yield suite
    suite.stop()


def test_every_operation_keeps_to_the_description(played: ApiSuite) -> None:
    token = played.key("everything", ALL_SCOPES)
    schema = schemathesis.openapi.from_url(f"{played.base_url}/api/v1/openapi.json")
    asked = set()
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        for result in schema.get_all_operations():
            operation = result.ok()
            asked.add(operation.label)
            play(operation, session)
    assert len(asked) >= 30


def play(operation: APIOperation, session: requests.Session) -> None:
    checks = CHECKS if operation.label in NEEDS_SENSE else [*CHECKS, positive_data_acceptance]

    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(session=session, checks=checks)

    ask()
