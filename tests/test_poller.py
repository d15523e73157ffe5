"""What a poll does with what it finds; the page is a real server, the clock is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage import open_store
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.publisher import Publisher


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
    assert watch.reports == [
        "storm (jsonld): the page shows no posts any more, though it had some; nothing was sent and nothing withdrawn"
    ]
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
    assert watch.reports[1:] == ["storm: answers again"]


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
    assert again.reports == ["storm: answers again"]
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
