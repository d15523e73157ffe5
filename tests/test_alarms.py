"""Every alarm names blog, reader, reason, and what was done; on one line that a person reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.core import alarms
from bot.core.model import Snapshot, Verdict
from bot.core.standing import Alarm, Kind, told
from bot.saying import diff_json, diff_lines
from storage import open_store
from tests.blog_builders import Blog, delta, page, post
from tests.ledger import NOON
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.publisher import Publisher, update

TEN = [f"p{number}" for number in range(10, 0, -1)]


def alarm_after(*snapshots: Snapshot) -> str:
    blog = Blog()
    blog.poll(*snapshots)
    assert blog.last.alarm is not None
    return blog.last.alarm


def renamed(key: str) -> Snapshot:
    """The same ten posts under other ids, and one that is new."""
    known = [post(f"{key}{one}", f"What {one} has to tell.", title=f"About {one}") for one in TEN]
    return page(post("fresh"), *known)


SHIFT = list(zip(TEN, ["p11", *TEN], strict=False))
MOVED = [post(a, f"What {b} has to tell.", title=f"About {b}") for a, b in SHIFT]

ALARMS: dict[str, tuple[Callable[[], str], str, str]] = {
    "a page without posts": (
        lambda: alarm_after(page(*TEN), page()),
        "shows no posts any more",
        "nothing was sent and nothing withdrawn",
    ),
    "ids that name places": (
        lambda: alarm_after(page(*TEN), page(*MOVED)),
        "ids have moved from one post to another post: they name places, so posts are known by their words",
        "no post was sent as new, none was taken as withdrawn",
    ),
    "ids that name places and were asked for": (
        lambda: alarm_after(page(*TEN), page(*MOVED, identity="id")),
        "ids have moved",
        "nothing was sent and nothing withdrawn",
    ),
    "holes": (
        lambda: alarm_after(page(*TEN), page("p10", "p5", "p1")),
        "7 posts vanished at once",
        "none of them was withdrawn, all else was relayed",
    ),
    "another reader": (
        lambda: alarm_after(page(*TEN), page("new", *TEN, format="bbc")),
        "now read as bbc instead of jsonld",
        "1 post was sent as new, none was taken as withdrawn",
    ),
    "other ids": (
        lambda: alarm_after(page(*TEN), renamed("other-")),
        "other ids for the posts it had: 10 of 11",
        "1 post was sent as new, none was taken as withdrawn",
    ),
    "a list that shrank": (
        lambda: alarm_after(page(*TEN), delta("new", doubt=alarms.vanished(4, " from the list"))),
        "4 posts vanished from the list at once",
        "none of them was withdrawn, all else was relayed",
    ),
    "changes that cannot be had": (
        lambda: alarms.instead("answers 404 Not Found"),
        "what changed cannot be asked for: answers 404 Not Found",
        "its page was read instead, and all it shows was relayed",
    ),
    "an answer that fails": (
        lambda: alarms.failed("answers 404 Not Found", "https://blog.example/live"),
        "answers 404 Not Found (https://blog.example/live)",
        "nothing is sent or withdrawn for it, and it is asked again",
    ),
    "one that cannot be read": (
        lambda: alarms.unread("no live blog: found JSON"),
        "no live blog: found JSON",
        "nothing was sent and nothing withdrawn",
    ),
}


def page_alarm(text: str, reader: str | None = "jsonld") -> Alarm:
    return Alarm(kind=Kind.PAGE, about="storm", text=text, subject=alarms.subject("storm", reader), since=NOON)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_names_blog_reader_reason_and_what_was_done(name: str) -> None:
    made, reason, done = ALARMS[name]
    said = told(page_alarm(made()))
    assert said.startswith("storm (jsonld): ")
    assert reason in said
    assert f"; {done}. Since 15 Jun 15:06 UTC. What to do: docs/operations.md, “A page is not as it was”." in said
    assert "\n" not in said


def test_every_kind_of_alarm_is_in_the_table() -> None:
    kinds = {name for name, made in vars(alarms).items() if callable(made) and made.__module__ == alarms.__name__}
    pages = {"shows_nothing", "ids_have_moved", "vanished", "read_anew"}
    assert kinds - {"alarm", "subject", "joined"} == pages | {"instead", "failed", "unread"}


def test_an_alarm_of_many_lines_is_told_in_one() -> None:
    assert told(page_alarm("first\nsecond", None)).startswith("storm (not read yet): first second. Since ")


def test_the_command_line_says_what_was_done_as_well() -> None:
    found = [Verdict(accepted=True, baseline=True), "no live blog: found JSON"]
    said = "no live blog: found JSON; nothing was sent and nothing withdrawn"
    assert diff_json(found)[0]["alarm"] == said
    assert f"     alarm: {said}" in list(diff_lines(["a", "b"], found))


# --- as admins are told -----------------------------------------------------------------------------------------------


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    async with Publisher() as publisher:
        publisher.posts = [update(key) for key in TEN]
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n'
        one = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        await one.open()
        yield one
        await one.close()


def lose_posts(publisher: Publisher) -> None:
    publisher.posts = []


def lose_many(publisher: Publisher) -> None:
    publisher.posts = [one for one in publisher.posts if one["key"] in ("p10", "p5", "p1")]


def turn_away(publisher: Publisher) -> None:
    publisher.ill = 404


def turn_into_something_else(publisher: Publisher) -> None:
    publisher.raw = b"<html><p>We are improving our site.</p></html>"


@pytest.mark.parametrize("happen", [lose_posts, lose_many, turn_away, turn_into_something_else])
async def test_admins_are_told_one_line_with_everything_in_it(
    watch: Watch, happen: Callable[[Publisher], None]
) -> None:
    await watch.poll()
    happen(watch.publisher)
    await watch.poll(2)
    (said,) = watch.reports
    assert said.startswith("storm (jsonld): ")
    assert any(done in said for done in (alarms.UNTOUCHED, alarms.ASKED_AGAIN, "none of them was withdrawn"))
    assert "\n" not in said


async def test_an_alarm_before_anything_was_read_says_so(watch: Watch) -> None:
    watch.publisher.ill = 404
    await watch.poll()
    assert watch.reports[0].startswith("storm (not read yet): answers 404")
