"""Why a post stands in a chat, or does not: what is kept of both in, an `Explanation` out.

Tables know what is, and of what was only what they note. Where that does not tell, the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.explanation import Explanation, Instant, Lasting, Said
from bot.core.facts import Came, ChatFacts, Delivered, Facts, Following, PostFacts, Told
from bot.core.habits import Habit
from bot.core.model import Volume
from bot.core.why_steps import steps
from bot.core.words import shown

N_ = str  # marks a sentence for the catalogue where it is not translated yet
Outcome = tuple[str, Said]  # with its code

_NEAR = 0.001  # seconds: what is noted in one transaction has one time


def explained(facts: Facts, *, title: str | None, zone: str, kept_for: float, now: float) -> Explanation:
    """`title` is the blog's; `zone` the one in which times are shown; `kept_for`: seconds that posts are kept."""
    code, outcome = _outcome(facts, title or (facts.post.blog if facts.post else "") or "", kept_for, now)
    return Explanation(
        post=facts.number,
        chat=facts.chat.id if facts.chat else 0,
        telegram_id=facts.chat.telegram_id if facts.chat else None,
        headline=facts.post.title if facts.post else None,
        code=code,
        outcome=outcome,
        steps=steps(facts, title),
        zone=zone,
        now=now,
    )


def _outcome(facts: Facts, title: str, kept_for: float, now: float) -> Outcome:
    if facts.chat is None:
        return "unknown-chat", Said.of(N_("I know no such chat."))
    if facts.post is None and facts.was:
        return "pruned", Said.of(
            N_("Nothing is kept of this post any more: old ones are forgotten after {time}."), time=Lasting(kept_for)
        )
    if facts.post is None:
        return "unknown-post", Said.of(N_("I know no such post."))
    if row := _telling(facts.rows):
        return _of_row(row, facts, facts.post, facts.chat, title, now)
    return _of_nothing(facts, facts.post, facts.chat, title, now)


def _telling(rows: Sequence[Delivered]) -> Delivered | None:
    """Of several threads the one that has most of it."""
    return max(rows, key=lambda row: (row.sent > 0, bool(row.messages), row.aside is None), default=None)


# --- there is a row: it is there, or on its way ----------------------------------------------------------------------


def _of_row(row: Delivered, facts: Facts, post: PostFacts, chat: ChatFacts, title: str, now: float) -> Outcome:
    if row.first_sent_at is not None and (row.sent or row.messages):
        return _there(row, facts, post, chat)
    if row.wanted == 0:
        return "leaving", Said.of(N_("It is being taken away from this chat."))
    if post.notice == "card" and row.messages:
        return "sent", Said.of(N_("It stands in this chat."))
    return _on_its_way(row, facts, post, chat, title, now)


def _there(row: Delivered, facts: Facts, post: PostFacts, chat: ChatFacts) -> Outcome:
    assert row.first_sent_at is not None
    at = Instant(row.first_sent_at)
    if not row.messages:
        return "nowhere", Said.of(
            N_("This chat got it at {at}, but no message that carries it is known there any more."), at=at
        )
    if row.sent == row.wanted:
        return _settled(row, facts, post, at)
    if row.aside == "closed" or not chat.open:
        return "sent-closed", Said.of(N_("This chat got it at {at}; what changed since does not reach it."), at=at)
    if row.aside is not None:
        return "edit-refused", Said.of(
            N_("This chat got it at {at}, but Telegram refused to change it there: {why}"), at=at, why=row.aside
        )
    if post.withdrawn_at is not None:
        return "withdrawing", Said.of(
            N_("This chat got it at {at}; it was withdrawn at {gone}, which is on its way there."),
            at=at,
            gone=Instant(post.withdrawn_at),
        )
    return "changing", Said.of(N_("This chat got it at {at}; its newest version is on its way there."), at=at)


def _settled(row: Delivered, facts: Facts, post: PostFacts, at: Instant) -> Outcome:
    if post.withdrawn_at is not None:
        return "withdrawn", Said.of(
            N_("This chat got it at {at}; it was withdrawn at {gone}."),
            at=at,
            gone=Instant(post.withdrawn_at),
        )
    published = _published(facts.told, at.at)
    if published is None:
        return "sent", Said.of(N_("This chat got it at {at}."), at=at)
    return "sent", Said.of(
        N_("This chat got it at {at}, {time} after it was published."), at=at, time=Lasting(max(0.0, at.at - published))
    )


def _published(told: Sequence[Told], before: float) -> float | None:
    """When it was last published before it came: an edit, or its return, may have made news of it once more."""
    times = [max(one.created_at, one.not_before) for one in told if one.begun_at is not None]
    return max((at for at in times if at <= before + _NEAR), default=None)


