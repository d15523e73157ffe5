"""Whether the chats' screens say what the page says. Counted from what the local Telegram holds, and from nothing else.

A `Truth` remembers all that a page ever said; `Followers` who should hear it. `judged` reads each screen as a reader
would (which post is this, what does it say of it?) and tells what is missing, twice, stale, out of order or strange.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bot.demo.telegram import LocalMessage, LocalTelegram

LINK = re.compile(r"/live#([\w-]+)")
GONE = "withdrawn by the publisher"
SHOWN = 30  # lines of a failed assertion

Place = tuple[int, int]  # chat and thread


@dataclass
class Truth:
    """What the page said, version by version. A version is a headline and a text; both are unlike all others."""

    versions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # in the order of their publication
    topics: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    pushes: set[str] = field(default_factory=set)  # what editors said, word for word

    def says(self, key: str, headline: str, text: str, topic: str = "") -> None:
        self.versions.setdefault(key, []).append((headline, text))
        self.topics.setdefault(key, topic)

    def version(self, key: str, words: str) -> int | None:
        """Which version these words of a screen are; None: the page never said so."""
        found = (at for at, said in enumerate(self.versions[key]) if _says(words, *said))
        return next(found, None)


def _says(words: str, headline: str, text: str) -> bool:
    """A message of its own has the headline and the text as its first paragraphs; a row of several the headline."""
    paragraphs = words.split("\n\n")
    return paragraphs[:2] == [headline, text] or (len(paragraphs) == 1 and headline in words.split(" · "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Somebody who should hear: of everything, or of one topic; from the post `since` on (all that came before was
    there already). `was`: the chat's former ids. `misses`: it was closed for a time, and what came then is not sent
    after it."""

    chat: int
    thread: int = 0
    topic: str = ""
    since: int = 0
    was: tuple[int, ...] = ()
    misses: bool = False

    def wants(self, truth: Truth) -> list[str]:
        return [key for key in list(truth.versions)[self.since :] if not self.topic or truth.topics[key] == self.topic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One post in one message, through all that the message ever said of it."""

    key: str | None  # None: a message that names no post
    message: LocalMessage
    says: tuple[str, ...]  # oldest first


@dataclass
class Findings:
    """What is wrong, a line each, by its kind."""

    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    copies: Counter[int] = field(default_factory=Counter)  # by chat: how often something stands there once more

    @property
    def lines(self) -> list[str]:
        kinds = ("missing", "twice", "stale", "order", "strange")
        return [f"{kind}: {line}" for kind in kinds for line in getattr(self, kind)]


def judged(
    telegram: LocalTelegram, truth: Truth, followers: Iterable[Follower], doubts: Mapping[int, int] | None = None
) -> Findings:
    """All screens against the page. `doubts`: how many copies that nobody can know of may stand in a chat."""
    findings, left = Findings(), Counter(doubts or {})
    by_chat: defaultdict[int, list[Follower]] = defaultdict(list)
    for follower in followers:
        by_chat[follower.chat].append(follower)
        left[follower.chat] += sum(left.pop(chat, 0) for chat in follower.was)
    for chat, here in by_chat.items():
        for follower in here:
            _judge(telegram, truth, follower, findings, left)
        _look_for_strangers(telegram, truth, chat, here, findings)
    return findings


def is_true(telegram: LocalTelegram, truth: Truth, follower: Follower) -> bool:
    """Whether this screen has all it should, as the page says it now; copies are not looked at."""
    findings = Findings()
    _judge(telegram, truth, follower, findings, Counter({follower.chat: 1000}))
    return not (findings.missing or findings.stale)


def assert_true(
    telegram: LocalTelegram,
    truth: Truth,
    followers: Iterable[Follower],
    *,
    doubts: Mapping[int, int] | None = None,
    copies: int | None = None,
    context: str = "",
) -> Findings:
    """The screens say what the page says; at most `copies` of anything stand there once more than they should, and
    these only in chats in doubt."""
    findings = judged(telegram, truth, followers, doubts)
    lines, more = findings.lines, findings.copies.total()
    if copies is not None and more > copies:
        lines.append(f"twice: {more} copies where at most {copies} were on the wire")
    if lines:
        shown = "\n  ".join(lines[:SHOWN]) + (f"\n  and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")
        raise AssertionError(f"{len(lines)} things on the screens are not as the page says:\n  {shown}\n{context}")
    return findings


# --- reading a screen ----------------------------------------------------------------------------------------------


def screen(telegram: LocalTelegram, follower: Follower) -> list[Shown]:
    """Every post that stands, or stood, in a thread, in the order in which it came."""
    return [shown for chat in (*follower.was, follower.chat) for shown in _of_thread(telegram, chat, follower.thread)]


def _of_thread(telegram: LocalTelegram, chat: int, thread: int) -> Iterator[Shown]:
    for message in telegram.chats[chat].messages:
        if message.bot and message.thread == thread and message.notice is None:
            yield from posts_in(message)


def posts_in(message: LocalMessage) -> list[Shown]:
    """The posts that a message carries. Which they are is told by the links of its first version: a notice has none."""
    texts = [version.text for version in message.edits] + [message.text]
    first = message.edits[0] if message.edits else message
    links = [found[1] for one in first.entities if (found := LINK.search(one.get("url", "")))]
    links = links or LINK.findall(first.text)  # written out, where the usual form was refused
    if len(links) > 1:
        rows = [text.split("\n") for text in texts]
        return [
            Shown(key=key, message=message, says=tuple(row[at] if at < len(row) else "" for row in rows))
            for at, key in enumerate(links, 1)
        ]
    return [Shown(key=links[0] if links else None, message=message, says=tuple(texts))]


# --- judging it ----------------------------------------------------------------------------------------------------


def _judge(telegram: LocalTelegram, truth: Truth, follower: Follower, findings: Findings, left: Counter[int]) -> None:
    place = f"chat {follower.chat}" + (f" thread {follower.thread}" if follower.thread else "")
    wanted = follower.wants(truth)
    shown = [one for one in screen(telegram, follower) if one.key in truth.versions]
    for one in shown:
        _judge_past(truth, one, place, findings)
    findings.strange += [f"{place}: {one.key}, which it does not follow" for one in shown if one.key not in wanted]
    nobodys = _copies(shown) | _unknown(truth, shown, follower, left)
    _count_copies(follower, nobodys, place, findings, left)
    known = {one.key: one for one in shown if one.message.id not in nobodys}
    for key in wanted:
        _judge_post(truth, follower, key, known.get(key), place, findings)
    _judge_order(truth, list(dict.fromkeys(one.key for one in shown)), place, findings)
    _judge_order(truth, list(known), place, findings)


def _copies(shown: list[Shown]) -> dict[int, str]:
    """The messages of which something stands there again later: of these nobody was told the number."""
    standing = [one for one in shown if not one.message.deleted]
    last = {one.key: one.message.id for one in standing}
    return {one.message.id: str(one.key) for one in standing if last[one.key] != one.message.id}


def _unknown(truth: Truth, shown: list[Shown], follower: Follower, left: Counter[int]) -> dict[int, str]:
    """Where a send was in doubt: messages all of whose posts were withdrawn before they could be sent again."""
    if left[follower.chat] <= 0:
        return {}
    by_message: defaultdict[int, list[Shown]] = defaultdict(list)
    for one in shown:
        by_message[one.message.id].append(one)
    return {
        number: str(posts[0].key)
        for number, posts in by_message.items()
        if all(one.key in truth.gone for one in posts) and not all(_is_current(truth, one) for one in posts)
    }


def _count_copies(
    follower: Follower, copies: dict[int, str], place: str, findings: Findings, left: Counter[int]
) -> None:
    for number, key in copies.items():
        findings.copies[follower.chat] += 1
        if left[follower.chat] <= 0:
            findings.twice.append(f"{place}: {key}, in message {number}")
        left[follower.chat] -= 1


def _judge_post(
    truth: Truth, follower: Follower, key: str, shown: Shown | None, place: str, findings: Findings
) -> None:
    """One post in one thread: it is there, and says what the page says."""
    about = f"{place}: {key} {truth.versions[key][-1][0]!r}"
    if shown is None or shown.message.deleted:
        if key not in truth.gone and not follower.misses:
            findings.missing.append(about + (" (it was there, and was deleted)" if shown else ""))
    elif shown.message.chat_id == follower.chat and not _is_current(truth, shown):
        should = "a notice that it is gone" if key in truth.gone else truth.versions[key][-1][0]
        findings.stale.append(f"{about}: {shown.says[-1][:60]!r} where there should be {should!r}")


def _is_current(truth: Truth, shown: Shown) -> bool:
    assert shown.key is not None
    says = shown.says[-1]
    if shown.key in truth.gone:
        return GONE in says
    return truth.version(shown.key, says) == len(truth.versions[shown.key]) - 1


def _judge_past(truth: Truth, shown: Shown, place: str, findings: Findings) -> None:
    """All that a message ever said of a post was the page's own, and it never went back."""
    assert shown.key is not None
    last = -1
    for says in shown.says:
        version = len(truth.versions[shown.key]) if GONE in says else truth.version(shown.key, says)
        if version is None:
            findings.strange.append(f"{place}: {shown.key} never said {says[:80]!r}")
        elif version < last:
            findings.order.append(f"{place}: {shown.key} went back to {says[:60]!r}")
        last = last if version is None else version


def _judge_order(truth: Truth, keys: list[str | None], place: str, findings: Findings) -> None:
    """Posts came in the order in which they were published."""
    order = {key: at for at, key in enumerate(truth.versions)}
    for before, after in pairwise(keys):
        line = f"{place}: {after} came after {before}"
        if order[after or ""] < order[before or ""] and line not in findings.order:
            findings.order.append(line)


def _look_for_strangers(
    telegram: LocalTelegram, truth: Truth, chat: int, here: list[Follower], findings: Findings
) -> None:
    """Messages that nobody asked for: in a thread that follows nothing, or of no post at all."""
    threads = {follower.thread for follower in here}
    for message in telegram.chats[chat].from_bot():
        unknown = [one for one in posts_in(message) if one.key not in truth.versions]
        if unknown and message.text not in truth.pushes:
            findings.strange.append(f"chat {chat}: {message.text[:80]!r}")
        elif message.thread not in threads:
            findings.strange.append(f"chat {chat}: {message.text[:80]!r} in thread {message.thread}")
