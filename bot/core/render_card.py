"""How the card of a blog looks: its state, the newest headlines, key events, the way to the page. Pure.

Nothing in it tells when it was made, so that it changes only when what it says does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.core.blocks import Heading, Listing, Paragraph, RichMessage, words
from bot.core.card import Card
from bot.core.model import Relayed, Rendered, Style
from bot.core.render_lists import TopicLine, name_of, row_of, state_word
from bot.core.render_rich import a_picture, as_details, section, topics_table
from bot.core.state import State
from bot.core.texts import Texts
from bot.core.writing import MESSAGE, Writing, isolated

TitleOf = Callable[[str], str]


def card_message(card: Card, title: str, style: Style, t: Texts, topic_title: TitleOf = str) -> Rendered:
    """The card under this title of its blog; with its rich form beside the plain one."""
    parts = [
        _head(card, title, style, t),
        _section(t.gettext("Latest"), card.latest, card, style, t),
        _section(t.gettext("Key events"), card.key_events, card, style, t),
        _way(card, t),
    ]
    said = Writing(rtl=t.rtl)
    for part in parts:
        if said.length + part.length + 2 <= MESSAGE:
            said.join(part, between="\n\n")
    plain = said.rendered()
    return Rendered(text=plain.text, entities=plain.entities, rich=_rich(card, title, style, t, topic_title))


def farewell(t: Texts) -> Rendered:
    """What is left of a message that shall go and that Telegram no longer deletes."""
    return Writing(rtl=t.rtl).sentence(t.gettext("This message is no longer kept up to date."), "italic").rendered()


def _head(card: Card, title: str, style: Style, t: Texts) -> Writing:
    head = Writing(rtl=t.rtl).sentence(name_of(title, t), "bold")
    return head.join(Writing(rtl=t.rtl).sentence(_state(card, style, t), "italic"), between="\n")


def _state(card: Card, style: Style, t: Texts) -> str:
    """ "live"; with the announced time where it has not started."""
    word = state_word(card.state, t)
    if card.state is not State.NOT_STARTED or card.starts_at is None or card.starts_at <= card.at:
        return word
    starts = isolated(t.moment(card.starts_at, style.timezone, _day(card)), rtl=t.rtl)
    return f"{word} · {t.gettext('starts {time}', time=starts)}"


def _day(card: Card) -> datetime:
    """The day that need not be named: that of the newest post, so that midnight alone changes nothing."""
    if card.latest:
        return card.latest[0].published_at or card.latest[0].first_seen_at
    return card.at


def _section(name: str, posts: Sequence[Relayed], card: Card, style: Style, t: Texts) -> Writing:
    if not posts:
        return Writing()
    rows = [row_of(post, style, t, _day(card)) for post in posts]
    return Writing(rtl=t.rtl).sentence(name, "bold").join(*rows, between="\n")


def _way(card: Card, t: Texts) -> Writing:
    return Writing(rtl=t.rtl).sentence(t.gettext("Open the live blog"), url=card.url) if card.url else Writing()


def _rich(card: Card, title: str, style: Style, t: Texts, topic_title: TitleOf) -> RichMessage:
    lines = tuple(words(row_of(post, style, t, _day(card))) for post in card.latest)
    topics = [TopicLine(id=id_, title=topic_title(id_), posts=count) for id_, count in card.topics]
    blocks = (
        Heading(words(Writing(rtl=t.rtl).sentence(name_of(title, t))), 2),
        Paragraph(words(Writing(rtl=t.rtl).sentence(_state(card, style, t), "italic"))),
        *a_picture(card.latest, style, t),
        *((section(t.gettext("Latest"), t), Listing(lines)) if lines else ()),
        *((section(t.gettext("Key events"), t),) if card.key_events else ()),
        *(as_details(post, style, t, _day(card)) for post in card.key_events),
        *topics_table(topics, t),
        *((Paragraph(words(_way(card, t))),) if card.url else ()),
    )
    return RichMessage(blocks, t.rtl)
