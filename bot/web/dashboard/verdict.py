"""The first line: are readers getting the news? One plain sentence, and what is wrong, if anything. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.standing import Kind
from bot.web.dashboard.rows import Tone
from bot.web.dashboard.situation import Situation, Watched
from bot.web.dashboard.words import count, said, seconds, short

SLOWED = 0.9  # of the allowance
MUCH = 0.2  # of all that there is
NAMED = 3  # blogs that a sentence names

_STOPS_ALL = {
    Kind.HALTED: "Telegram takes no messages from this bot",
    Kind.UNREACHABLE: "Telegram cannot be reached",
}
_TOLD_ELSEWHERE = {Kind.FAILING, Kind.PAGE, Kind.STUCK, *_STOPS_ALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Something that is not as it should be. `stops`: because of it nobody gets anything; `part`: some news does not
    come. `to`: a page about it."""

    text: str
    tone: Tone = "warn"
    stops: bool = False
    part: bool = False
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`answer` and `sentence` are the line; `more` is what an admin with ten seconds reads next."""

    tone: Tone
    answer: str
    sentence: str
    more: str
    wrongs: tuple[Wrong, ...] = ()


def verdict(situation: Situation) -> Verdict:
    wrongs = tuple(_wrongs(situation))
    stopped = next((one for one in wrongs if one.stops), None)
    if stopped is not None:
        return Verdict(tone="bad", answer="No.", sentence=f"{stopped.text}.", more=_waits(situation), wrongs=wrongs)
    if not situation.blogs:
        return Verdict(tone="warn", answer="No.", sentence="The file names no live blog.", more="", wrongs=wrongs)
    if wrongs:
        first = wrongs[0]
        return Verdict(
            tone="bad" if first.tone == "bad" else "warn",
            answer=_answer(first),
            sentence=f"{first.text}.",
            more=_delivered(situation),
            wrongs=wrongs,
        )
    if situation.now.counted_at and not situation.now.subscriptions:
        return Verdict(tone="calm", answer="There are no readers yet.", sentence="Everything else is well.", more="")
    sentence = "Readers are getting the news."
    return Verdict(tone="good", answer="Yes.", sentence=sentence, more=_delivered(situation))


def _answer(wrong: Wrong) -> str:
    if wrong.tone == "bad":
        return "Not all of it."
    return "Mostly." if wrong.part else "Yes, but look here."


def _wrongs(situation: Situation) -> Iterator[Wrong]:
    """What keeps news from most readers first."""
    yield from _stopping(situation)
    yield from _failing(situation)
    yield from _slow(situation)
    yield from _alarms(situation)
    yield from _held(situation)


def _stopping(situation: Situation) -> Iterator[Wrong]:
    for alarm in situation.alarms:
        if alarm.kind in _STOPS_ALL:
            yield Wrong(text=_STOPS_ALL[alarm.kind], tone="bad", stops=True, to="alarms")
    if situation.all_held:
        yield Wrong(text="Every live blog is held", tone="bad", stops=True, to="#blogs")
    if situation.stuck is not None:
        waits = count(situation.stuck.waiting, "delivery waits", "deliveries wait")
        for_so_long = said(situation.stuck.seconds)
        yield Wrong(text=f"{waits}, and none has left for {for_so_long}", tone="bad", stops=True, to="#queue")


def _failing(situation: Situation) -> Iterator[Wrong]:
    failing = [one for one in situation.blogs if one.state.error is not None]
    if failing and len(failing) == len(situation.blogs):
        text = "No live blog can be read" if len(failing) > 1 else f"{failing[0].title} cannot be read"
        yield Wrong(text=text, tone="bad", stops=True, to="#blogs")
    elif failing:
        of_all = f"{len(failing):,} of {len(situation.blogs):,} live blogs"
        tone: Tone = "bad" if _is_much(situation, failing) else "warn"
        yield Wrong(text=f"{of_all} cannot be read: {_named(failing)}", tone=tone, part=True, to="#blogs")
    odd = [one for one in situation.blogs if one.state.alarm is not None and one.state.error is None]
    if odd:
        verb = "page does" if len(odd) == 1 else "pages do"
        yield Wrong(text=f"{len(odd):,} {verb} not look as before: {_named(odd)}", to="#blogs")


def _is_much(situation: Situation, blogs: Sequence[Watched]) -> bool:
    """Whether these are a good part of all blogs, or of all subscriptions: of a thousand blogs one always fails."""
    counts, all_of_them = situation.now.blogs, max(1, situation.now.subscriptions)
    followed = sum(counts[one.blog.id].subscriptions for one in blogs if one.blog.id in counts)
    return len(blogs) >= MUCH * len(situation.blogs) or followed >= MUCH * all_of_them


def _named(blogs: Sequence[Watched]) -> str:
    """ "Storm, Elections, Harbour and 4 more"."""
    names = ", ".join(short(one.title, 60) for one in blogs[:NAMED])
    return names + (f" and {len(blogs) - NAMED:,} more" if len(blogs) > NAMED else "")


def _slow(situation: Situation) -> Iterator[Wrong]:
    now = situation.now
    if now.share < SLOWED and now.floods_last_hour:
        often = count(now.floods_last_hour, "time")
        slowed = f"Telegram has slowed us to {now.share:.0%} of the allowance"
        yield Wrong(text=f"{slowed}: it answered 429 {often} in the last hour")


def _alarms(situation: Situation) -> Iterator[Wrong]:
    for alarm in situation.alarms:
        if alarm.kind not in _TOLD_ELSEWHERE:
            about = f"{alarm.subject}: " if alarm.subject else ""
            yield Wrong(text=short(f"{about}{alarm.text}", 240).rstrip("."), to="alarms")


def _held(situation: Situation) -> Iterator[Wrong]:
    held = [one for one in situation.blogs if one.state.held_at is not None]
    if held and not situation.all_held:
        what = count(len(held), "live blog is", "live blogs are")
        yield Wrong(text=f"{what} held: {_named(held)}", to="#blogs")


def _delivered(situation: Situation) -> str:
    now = situation.now
    if not now.delivered_last_hour:
        return "Nothing new had to be delivered in the last hour."
    said_ = count(now.delivered_last_hour, "message") + " delivered in the last hour"
    if now.latency_p50 is None:
        return f"{said_}."
    return f"{said_}; of late, half within {seconds(now.latency_p50)} of publishing."


def _waits(situation: Situation) -> str:
    if not situation.waiting:
        return _delivered(situation)
    return f"{count(situation.waiting, 'delivery waits', 'deliveries wait')} and will go out; nothing is lost."
