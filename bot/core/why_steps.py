"""The way of a post into a chat, step by step: what is kept of it, oldest first. What says nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.explanation import Said, Step
from bot.core.facts import Came, Delivered, Facts, Following, PostFacts
from bot.core.model import Volume
from bot.core.words import shown

N_ = str  # marks a sentence for the catalogue where it is not translated yet
_CAME = {
    Came.POLL: N_("First seen on its page."),
    Came.HUB: N_("First told by the hub of its page."),
    Came.INTAKE: N_("Handed over by the publisher's system."),
    Came.BASELINE: N_("Stood on the page when the blog was first read."),
    Came.OLD: N_("First seen, below older posts."),
    Came.EDITOR: N_("Written by an editor."),
}
_ACTS = {
    "withdraw": N_("An editor took it down."),
    "recall": N_("An editor recalled it."),
    "correct": N_("An editor corrected it."),
    "restore": N_("An editor restored it."),
    "send now": N_("An editor sent it before its time."),
    "drop": N_("An editor dropped it."),
    "approve": N_("An editor approved it."),
    "pause": N_("An editor paused it."),
    "resume": N_("An editor let it go on."),
    "stop": N_("An editor cancelled what was left of it."),
    "cancel": N_("An editor cancelled it."),
}
_VOLUMES = {
    Volume.KEY: N_("It wants key events alone."),
    Volume.CARD: N_("It has a card instead of posts."),
    Volume.DIGEST: N_("It wants digests."),
}
_TOLD = {
    "new": N_("Published."),
    "correction": N_("Published."),
    "gained": N_("An edit made it news for more chats."),
    "key": N_("It became a key event."),
}


def steps(facts: Facts, title: str | None) -> tuple[Step, ...]:
    """In the order of time; what has no time of its own comes last."""
    found = [*_of_chat(facts), *_of_followings(facts, title)]
    if facts.post is not None:
        found += [*_of_post(facts.post), *_told(facts), *_of_rows(facts)]
    found += [
        Step(at=one.at, said=Said.of(_ACTS[one.act]), person=one.person) for one in facts.acts if one.act in _ACTS
    ]
    timed = sorted((one for one in found if one.at is not None), key=lambda one: one.at or 0.0)
    return (*timed, *(one for one in found if one.at is None))


def _of_post(post: PostFacts) -> Iterator[Step]:
    came = post.came or (Came.EDITOR if post.blog is None else None)
    yield Step(at=post.first_seen_at, said=Said.of(_CAME[came] if came else N_("First seen.")))
    if post.updated_at is not None:
        yield Step(at=post.updated_at, said=Said.of(N_("Last edited; that is version {n}."), n=post.revision))
    if post.corrected_at is not None:
        yield Step(at=post.corrected_at, said=Said.of(N_("Its headline was corrected, which a reply to it tells.")))
    if post.withdrawn_at is not None and post.editors_word != "withdrawn" and post.blog is not None:
        yield Step(at=post.withdrawn_at, said=Said.of(N_("Withdrawn by its page.")))


def _told(facts: Facts) -> Iterator[Step]:
    for one in facts.told:
        if one.begun_at is not None:
            yield Step(at=one.begun_at, said=Said.of(_TOLD[one.kind]))


def _of_chat(facts: Facts) -> Iterator[Step]:
    chat = facts.chat
    if chat is not None and not chat.open and chat.closed_at is not None:
        why = chat.closed_why or ""
        yield Step(at=chat.closed_at, said=Said.of(N_("This chat could not be reached any more: {why}"), why=why))
    if facts.removed_at is not None:
        yield Step(at=facts.removed_at, said=Said.of(N_("The blog left the file.")))


def _of_followings(facts: Facts, title: str | None) -> Iterator[Step]:
    several = len({one.thread for one in facts.followings}) > 1
    for one in facts.followings:
        blog = (title if facts.post and facts.post.blog else None) or one.blog
        where = {"thread": str(one.thread)} if several and one.thread else {}
        words = N_("Topic {thread} began to follow {blog}.") if where else N_("This chat began to follow {blog}.")
        yield Step(at=one.created_at, said=Said.of(words, blog=blog, **where))
        yield from _wish(one, facts)
    if facts.post is not None and facts.told and not facts.followings and not facts.rows:
        yield Step(at=None, said=Said.of(N_("What a chat followed and stopped following is not kept.")))


def _wish(one: Following, facts: Facts) -> Iterator[Step]:
    if one.changed_at is not None:
        yield Step(at=one.changed_at, said=Said.of(N_("It changed what it follows, or how much of it.")))
    if one.named and facts.post is not None and facts.post.blog is not None:
        words = tuple(shown(word) for word in one.named)
        yield Step(at=None, said=Said.of(N_("The post matches {words}, which this chat follows."), words=words))
    if one.volume in _VOLUMES:
        yield Step(at=None, said=Said.of(_VOLUMES[one.volume]))


def _of_rows(facts: Facts) -> Iterator[Step]:
    for row in facts.rows:
        if row.first_sent_at is not None:
            yield from _sent(row, facts)
        if row.attempts and not row.sent:
            yield Step(at=row.settled_at, said=Said.of(N_("Attempts that failed: {n}."), n=row.attempts))


def _sent(row: Delivered, facts: Facts) -> Iterator[Step]:
    assert row.first_sent_at is not None
    if row.messages:
        numbers = tuple(str(one) for one in row.messages)
        yield Step(at=row.first_sent_at, said=Said.of(N_("Sent; it is message {ids} there."), ids=", ".join(numbers)))
    if row.together > 1:
        yield Step(at=None, said=Said.of(N_("Its message carries several posts, {n} in all."), n=row.together))
    if row.slept:
        yield Step(at=None, said=Said.of(N_("It had waited for the end of quiet hours or a mute, or for a digest.")))
    if facts.post is None or not row.messages:
        return
    if row.sent == row.wanted < facts.post.revision:
        words = N_("It shows version {n} of {most}: later edits are not followed there any more.")
        yield Step(at=None, said=Said.of(words, n=row.sent, most=facts.post.revision))
    elif row.settled_at is not None and row.settled_at > row.first_sent_at:
        yield Step(at=row.settled_at, said=Said.of(N_("Last changed there; it shows version {n}."), n=row.sent))
