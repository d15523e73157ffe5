"""What lists say: one row for each blog, lane, push and alarm. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.core.model import Lane
from bot.core.nodes import Node, Nodes, wrong
from bot.core.publishing import Progress
from bot.core.standing import Kind
from bot.core.state import State
from bot.status import state
from bot.vitals import Counted
from bot.web.dashboard.situation import Pushed, Situation, Watched
from bot.web.dashboard.words import count, short

Tone: TypeAlias = Literal["bad", "warn", "good", "calm"]

PAGE = 50  # blogs
_TONES: dict[str, Tone] = {"failing": "bad", "held": "warn", State.LIVE.value: "good"}
_ORDER = ("bad", "warn", "good", "calm")
_LANES = {
    Lane.WITHDRAWAL: ("Withdrawals", "posts taken down; they go before everything"),
    Lane.BREAKING: ("Breaking", "pushes that overtake the rest"),
    Lane.LIVE: ("Live", "new posts and ordinary pushes"),
    Lane.EDIT: ("Edits", "messages that follow their page"),
    Lane.DIGEST: ("Digests", "digests and cards"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogRow:
    """A blog in the list. `trouble`: what is wrong with it, in a line, or "". Instants in seconds since 1970."""

    id: str
    title: str
    word: str  # for its state
    tone: Tone
    trouble: str
    polled: float | None
    next_poll: float | None
    posted: float | None
    posts: int | None  # None: not counted yet
    subscriptions: int | None
    held: bool


def blog_row(one: Watched, counted: Counted | None, now: float, *, all_held: bool = False) -> BlogRow:
    held = all_held or one.state.held_at is not None
    word = "held" if held and one.state.error is None else state(one.state, now)
    trouble = _trouble(one)
    tone = _TONES.get(word, "calm")
    return BlogRow(
        id=one.blog.id,
        title=one.title,
        word=word,
        tone="warn" if trouble and tone in ("good", "calm") else tone,
        trouble=trouble,
        polled=one.polled,
        next_poll=one.next_poll,
        posted=one.state.last_post_at,
        posts=counted.posts if counted else None,
        subscriptions=counted.subscriptions if counted else None,
        held=held,
    )


def _trouble(one: Watched) -> str:
    said = []
    if one.state.error:
        often = count(one.state.failures, "time")
        said.append(f"cannot be read, {often} in a row: {short(one.state.error)}")
    if one.state.alarm:
        said.append(short(one.state.alarm, 240))
    return "; ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogPage:
    """A part of the list. `page` counts from 1; `found` is how many blogs the search has found, of `total`."""

    rows: tuple[BlogRow, ...]
    page: int
    pages: int
    found: int
    total: int


def blog_rows(situation: Situation) -> list[tuple[Watched, BlogRow]]:
    """Those in trouble first, then held ones, then those that are live; within these the order of the file."""
    counts, now, held = situation.now.blogs, situation.at, situation.all_held
    rows = [(one, blog_row(one, counts.get(one.blog.id), now, all_held=held)) for one in situation.blogs]
    return sorted(rows, key=lambda row: (_ORDER.index(row[1].tone), not row[1].trouble))


def blog_page(every: Sequence[tuple[Watched, BlogRow]], query: str = "", page: int = 1) -> BlogPage:
    """A page of those that fit the search."""
    rows = [row for one, row in every if _fits(one, query)]
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(page, 1), pages)
    shown = tuple(rows[(page - 1) * PAGE : page * PAGE])
    return BlogPage(rows=shown, page=page, pages=pages, found=len(rows), total=len(every))


def _fits(one: Watched, query: str) -> bool:
    """Whether every word of the search is in its id, its title, its address or its trouble."""
    if not query:
        return True
    said = f"{one.blog.id} {one.title} {one.blog.url} {one.state.error or ''} {one.state.alarm or ''}".casefold()
    return all(word in said for word in query.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    name: str
    about: str
    waiting: int
    share: float  # of what waits in all lanes, 0 to 1


def lane_rows(situation: Situation) -> list[LaneRow]:
    most = max(situation.waiting, 1)
    waiting = situation.now.queue
    return [
        LaneRow(name=name, about=about, waiting=waiting.get(lane, 0), share=waiting.get(lane, 0) / most)
        for lane, (name, about) in _LANES.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRow:
    """A push. `share`: how much of it has arrived, None where that is not counted yet. `acts`: what can be done."""

    number: int
    text: str
    word: str
    tone: Tone
    at: float
    audience: str
    said: str
    share: float | None
    acts: tuple[str, ...]


def push_row(one: Pushed) -> PushRow:
    push, progress = one.push, one.progress
    word, tone = _push_word(one)
    return PushRow(
        number=push.post.id,
        text="(a copied message)" if push.post.copied else short(push.post.text, 200) or "(no words)",
        word=word,
        tone=tone,
        at=push.at,
        audience=_audience(one),
        said=_said(push.state, progress),
        share=_share(progress) if progress and push.state != "scheduled" else None,
        acts=_acts(one),
    )


def _push_word(one: Pushed) -> tuple[str, Tone]:
    push, progress = one.push, one.progress
    if push.recalled:
        return "recalled", "warn"
    if push.state == "stopped":
        return "stopped", "warn"
    if push.state == "scheduled":
        return "scheduled", "calm"
    if push.paused_at is not None:
        return "paused", "warn"
    if progress is not None and not is_going(progress):
        return "delivered", "calm"
    return "on its way", "good"


def is_going(progress: Progress) -> bool:
    """Whether somebody who is awake is still to get it."""
    return not progress.expanded or progress.waiting > progress.asleep or progress.changing > 0


def _audience(one: Pushed) -> str:
    push = one.push
    if push.only_chat is not None:
        return "only its author"
    if push.language is not None:
        return f"who reads in {push.language}"
    if push.blog is None:
        return "everybody"
    return f"who follows {push.blog}" + (f", {', '.join(push.topics)}" if push.topics else "")


def _said(state_: str, progress: Progress | None) -> str:
    if state_ == "scheduled":
        return "it goes to whoever follows then"
    if progress is None:
        return "being counted"
    said = [f"{progress.sent:,} of {progress.sent + progress.waiting:,}" + ("" if progress.expanded else " and more")]
    for number, word in (
        (progress.asleep, "in quiet hours"),
        (progress.refused, "refused"),
        (progress.closed, "closed"),
        (progress.stuck, "not changed"),
    ):
        said += [f"{number:,} {word}"] if number else []
    return ", ".join(said)


def _share(progress: Progress) -> float:
    return progress.sent / max(1, progress.sent + progress.waiting)


def _acts(one: Pushed) -> tuple[str, ...]:
    if one.push.state == "scheduled":
        return ("cancel",)
    if one.push.state != "sent" or one.push.recalled:
        return ()
    if one.push.paused_at is not None:
        return ("resume", "stop")
    if one.progress is not None and not is_going(one.progress):
        return ()
    return ("pause", "stop")


def push_rows(pushes: Sequence[Pushed]) -> list[PushRow]:
    return [push_row(one) for one in pushes]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node. `trouble`: what is wrong with it, in a line, or ""; `since`: in seconds since 1970."""

    name: str
    version: str
    since: float
    lanes: str
    shards: int
    trouble: str
    tone: Tone


def node_rows(nodes: Nodes | None) -> list[NodeRow]:
    """Where there are several, or one is missed; those that are gone stand last."""
    if nodes is None or len(nodes.here) + len(nodes.gone) < 2:
        return []
    return [_node_row(one, nodes) for one in (*nodes.here, *nodes.gone)]


def _node_row(node: Node, nodes: Nodes) -> NodeRow:
    label, is_gone = nodes.label(node), node in nodes.gone
    trouble = "; ".join(short(one.text, 240) for one in wrong(nodes) if one.part == label and one.kind is not Kind.LANE)
    return NodeRow(
        name=label,
        version=node.version,
        since=node.started_at,
        lanes="" if is_gone else ", ".join(node.lanes),
        shards=0 if is_gone else node.shards,
        trouble=trouble,
        tone="bad" if is_gone else "warn" if trouble else "good",
    )
