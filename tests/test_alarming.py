"""The one door to the admins: each alarm once, with its end, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alarming import Alarms
from bot.core.standing import DOCUMENT, SECTIONS, Alarm, Kind, messages, told
from storage import Store, StoreError, open_store
from tests.ledger import NOON
from tests.polling import MORNING

ADA, BO = 1001, 1002


@dataclass
class Newsdesk:
    """Admins who read what they are told, some of whom cannot be reached just now."""

    store: Store
    admins: list[int] = field(default_factory=lambda: [ADA])
    away: set[int] = field(default_factory=set)
    heard: list[tuple[int, str]] = field(default_factory=list)
    tries: int = 0
    now: datetime = MORNING
    alarms: Alarms = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after a kill."""
        self.alarms = Alarms(self.store, admins=lambda: self.admins, say=self._say, now=lambda: self.now)

    async def _say(self, person: int, text: str) -> bool:
        self.tries += 1
        if person not in self.away:
            self.heard.append((person, text))
        return person not in self.away

    async def after(self, minutes: float = 0.0) -> None:
        self.now += timedelta(minutes=minutes)
        await self.alarms.tell()

    async def floods(self, text: str = "many 429s") -> None:
        await self.alarms.raised(Kind.FLOODS, "", text, subject="Telegram asks for patience")
        await self.after()

    async def quiet(self) -> None:
        await self.alarms.ended(Kind.FLOODS, ending="it is quiet")
        await self.after()

    def words(self, person: int = ADA) -> list[str]:
        """How what somebody heard begins."""
        return [text.split(":")[0] for one, text in self.heard if one == person]


BEGUN, OVER = "Telegram asks for patience", "Over"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Newsdesk]:
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    yield Newsdesk(store)
    await store.close()


# --- what is said --------------------------------------------------------------------------------------------------


def test_a_beginning_says_what_where_since_when_and_where_it_says_what_to_do() -> None:
    alarm = Alarm(kind=Kind.DISK, about="", subject="The disk is nearly full", text="1 GB is free; so", since=NOON)
    assert told(alarm) == (
        "The disk is nearly full: 1 GB is free; so. Since 15 Jun 15:06 UTC. "
        "What to do: docs/operations.md, “The disk is nearly full”."
    )


def test_an_end_says_how_it_ended_and_how_long_it_lasted() -> None:
    about = {"text": "-", "since": NOON, "ended_at": NOON + 3900.0}
    blog = Alarm(kind=Kind.FAILING, about="storm", ending="answers again", **about)  # type: ignore[arg-type]
    assert told(blog) == "storm: answers again. It lasted 1 hour 5 minutes, since 15 Jun 15:06 UTC."
    other = Alarm(kind=Kind.DISK, about="", subject="The disk", ending="room again", **about)  # type: ignore[arg-type]
    assert told(other) == "Over: The disk; room again. It lasted 1 hour 5 minutes, since 15 Jun 15:06 UTC."


@given(st.sampled_from(Kind), st.text(), st.text(), st.text(), st.booleans())
def test_whatever_it_says_it_is_one_line(kind: Kind, subject: str, text: str, ending: str, over: bool) -> None:
    ended_at = NOON if over else None
    alarm = Alarm(kind=kind, about="", subject=subject, text=text, since=NOON, ended_at=ended_at, ending=ending)
    assert len(told(alarm).splitlines()) == 1


def test_every_kind_has_its_row_in_the_documentation() -> None:
    documented = (Path(__file__).parents[1] / DOCUMENT).read_text()
    table = documented[documented.index("## Alarms") :].split("\n## ")[0]
    rows = [row.split(" | ") for row in table.splitlines() if row.startswith("| ")]
    assert [row[0].removeprefix("| ") for row in rows[2:]] == [SECTIONS[kind] for kind in Kind]
    assert all(len(row) == 4 and all(cell.strip(" |") for cell in row) for row in rows), "means, ends, what to do"


# --- once, with its end --------------------------------------------------------------------------------------------


async def test_what_stands_is_told_once_and_its_end_once(desk: Newsdesk) -> None:
    for _ in range(3):
        await desk.floods()
    for _ in range(3):
        await desk.quiet()
    assert desk.words() == [BEGUN, OVER]


