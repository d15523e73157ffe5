"""Lines below a text that become buttons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.links import BadLink, TooManyLinks, links_below
from bot.core.model import Button

QUAY = "https://harbour.example/quay"


@pytest.mark.parametrize(
    ("text", "left", "links"),
    [
        ("Closed.", "Closed.", []),
        (f"Closed.\nRead more | {QUAY}", "Closed.", [("Read more", QUAY)]),
        (f"Closed.\n\n A |{QUAY} \n\nB|http://b.example\n", "Closed.", [("A", QUAY), ("B", "http://b.example")]),
        (f"A | B | {QUAY}", "", [("A | B", QUAY)]),
        (f"Read more | {QUAY}\nClosed.", f"Read more | {QUAY}\nClosed.", []),
        (f"Closed. {QUAY}", f"Closed. {QUAY}", []),
        ("one | two", "one | two", []),
        (f"| {QUAY}", f"| {QUAY}", []),
        (f"See {QUAY} | now", f"See {QUAY} | now", []),
        (f"{'x' * 64} | {QUAY}", "", [("x" * 64, QUAY)]),
        ("", "", []),
    ],
)
def test_the_last_lines_that_are_links_are_buttons(text: str, left: str, links: list[tuple[str, str]]) -> None:
    assert links_below(text) == (left, tuple(Button(text=words, url=url) for words, url in links))


@pytest.mark.parametrize(
    "line", ["Read | ftp://quay.example", "Read | https://quay", "🌊" * 33 + f" | {QUAY}", "\u200b | https://a.example"]
)
def test_what_is_meant_to_be_one_and_cannot_is_named(line: str) -> None:
    with pytest.raises(BadLink) as refused:
        links_below(f"Closed.\n{line}")
    assert str(refused.value) == line.strip()


def test_there_are_eight_at_most() -> None:
    lines = [f"Link {n} | {QUAY}" for n in range(9)]
    assert len(links_below("\n".join(lines[:8]))[1]) == 8
    with pytest.raises(TooManyLinks):
        links_below("\n".join(lines))


@given(st.text(st.sampled_from("ab| :/\nhtps."), max_size=60))
def test_what_is_left_is_how_the_text_began(text: str) -> None:
    try:
        left, links = links_below(text)
    except BadLink:
        return
    assert text.startswith(left)
    assert bool(links) == (left != text)
