"""What holds for every reader of an API's answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.model import Snapshot, SnapshotKind
from bot.sources import READERS, NotReadable, ReadRules, read
from bot.sources.shape import FROM_DESCRIPTION
from tests.api_answers import ANSWERS
from tests.blog_builders import Blog
from tests.pages import blog, page, snapshot, update

CAPTURED = {"wordpress", "sourcefabric", "reddit"}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_reader_never_tried_on_a_capture_says_so(name: str) -> None:
    for found in (snapshot(json.dumps(ANSWERS[name])), snapshot(json.dumps(ANSWERS[name]), format=name)):
        assert (FROM_DESCRIPTION in found.why) is (name not in CAPTURED)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_live_blog_posting_is_trusted_more(name: str) -> None:
    names = [reader.name for reader in READERS]
    assert names.index(name) > names.index("jsonld")
    answer = ANSWERS[name]
    both = [*answer, blog(update(1))] if isinstance(answer, list) else {**answer, "ld": blog(update(1))}
    found = snapshot(json.dumps(both))
    assert (found.format, [post.title for post in found.posts]) == ("jsonld", ["Headline 1"])


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_names_no_address_that_changes_from_poll_to_poll(name: str) -> None:
    first, second = (snapshot(json.dumps(ANSWERS[name]), url=f"https://api.example.org/{poll}") for poll in (1, 2))
    assert first.url == second.url


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_same_answer_again_changes_nothing(name: str) -> None:
    found = snapshot(json.dumps(ANSWERS[name]))
    assert len(found.posts) == 2
    assert Blog.after(found).poll(found, found, found) == []


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["<p>x</p>", "<img src='http://[::1'>", "\ud800", "/Date(1)/", "delete", "http://[broken"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "name", "item"]), inner),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an answer, from the outside in."""
    yield path
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, name))


def changed(answer: Any, path: tuple[Any, ...], anything: Any) -> Any:
    if not path:
        return anything
    whole = inner = copy.deepcopy(answer)
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = anything
    return whole


def outcome(answer: Any, rules: ReadRules, url: str) -> Snapshot | None:
    try:
        return read(page(json.dumps(answer), url), rules)
    except NotReadable:
        return None


@settings(deadline=None, max_examples=300)
@given(st.data(), st.sampled_from(sorted(ANSWERS)), ANYTHING, st.booleans())
def test_an_answer_with_anything_anywhere_is_read_or_refused(
    data: st.DataObject, name: str, anything: Any, is_named: bool
) -> None:
    answer = changed(ANSWERS[name], data.draw(st.sampled_from(list(places(ANSWERS[name])))), anything)
    url = data.draw(st.sampled_from(["", "https://api.example.org/live/a?before=1&source=%7B", "http://[broken"]))
    found = outcome(answer, ReadRules(format=name if is_named else "auto"), url)
    if found is None:
        return
    assert len({post.key for post in found.posts}) == len(found.posts)
    assert all(post.key and post.key.isprintable() for post in found.posts)
    assert all(post.url is None or post.url.startswith(("http://", "https://")) for post in found.posts)
    assert not any(post.text or post.images for post in found.posts if post.withdrawn)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(ANSWERS)), st.data())
@example("reddit", None)
def test_an_answer_that_is_cut_off_is_refused_and_withdraws_nothing(name: str, data: Any) -> None:
    body = json.dumps(ANSWERS[name])
    cut = body[: data.draw(st.integers(1, len(body) - 1)) if data else len(body) // 2]
    with pytest.raises(NotReadable):
        snapshot(cut, format=name)


def test_only_answers_that_are_asked_for_changes_or_hold_them_are_deltas() -> None:
    kinds = {name: snapshot(json.dumps(answer)).kind for name, answer in ANSWERS.items()}
    assert kinds.pop("aljazeera") is SnapshotKind.FULL
    assert set(kinds.values()) == {SnapshotKind.WINDOW}