_HABITS = {
    Habit.MUTE: N_("It waits until {until}: this chat is muted."),
    Habit.QUIET: N_("It waits until {until}: quiet hours."),
    Habit.DIGEST: N_("It waits until {until}, when the next digest of this chat comes."),
}


def _on_its_way(row: Delivered, facts: Facts, post: PostFacts, chat: ChatFacts, title: str, now: float) -> Outcome:
    if row.sending:
        return "sending", Said.of(N_("It is being sent to this chat at this moment."))
    if row.aside == "closed" or not chat.open:
        return _unreachable(chat)
    if row.aside == "left":
        return "left", Said.of(N_("It was not sent: this chat stopped following while it was on its way."))
    if row.aside not in (None, "asleep"):
        return "refused", Said.of(N_("It was not sent: Telegram refused it: {why}"), why=row.aside or "")
    if stopped := _stopped(facts, post, title):
        return stopped
    if row.aside == "asleep" and row.until is not None and row.until > now:
        words = _HABITS[row.habit] if row.habit else N_("It waits until {until}, when this chat is looked at again.")
        return row.habit.value if row.habit else "asleep", Said.of(words, until=Instant(row.until))
    if chat.not_before > now:
        return "flood", Said.of(
            N_("It waits until {until}: Telegram asked for patience with this chat."), until=Instant(chat.not_before)
        )
    if row.not_before > now:
        return "retry", Said.of(
            N_("It waits until {until} for attempt {n}; the one before failed."),
            until=Instant(row.not_before),
            n=row.attempts + 1,
        )
    return "queued", Said.of(N_("It waits for its turn and leaves as soon as the pace allows."))


def _unreachable(chat: ChatFacts) -> Outcome:
    if chat.open or chat.closed_at is None:
        return "closed", Said.of(N_("It was not sent: nobody could be reached in this chat."))
    return "closed", Said.of(
        N_("It was not sent: nobody can be reached in this chat since {at}: {why}"),
        at=Instant(chat.closed_at),
        why=chat.closed_why or "",
    )


def _stopped(facts: Facts, post: PostFacts, title: str) -> Outcome | None:
    """By an editor, for the time being."""
    if post.paused_at is not None:
        return "paused", Said.of(N_("It waits: an editor paused it at {at}."), at=Instant(post.paused_at))
    if post.blog is not None and facts.held_at is not None:
        return "held", Said.of(
            N_("It waits: an editor holds {blog} since {at}."), blog=title, at=Instant(facts.held_at)
        )
    if post.blog is not None and facts.all_held:
        return "held", Said.of(N_("It waits: an editor holds every live blog."))
    return None


# --- there is none ---------------------------------------------------------------------------------------------------

_NOT_SENT = {
    "draft": N_("It was not sent to anybody: it is a draft."),
    "waiting": N_("It was not sent to anybody yet: it waits for the approval of another editor."),
    "cancelled": N_("It was not sent to anybody: it was cancelled."),
    "rejected": N_("It was not sent to anybody: another editor rejected it."),
    "expired": N_("It was not sent to anybody: its draft expired."),
}
_STORED = {
    Came.BASELINE: N_("It was not sent to anybody: it stood on the page when the blog was first read."),
    Came.OLD: N_("It was not sent to anybody: it was new below older posts, and so no news."),
}


def _of_nothing(facts: Facts, post: PostFacts, chat: ChatFacts, title: str, now: float) -> Outcome:
    if facts.push is not None and facts.push.state in _NOT_SENT:
        return facts.push.state, Said.of(_NOT_SENT[facts.push.state])
    told = next((one for one in reversed(facts.told) if one.kind in ("new", "correction")), None)
    if post.notice == "card":
        return "card", Said.of(N_("It is the card of {blog}, which this chat did not choose."), blog=title)
    if told is None:
        return _never_told(facts, post)
    if post.withdrawn_at is not None:
        return _withdrawn(told, post.withdrawn_at)
    if not told.passed:
        return _not_yet(told, facts, post, title, now)
    return _passed_over(told, facts, post, chat, title)


def _never_told(facts: Facts, post: PostFacts) -> Outcome:
    if any(one.act == "kept down" for one in facts.acts):
        return "kept-down", Said.of(N_("It was not sent to anybody: it says what an editor had taken down."))
    words = N_("It was not sent to anybody: it was no news when it was first seen.")
    return "stored", Said.of(_STORED.get(post.came, words) if post.came else words)


def _withdrawn(told: Told, at: float) -> Outcome:
    if told.begun_at is None or told.begun_at > at:
        return "withdrawn-before", Said.of(
            N_("It was not sent to anybody: it was withdrawn at {at}, before it went out."), at=Instant(at)
        )
    return "gone", Said.of(N_("It was withdrawn at {at}, and nothing of it stands in this chat."), at=Instant(at))