async def test_two_who_tell_at_the_same_time_tell_it_once(desk: Newsdesk) -> None:
    await desk.alarms.raised(Kind.FLOODS, "", "many 429s", subject=BEGUN)
    await asyncio.gather(*(desk.alarms.tell() for _ in range(5)))
    assert desk.words() == [BEGUN]


async def test_what_changes_while_it_stands_is_kept_and_not_told_again(desk: Newsdesk) -> None:
    await desk.floods("20 of them")
    await desk.floods("30 of them")
    assert desk.words() == [BEGUN]
    assert [one.text for one in await desk.store.alarms()] == ["30 of them"]


async def test_another_mistake_in_the_file_is_another_alarm(desk: Newsdesk) -> None:
    for text in ("line 3", "line 7"):
        await desk.alarms.raised(Kind.FILE, "", text, subject="The file")
        await desk.after()
    assert desk.words() == ["The file", "The file"]
    await desk.alarms.ended(Kind.FILE, ending="it is applied")
    await desk.after()
    assert desk.words()[2:] == [OVER], "of the last"


async def test_a_restart_tells_nothing_twice_and_forgets_no_end(desk: Newsdesk) -> None:
    await desk.floods()
    desk.restart()
    await desk.alarms.remember()
    await desk.floods()
    assert desk.words() == [BEGUN]
    await desk.alarms.ended(Kind.FLOODS, ending="it is quiet")
    desk.restart()  # before it was told
    await desk.after()
    assert desk.words() == [BEGUN, OVER]


async def test_what_comes_back_soon_is_told_half_an_hour_later_if_it_stands_then(desk: Newsdesk) -> None:
    for _ in range(5):
        await desk.floods()
        await desk.after(1)
        await desk.quiet()
        await desk.after(1)
    assert desk.words() == [BEGUN, OVER]
    await desk.floods()
    desk.restart()
    await desk.after(19)
    assert desk.words() == [BEGUN, OVER]
    await desk.after(2)
    assert desk.words() == [BEGUN, OVER, BEGUN]


async def test_what_ended_before_anybody_heard_of_it_is_not_told(desk: Newsdesk) -> None:
    await desk.alarms.raised(Kind.FLOODS, "", "many", subject="-")
    await desk.quiet()
    assert desk.heard == []
    await desk.floods()
    assert desk.words() == [BEGUN], "and nothing holds back the next one"


async def test_very_many_at_once_are_one_message(desk: Newsdesk) -> None:
    """A network that is gone makes every blog fail."""
    for number in range(40):
        await desk.alarms.raised(
            Kind.FAILING, f"blog-{number}", "does not answer; nothing is sent", subject=f"b{number}"
        )
    await desk.after()
    ((_, said),) = desk.heard
    assert said.startswith("40 alarms have begun and 0 are over; /alarms says what stands.\n- b0: does not answer")
    assert said.splitlines()[-1].startswith("and ")
    assert len(said) < 4000
    for number in range(40):
        await desk.alarms.ended(Kind.FAILING, f"blog-{number}", "answers again")
    for _ in range(3):
        await desk.after(1)
    assert [text.split(";")[0] for _, text in desk.heard[1:]] == ["0 alarms have begun and 40 are over"]


@given(st.integers(0, 100), st.integers(0, 300))
def test_every_alarm_is_told_in_one_message_that_telegram_takes(count: int, length: int) -> None:
    alarms = [Alarm(kind=Kind.FAILING, about="", text="x" * length, since=NOON, id=number) for number in range(count)]
    made = messages(alarms)
    assert [one for _, said in made for one in said] == alarms
    assert all(len(text) <= 4096 for text, _ in made)
    for text, said in made:
        shown = sum(line.startswith("- ") for line in text.splitlines())
        rest = text.splitlines()[-1]
        assert len(said) == 1 or len(said) == shown + (int(rest.split()[1]) if rest.startswith("and ") else 0)


# --- several admins, and those who are away ------------------------------------------------------------------------


