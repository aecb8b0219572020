"""Other people's text on a terminal: shown, never obeyed, as wide as it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from hongyan.chat.text import fit, one_line, safe


@pytest.mark.parametrize("code", ["\x1b[2J", "\x07", "\x9b31m", "\u202eevil", "\x00", "\ud83d", "\u2028"])
def test_what_a_terminal_would_obey_is_replaced(code: str) -> None:
    assert safe(code)[0] == "\ufffd"


def test_text_emoji_and_line_ends_stay() -> None:
    assert safe("[bold]你好[/bold] 😀\r\nb\tc") == "[bold]你好[/bold] 😀\nb    c"
    assert one_line(" a\n b ") == "a b"


@settings(max_examples=50)
@given(st.text(max_size=40), st.integers(0, 30))
def test_a_fitted_line_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(fit(one_line(text), width)) == width


def test_a_cut_line_says_so() -> None:
    assert fit("鸿雁传书 hello", 7) == "鸿雁传…"
    assert fit("hello", 8) == "hello   "