def _not_yet(told: Told, facts: Facts, post: PostFacts, title: str, now: float) -> Outcome:
    until = Instant(told.not_before)
    if facts.push is not None and facts.push.state == "scheduled":
        return "scheduled", Said.of(N_("It waits until {until}, for which it is scheduled."), until=until)
    if stopped := _stopped(facts, post, title):
        return stopped
    if told.not_before > now:
        return "hold", Said.of(
            N_("It waits until {until}: {blog} holds new posts back for a while."), until=until, blog=title
        )
    if told.behind:
        return "behind", Said.of(N_("It waits for an earlier post of {blog}, which goes out first."), blog=title)
    return "expanding", Said.of(N_("It is going out, and the turn of this chat comes soon."))


# Why a chat that had its turn was not in the audience.


def _passed_over(told: Told, facts: Facts, post: PostFacts, chat: ChatFacts, title: str) -> Outcome:
    if facts.push is not None and facts.push.state == "stopped":
        return "stopped", Said.of(N_("It was not sent: an editor cancelled what was left of it."))
    if facts.push is not None and facts.push.only_chat not in (None, chat.id):
        return "audience", Said.of(N_("It was not sent: it was for one other chat alone."))
    if not facts.followings:
        return _follows_nothing(facts, title)
    found = [_of_following(one, told, post, title) for one in facts.followings]
    nearest = min(found, key=lambda pair: _RANKS.index(pair[0]))
    return nearest if nearest[0] != "unexplained" else _unreached(chat, told.begun_at or told.created_at) or nearest


def _unreached(chat: ChatFacts, begun: float) -> Outcome | None:
    if not chat.open:
        return _unreachable(chat)
    if chat.was_closed_at is None or chat.reopened_at is None or chat.reopened_at < begun:
        return None
    return "was-closed", Said.of(
        N_("It was not sent: nobody could be reached in this chat from {at} until {until}."),
        at=Instant(chat.was_closed_at),
        until=Instant(chat.reopened_at),
    )


def _follows_nothing(facts: Facts, title: str) -> Outcome:
    if facts.post is not None and facts.post.blog is None and (facts.push is None or facts.push.blog is None):
        return "not-followed", Said.of(N_("It was not sent: this chat follows nothing."))
    return "not-followed", Said.of(N_("It was not sent: this chat does not follow {blog}."), blog=title)


# Of several threads the most telling: what comes nearest to being sent.
_RANKS = (
    "changed",
    "unexplained",
    "subscribed-later",
    "thread-closed",
    "excluded",
    "key-only",
    "card-instead",
    "other-topic",
    "audience",
)


def _of_following(one: Following, told: Told, post: PostFacts, title: str) -> Outcome:
    begun = told.begun_at or told.created_at
    if one.created_at > told.not_before:
        return "subscribed-later", Said.of(
            N_("It was not sent: this chat follows {blog} only since {at}, after it was published."),
            blog=title or one.blog,
            at=Instant(one.created_at),
        )
    if one.closed_at is not None:
        return "thread-closed", Said.of(
            N_("It was not sent: the topic of this chat is closed since {at}."), at=Instant(one.closed_at)
        )
    if one.changed_at is not None and one.changed_at > begun:
        return "changed", Said.of(
            N_("It was not sent: this chat changed at {at}, after it was published, what it follows."),
            at=Instant(one.changed_at),
        )
    if post.blog is None:
        return ("unexplained", _UNEXPLAINED) if one.gets else ("audience", Said.of(_NOT_MEANT))
    return _of_wish(one, title)


_UNEXPLAINED = Said.of(N_("It was not sent, and what is kept does not tell why."))
_NOT_MEANT = N_("It was not sent: this chat was not in the audience that its author chose.")


def _of_wish(one: Following, title: str) -> Outcome:
    if one.refused:
        return "excluded", Said.of(
            N_("It was not sent: this chat leaves out {words}, and the post says that."),
            words=tuple(shown(word) for word in one.refused),
        )
    if one.volume is Volume.CARD:
        return "card-instead", Said.of(
            N_("It was not sent: this chat has one card of {blog} instead of its posts."), blog=title
        )
    if not one.wants:
        followed = (*one.topics, *(shown(word) for word in one.words))
        return "other-topic", Said.of(
            N_("It was not sent: this chat follows only {words}, and the post matches none of it."), words=followed
        )
    if one.volume is Volume.KEY and not one.is_key:
        return "key-only", Said.of(N_("It was not sent: this chat wants key events alone, and the post is none."))
    return "unexplained", _UNEXPLAINED