async def test_every_admin_is_told(desk: Newsdesk) -> None:
    desk.admins = [ADA, BO]
    await desk.floods()
    await desk.quiet()
    assert [desk.words(one) for one in desk.admins] == [[BEGUN, OVER]] * 2


async def test_who_was_away_hears_later_of_what_still_stands(desk: Newsdesk) -> None:
    desk.admins, desk.away = [ADA, BO], {BO}
    await desk.floods()
    assert (desk.words(ADA), desk.words(BO)) == ([BEGUN], [])
    desk.away.clear()
    await desk.after(1)
    assert desk.words(BO) == [BEGUN]
    await desk.after(60)
    assert desk.words(ADA) == [BEGUN]


async def test_who_was_away_all_the_time_hears_nothing_of_what_is_over(desk: Newsdesk) -> None:
    desk.admins, desk.away = [ADA, BO], {BO}
    await desk.floods()
    await desk.quiet()
    desk.away.clear()
    await desk.after(60)
    assert (desk.words(ADA), desk.words(BO)) == ([BEGUN, OVER], [])


async def test_the_end_waits_for_who_heard_the_beginning(desk: Newsdesk) -> None:
    await desk.floods()
    desk.away = {ADA}
    await desk.quiet()
    desk.away = set()
    await desk.after(60)
    assert desk.words() == [BEGUN, OVER]


async def test_who_cannot_be_reached_is_tried_less_and_less_often(desk: Newsdesk) -> None:
    desk.away = {ADA}
    await desk.floods()
    for _ in range(120):
        await desk.after(0.5)
    assert 5 <= desk.tries <= 10


async def test_a_new_admin_hears_of_what_stands_and_a_former_one_of_nothing_more(desk: Newsdesk) -> None:
    await desk.floods()
    desk.admins = [BO]
    await desk.after()
    await desk.quiet()
    assert (desk.words(ADA), desk.words(BO)) == ([BEGUN], [BEGUN, OVER])


async def test_telegram_out_of_reach_is_told_when_it_is_over_to_everybody(desk: Newsdesk) -> None:
    desk.admins = [ADA, BO]
    await desk.alarms.raised(Kind.UNREACHABLE, "", "nothing is sent", subject="Telegram could not be reached")
    await desk.after(14)
    assert desk.heard == []
    desk.restart()
    await desk.alarms.remember()
    await desk.alarms.ended(Kind.UNREACHABLE, ending="it answers again")
    for _ in range(3):
        await desk.after(1)
    assert [text.split(",")[0] for _, text in desk.heard] == [
        "Over: Telegram could not be reached; it answers again. It lasted 14 minutes"
    ] * 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["raise", "end", "away", "back", "restart", "wait"]), max_size=25), st.integers())
