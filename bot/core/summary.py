"""The first sentences of a post, as many as fit, each of them whole."""

from __future__ import annotations

from bot.core.clusters import within
from bot.core.cutting import shortened
from bot.core.entities import units
from bot.core.model import Post, Relayed
from bot.core.sentences import sentence_ends, whole_sentences, without_bullet
from bot.core.writing import MESSAGE, paragraphs

_HEADLINE = 100  # units, of a headline made from the text
_LONGEST = MESSAGE  # characters; a longer sentence would not fit any message


def summary(post: Post | Relayed, limit: int, language: str) -> str:
    """The publisher's own summary, else the first sentences, in at most `limit` UTF-16 units and as Telegram keeps it.

    It ends with "…" only when not even one sentence fits; an announcement ("Here is what we know:") is not left last.
    """
    most = min(limit, MESSAGE)
    text = paragraphs(post.summary or "", most) or paragraphs(post.text, most)
    if units(text) <= limit:
        return text
    return text[: whole_sentences(text, within(text, limit), language)] or shortened(text, limit)


def first_sentence(text: str, language: str) -> str:
    """The first sentence, without the bullet before it."""
    text = without_bullet(text[:_LONGEST])
    return text[: next(sentence_ends(text, language))] if text else ""


def headline_of(text: str, language: str) -> str | None:
    """A headline made from the text: its first sentence, cut to about 100 characters. None where there is no text."""
    sentence = " ".join(first_sentence(text, language).split())
    return (sentence if units(sentence) <= _HEADLINE else shortened(sentence, _HEADLINE)) or None
