import pytest

from hongyan.config.secrets import masked


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "password",
        "message_key",
        "api_token",
        "key_password",
        "dbpassword",
        "db_pwd",
        "redis_auth",
        "pass",
    ],
)
def test_secrets_are_masked(name: str):
    assert masked(("section", name), "hunter2") == "***"


@pytest.mark.parametrize(
    "name", ["ws_key", "key_file", "token_path", "token_lifetime_s", "keyboard", "max_secret_bytes", "author"]
)
def test_what_only_sounds_like_a_secret_is_shown(name: str):
    assert masked(("section", name), "shown") == "shown"


def test_an_empty_secret_is_shown_as_empty():
    assert masked(("cluster", "secret"), "") == ""


def test_the_password_in_a_url_is_masked():
    urls = ("mysql://root:hunter2@10.0.0.1:3306/teamtalk", "http://10.0.0.1:2379")
    assert masked(("s", "urls"), urls) == ("mysql://root:***@10.0.0.1:3306/teamtalk", urls[1])
