"""What a poll does with what it finds; the page is a real server, the clock is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.model import ChangeKind
from bot.core.state import State, state_of
from bot.core.timing import Schedule, next_poll
from storage import open_store
from tests import pages
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.publisher import Publisher, update


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    async with Publisher() as publisher:
        publisher.publish("old")
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n'
        one = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        await one.open()
        yield one
        await one.close()


async def test_a_quiet_page_costs_a_conditional_request_and_no_reading(watch: Watch) -> None:
    await watch.poll(3)
    assert (watch.publisher.polls, watch.publisher.conditional) == (3, 2)


async def test_a_post_without_an_address_of_its_own_leads_to_its_page(watch: Watch) -> None:
    watch.publisher.raw = pages.html(pages.blog(pages.update(2, url=None), pages.update(1))).encode()
    await watch.poll()
    posts = await watch.store.latest(blogs=["storm"], now=watch.now.timestamp() + 1, limit=2)
    assert [post.url for post in posts] == [pages.BLOG, f"{pages.BLOG}#post-1"]


async def test_a_hole_counts_on_while_the_page_says_not_modified(watch: Watch) -> None:
    for key in ("a", "b", "c"):
        watch.publisher.publish(key)
    await watch.poll()
    watch.publisher.take_away("b")
    await watch.poll(2)
    assert "About b" in await watch.titles()
    await watch.poll()
    assert "About b" not in await watch.titles()


async def test_validators_do_not_advance_with_a_page_that_was_not_accepted(watch: Watch) -> None:
    watch.publisher.publish("a")
    await watch.poll()
    posts, watch.publisher.posts = watch.publisher.posts, []
    await watch.poll(3)
    assert watch.publisher.conditional == 0
    (said,) = watch.reports
    assert said == (
        "storm (jsonld): the page shows no posts any more, though it had some; nothing was sent and nothing withdrawn. "
        "Since 4 May 09:00 UTC. What to do: docs/operations.md, “A page is not as it was”."
    )
    watch.publisher.posts = posts
    await watch.poll()
    assert watch.publisher.conditional == 1
    assert watch.reports[1].startswith("storm: as it should be again")


async def test_a_passing_failure_is_told_after_three_polls_and_its_end_once(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.ill = 502
    await watch.poll(2)
    assert watch.reports == []
    await watch.poll(3)
    assert len(watch.reports) == 1
    assert "answers 502" in watch.reports[0]
    watch.publisher.ill = None
    await watch.poll(2)
    assert watch.reports[1:] == ["storm: answers again. It lasted 1 minute 30 seconds, since 4 May 09:01 UTC."]


async def alarms_in_status(watch: Watch) -> list[str | None]:
    return [blog.alarm for blog in await watch.store.blogs()]


async def loses_its_posts(watch: Watch) -> None:
    """An alarm stands."""
    await watch.poll()
    watch.publisher.posts = []
    await watch.poll()
    assert len(watch.reports) == 1
    assert await alarms_in_status(watch) != [None]


async def test_the_alarm_of_a_page_ends_when_the_blog_has_left_it(watch: Watch) -> None:
    await loses_its_posts(watch)
    async with Publisher() as other:
        for key in ("old", "newer"):
            other.publish(key)
        watch.settings = settings_of(f'[[blogs]]\nid = "storm"\nurl = "{other.url}"\n')
        await watch.poll()
        assert await alarms_in_status(watch) != [None]
        await watch.poll(2)
    assert await alarms_in_status(watch) == [None]
    assert [said.split(" (")[0] for said in watch.reports[1:]] == ["storm: as it should be again"]


async def test_a_page_that_asks_for_patience_gets_it_also_while_the_blog_moves_to_another(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.ill, watch.publisher.headers = 429, {"Retry-After": "600"}
    async with Publisher() as other:
        other.publish("old")
        watch.settings = settings_of(f'[[blogs]]\nid = "storm"\nurl = "{other.url}"\n')
        await watch.poll()
    retry_at = watch.poller.state("storm").retry_after
    assert retry_at is not None
    assert retry_at > datetime.now(UTC) + timedelta(minutes=9)


async def test_the_alarm_of_a_blog_ends_under_its_new_name(watch: Watch) -> None:
    await loses_its_posts(watch)
    before = watch.settings
    watch.settings = settings_of(f'[[blogs]]\nid = "gale"\nwas = "storm"\nurl = "{watch.publisher.url}"\n')
    await watch.poller.apply(before)
    await watch.poller.poll_now("gale")
    assert len(watch.reports) == 1
    watch.publisher.publish("old")
    await watch.poller.poll_now("gale")
    assert await alarms_in_status(watch) == [None]
    assert [said.split(" (")[0] for said in watch.reports[1:]] == ["gale: as it should be again"]


async def test_a_blog_that_is_renamed_while_it_is_polled_leaves_nothing_under_its_old_name(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.publish("new")
    before, file = watch.settings, f'[[blogs]]\nid = "gale"\nwas = "storm"\nurl = "{watch.publisher.url}"\n'
    async with watch.publisher.held():
        poll = asyncio.create_task(watch.poll())
        await watch.publisher.waited_for()
        watch.settings = settings_of(file)
        await watch.poller.apply(before)
    await poll
    await watch.poller.poll_now("gale")
    assert [one.key for one in watch.desk.published] == ["new"]
    assert [blog.id for blog in await watch.store.blogs()] == ["gale"]


async def test_an_alarm_is_not_told_again_after_a_restart_and_its_end_is(watch: Watch) -> None:
    await loses_its_posts(watch)
    again = Watch(watch.publisher, watch.store, watch.settings, now=watch.now)
    await again.open()
    await again.alarms.remember()
    await again.poll(2)
    assert again.reports == []
    watch.publisher.publish("old")
    await again.poll()
    assert len(again.reports) == 1
    assert await alarms_in_status(watch) == [None]
    await again._fetcher.close()


async def test_a_page_that_is_broken_at_every_other_poll_is_not_told_of_all_day(watch: Watch) -> None:
    await watch.poll()
    for _ in range(20):
        watch.publisher.raw = b"<!doctype html><p>Back soon</p>"
        await watch.poll()
        watch.publisher.raw = None
        await watch.poll()
    assert len(watch.reports) == 2
    watch.publisher.raw = b"<!doctype html><p>Back soon</p>"
    await watch.poll(60)
    assert len(watch.reports) == 3  # it stays
    watch.publisher.raw = None
    await watch.poll()
    assert [said.split(". ")[0] for said in watch.reports[3:]] == ["storm: answers again"]


async def test_an_alarm_that_comes_and_goes_is_not_told_of_all_day(watch: Watch) -> None:
    await loses_its_posts(watch)
    for _ in range(20):
        watch.publisher.publish("old")
        await watch.poll()
        watch.publisher.posts = []
        await watch.poll()
    assert len(watch.reports) == 2
    await watch.poll(60)
    assert len(watch.reports) == 3  # it stays
    watch.publisher.publish("old")
    await watch.poll()
    assert "as it should be again" in watch.reports[3]


async def test_a_lasting_failure_is_told_at_once(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.ill = 410
    await watch.poll(2)
    assert len(watch.reports) == 1


async def test_what_is_no_live_blog_withdraws_nothing_and_is_told_once(watch: Watch) -> None:
    watch.publisher.publish("a")
    await watch.poll()
    watch.publisher.raw = b"<html><p>We are improving our site.</p></html>"
    await watch.poll(5)
    assert len(watch.reports) == 1
    assert "no live blog" in watch.reports[0]
    assert "About a" in await watch.titles()


async def test_an_error_is_not_repeated_to_the_admins_after_a_restart(watch: Watch, tmp_path: Path) -> None:
    watch.publisher.ill = 404
    await watch.poll()
    again = Watch(watch.publisher, watch.store, watch.settings, now=watch.now)
    await again.open()
    await again.poll(2)
    watch.publisher.ill = None
    await again.poll()
    assert [said.split(". ")[0] for said in again.reports] == ["storm: answers again"]
    await again._fetcher.close()


async def test_the_next_days_page_continues_the_blog_and_repeats_nothing(tmp_path: Path) -> None:
    async with Publisher() as publisher:
        publisher.publish("a")
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}?day={{date:%d}}"\n'
        watch = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        await watch.open()
        await watch.poll()
        watch.now += timedelta(hours=20)
        publisher.gone, publisher.posts = "day=04", []
        publisher.publish("a2", "About a")
        publisher.publish("b")
        await watch.poll()
        assert await watch.titles() == ["About a", "About b"]
        assert watch.reports == []
        await watch.close()


async def test_two_polls_of_a_blog_never_meet(watch: Watch) -> None:
    await asyncio.gather(watch.poller.poll_now("storm"), watch.poller.poll_now("storm"))
    assert watch.publisher.polls == 2
    assert await watch.titles() == ["About old"]


# --- a blog's life -------------------------------------------------------------------------------------------------


async def state(watch: Watch) -> State:
    stored = await watch.store.blog("storm")
    assert stored is not None
    return state_of(stored.life, watch.now)


def next_in(watch: Watch) -> timedelta:
    """How long after now the next poll would come under an adaptive schedule of 20 seconds."""
    schedule = Schedule(every=timedelta(seconds=20), adaptive=True)
    return next_poll(schedule, "UTC", watch.now, watch.now, watch.poller.state("storm")) - watch.now


async def test_a_blog_before_its_kick_off_is_read_and_its_first_post_is_news(watch: Watch) -> None:
    watch.publisher.posts = []
    watch.publisher.about = {"coverageStartTime": (watch.now + timedelta(hours=2)).isoformat()}
    await watch.poll(2)
    assert await state(watch) is State.NOT_STARTED
    assert watch.reports == []
    assert next_in(watch) > timedelta(minutes=9)
    watch.now += timedelta(hours=1, minutes=46)
    await watch.poll()
    assert next_in(watch) < timedelta(seconds=30)
    watch.publisher.publish("first")
    await watch.poll()
    assert [(change.kind, change.key) for change in watch.desk.published] == [(ChangeKind.NEW, "first")]
    assert await state(watch) is State.LIVE
    watch.publisher.posts = []
    await watch.poll()
    assert len(watch.reports) == 1
    assert "no posts any more" in watch.reports[0]


async def test_a_quiet_blog_is_asked_less_often_and_an_edit_wakes_it(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.publish("a")
    await watch.poll()
    assert (await state(watch), next_in(watch) < timedelta(seconds=30)) == (State.LIVE, True)
    watch.now += timedelta(hours=1)
    await watch.poll()
    assert (await state(watch), next_in(watch) > timedelta(seconds=39)) == (State.QUIET, True)
    watch.publisher.publish("a", "About a", "Now it has something else to tell.")
    await watch.poll()
    assert (await state(watch), next_in(watch) < timedelta(seconds=30)) == (State.LIVE, True)


async def test_a_blog_that_ended_is_live_again_with_its_next_post_and_over_again_without_one(watch: Watch) -> None:
    await watch.poll()
    watch.publisher.publish("bye", "That is all", "We are closing this live blog now.")
    await watch.poll()
    assert (await state(watch), next_in(watch) >= timedelta(minutes=10)) == (State.ENDED, True)
    watch.publisher.publish("more")
    await watch.poll()
    assert (await state(watch), next_in(watch) < timedelta(seconds=30)) == (State.LIVE, True)
    watch.now += timedelta(hours=1)
    await watch.poll()
    assert (await state(watch), next_in(watch) >= timedelta(minutes=10)) == (State.ENDED, True)


async def test_a_restart_changes_nothing_of_when_a_blog_is_asked(watch: Watch) -> None:
    watch.publisher.headers = {"Cache-Control": "max-age=1"}
    await watch.poll()
    watch.publisher.publish("bye", "That is all", "We are closing this live blog now.")
    await watch.poll()
    again = Watch(watch.publisher, watch.store, watch.settings, now=watch.now)
    await again.open()
    await again.poller.start()
    assert again.poller.state("storm").life == watch.poller.state("storm").life
    await again.poller.stop()
    await again._fetcher.close()


@pytest.mark.parametrize("status", [None, 503])
async def test_retry_after_is_obeyed_whatever_the_answer_and_of_a_good_one_within_reason(
    watch: Watch, status: int | None
) -> None:
    await watch.poll()
    watch.publisher.headers, watch.publisher.ill = {"Retry-After": "86400"}, status
    watch.publisher.publish("a")
    before = datetime.now(UTC)
    await watch.poll()
    asked = watch.poller.state("storm").retry_after
    assert asked is not None
    if status is None:
        assert asked == watch.now - timedelta(seconds=30) + timedelta(minutes=15)
    else:
        assert asked >= before + timedelta(hours=23)
    watch.publisher.headers, watch.publisher.ill = {}, None
    await watch.poll()
    assert watch.poller.state("storm").retry_after is None or status is not None


async def test_what_a_feed_asks_for_is_kept_over_a_restart(watch: Watch) -> None:
    item = "<item><guid>a</guid><title>Ferry held</title><description>In port.</description></item>"
    feed = f"<rss version='2.0'><channel><title>Storm</title><ttl>15</ttl>{item}</channel></rss>"
    watch.publisher.raw = feed.encode()
    await watch.poll()
    assert watch.poller.state("storm").interval_hint == 900
    stored = await watch.store.blog("storm")
    assert stored is not None
    assert stored.interval_hint == 900


async def test_a_feed_with_new_ids_at_every_request_is_told_of_once_and_goes_on(watch: Watch) -> None:
    def feed(number: int, *names: str) -> bytes:
        items = "".join(
            f"<item><guid>{number}-{name}</guid><title>{name} news</title><description>The {name}.</description></item>"
            for name in names
        )
        return f"<rss version='2.0'><channel><title>Storm</title>{items}</channel></rss>".encode()

    names = ["Ferry", "Bridge", "Roof", "Lights", "Tide"]
    for number in range(12):
        watch.publisher.raw = feed(number, *names)
        await watch.poll()
        if number == 8:
            names.insert(0, "Siren")
    alarms = [report for report in watch.reports if "ids" in report and "as it should be" not in report]
    assert len(alarms) == 2  # that they are others, and that they are none
    assert 'identity = "link+title"' in alarms[1]
    assert [change.title for change in watch.desk.published] == ["Siren news"]
    memory, _ = await watch.store.memory("storm", watch.publisher.url)
    assert len(memory.aliases) <= 2 * len(names)


async def test_the_page_that_was_left_says_no_more_that_its_blog_is_over(tmp_path: Path) -> None:
    async with Publisher() as publisher:
        publisher.publish("a")
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}?day={{date:%d}}"\n'
        watch = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        await watch.open()
        await watch.poll()
        publisher.publish("bye", "That is all", "We are closing this live blog now.")
        await watch.poll()
        assert await state(watch) is State.ENDED
        watch.now = datetime(2024, 5, 5, 1, 0, tzinfo=UTC)
        publisher.others = {"day=05": [update("b")]}
        await watch.poll()
        assert await state(watch) is State.LIVE
        publisher.publish("a", "About a", "A late correction of yesterday.")
        await watch.poll(2)
        assert await state(watch) is State.LIVE
        await watch.close()


async def test_a_blog_whose_next_poll_is_due_when_one_ends_goes_on_being_asked(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after one that took longer than the time between two."""
    monkeypatch.setattr("bot.poller.next_poll", lambda *about, **how: datetime.now(UTC))
    await watch.poller.start()
    await watch.publisher.polled(20)
    await watch.poller.stop()
