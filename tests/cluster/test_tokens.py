"""The ids of transfers tell every server of the cluster whose they are, and nobody else anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.cluster.tokens import is_task_id_of, make_task_id
from hongyan.roles.file.transfer import is_task_id

SECRET = "the secret of a cluster under test"
FILE = (1, 2, 1000)
u32 = st.integers(0, 2**32 - 1)


@given(u32, u32, u32)
def test_an_id_is_of_its_own_file(sender: int, receiver: int, size: int) -> None:
    task_id = make_task_id(SECRET, "beef", sender, receiver, size)
    assert is_task_id(task_id)
    assert task_id.endswith("beef")
    assert is_task_id_of(SECRET, task_id, sender, receiver, size)


@pytest.mark.parametrize("other", [(3, 2, 1000), (1, 3, 1000), (1, 2, 1001), (2, 1, 1000), (11, 2, 1000)])
def test_and_of_no_other(other: tuple[int, int, int]) -> None:
    task_id = make_task_id(SECRET, "beef", *FILE)
    assert not is_task_id_of(SECRET, task_id, *other)
    assert not is_task_id_of("another secret of a cluster", task_id, *FILE)


@given(st.text(max_size=50))
def test_whatever_else_is_said_to_be_an_id_is_of_no_file(text: str) -> None:
    assert not is_task_id_of(SECRET, text, *FILE)


@pytest.mark.parametrize("place", [0, 10, 23, 24, 31, 32, 35])
def test_no_character_can_be_changed(place: int) -> None:
    task_id = make_task_id(SECRET, "beef", *FILE)
    changed = task_id[:place] + ("0" if task_id[place] != "0" else "1") + task_id[place + 1 :]
    assert not is_task_id_of(SECRET, changed, *FILE)