async def test_whatever_happens_beginnings_and_ends_are_heard_in_turns(
    tmp_path: Path, acts: list[str], run: int
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/{run}.db")
    desk = Newsdesk(store)
    for act in acts:
        if act in ("raise", "end"):
            await (desk.floods() if act == "raise" else desk.quiet())
        elif act in ("away", "back"):
            desk.away = {ADA} if act == "away" else set()
        elif act == "restart":
            desk.restart()
            await desk.alarms.remember()
        await desk.after(20 if act == "wait" else 0)
    desk.away = set()
    await desk.quiet()
    await desk.after(60)
    heard = desk.words()
    assert sorted(heard) == [OVER] * (len(heard) // 2) + [BEGUN] * (len(heard) // 2), "each with its end"
    assert await store.to_tell([ADA], desk.now.timestamp(), 0.0) == []
    await store.close()


# --- blogs ---------------------------------------------------------------------------------------------------------


async def test_what_stands_about_a_blog_ends_when_it_leaves_the_file(desk: Newsdesk) -> None:
    await desk.alarms.raised(Kind.FAILING, "storm", "answers 404", subject="storm")
    await desk.after()
    await desk.alarms.only_of(["election"])
    await desk.after()
    assert desk.heard[-1][1].startswith("storm: is in the file no more.")


async def test_alarms_of_an_older_database_stand_on_and_only_their_end_is_told(tmp_path: Path) -> None:
    """There a note said that a blog fails, and the blog what is wrong with its page."""
    await open_store(f"sqlite:///{tmp_path}/relay.db").close()
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        db.executescript(
            f"""DROP TABLE alarm; DROP TABLE heard; DROP INDEX delivery_refused;
            ALTER TABLE blog ADD COLUMN alarm TEXT;
            DELETE FROM _sqlite_migrations WHERE name LIKE 'alarms%' OR name LIKE 'what_was_refused%';
            INSERT INTO blog (id, polled_at, answered_at, alarm) VALUES ('storm', {NOON}, {NOON - 600}, 'no posts');
            INSERT INTO note VALUES ('failing storm', 'answers 404'), ('colour', 'blue');"""
        )
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    desk = Newsdesk(store)
    await desk.alarms.remember()
    assert [(one.kind, one.about, one.text, one.since) for one in await store.alarms()] == [
        (Kind.FAILING, "storm", "answers 404", NOON - 600),
        (Kind.PAGE, "storm", "no posts", NOON),
    ]
    assert [blog.alarm for blog in await store.blogs()] == ["no posts"]
    assert (await store.note("failing storm"), await store.note("colour")) == (None, "blue")
    await desk.after()
    assert desk.heard == []
    await desk.alarms.ended(Kind.FAILING, "storm", "answers again")
    await desk.after()
    assert [text.split(".")[0] for _, text in desk.heard] == ["storm: answers again"]
    await store.close()


# --- a store that takes nothing ------------------------------------------------------------------------------------


async def test_what_a_full_disk_does_not_take_is_told_all_the_same_and_once(
    desk: Newsdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*given: object) -> None:
        raise StoreError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "begin_alarm", full)
        for _ in range(3):
            await desk.floods()
        assert desk.words() == [BEGUN]
    await desk.after(1)
    await desk.quiet()
    assert desk.words() == [BEGUN, OVER]
    (ended,) = await desk.store.alarms(ended_since=0.0)
    assert ended.since == MORNING.timestamp(), "since it began, not since it could be written"


async def test_words_that_a_full_disk_does_not_take_tell_nothing_twice(
    desk: Newsdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*given: object) -> None:
        raise StoreError("database or disk is full")

    await desk.floods("20 of them")
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "begin_alarm", full)
        await desk.floods("30 of them")
    await desk.floods("40 of them")
    await desk.quiet()
    assert desk.words() == [BEGUN, OVER]


async def test_an_end_that_is_said_while_the_beginning_is_written_is_its_end(desk: Newsdesk) -> None:
    raised = desk.alarms.raised(Kind.HUB, "storm", "it denies", subject="storm")
    await asyncio.gather(raised, desk.alarms.ended(Kind.HUB, "storm", "it tells us"))
    assert await desk.store.alarms() == []
    assert desk.alarms.standing() == []


async def test_ended_alarms_are_kept_for_a_while_and_then_forgotten(desk: Newsdesk) -> None:
    await desk.floods()
    await desk.quiet()
    ended_at = desk.now.timestamp()
    await desk.floods()
    assert [one.ended_at for one in await desk.store.alarms(ended_since=ended_at - 1)] == [ended_at, None]
    assert await desk.store.forget_alarms(ended_at) == 0
    assert await desk.store.forget_alarms(ended_at + 1) == 1
    assert [one.ended_at for one in await desk.store.alarms(ended_since=0.0)] == [None]


async def test_an_alarm_that_both_have_outlives_the_renaming_of_a_blog_once(store: Store) -> None:
    await store.in_file([("old", None, None), ("new", None, None)], NOON)
    for blog in ("old", "new"):
        await store.begin_alarm(Alarm(kind=Kind.FAILING, about=blog, text="gone", since=NOON))
    await store.begin_alarm(Alarm(kind=Kind.LATE, about="old", text="late", since=NOON))
    await store.in_file([("new", None, "old")], NOON + 1)
    assert sorted((one.kind, one.about) for one in await store.alarms() if one.about == "new") == [
        (Kind.FAILING, "new"),
        (Kind.LATE, "new"),
    ]
