"""Several bots in one relay: each has its own blogs, readers, pace and troubles, and one house around them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.demo.telegram import Fault
from tests.dashboard_house import said_in, token_in, words_of
from tests.two_bots import ADMIN, ES_BLOG, ES_BOT, ES_TOKEN, TwoBots, two_bots

ANN, BEN, CARLA = 2001, 2002, 2003  # Ann follows storm, Ben tormenta, Carla both
MANY_OF_MAIN, MANY_OF_ES = range(3000, 3060), range(4000, 4060)
IN_FLIGHT = 64  # sends, and answers that were not written yet, of one bot


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[TwoBots]:
    async with two_bots(tmp_path) as one:
        yield one


@pytest.fixture
async def on_each_engine(tmp_path: Path, fresh_url: str) -> AsyncIterator[TwoBots]:
    async with two_bots(tmp_path, fresh_url) as one:
        yield one


async def begun(relay: TwoBots) -> None:
    await relay.follow("main", "storm", ANN, CARLA)
    await relay.follow("es", "tormenta", BEN, CARLA)
    await relay.start()
    await relay.both_read()


async def test_each_reader_gets_the_posts_of_their_bots_blogs_and_the_pushes_of_its_editors(
    on_each_engine: TwoBots,
) -> None:
    relay = on_each_engine
    await begun(relay)
    assert relay.spanish is not None
    relay.publisher.publish("a", "Two boats lost")
    relay.spanish.publish("b", "Dos barcos perdidos")
    await relay.sees("main", ANN, "Two boats lost")
    await relay.sees("es", BEN, "Dos barcos perdidos")
    await relay.sees("main", CARLA, "Two boats lost")
    await relay.sees("es", CARLA, "Dos barcos perdidos")

    config = ("--config", str(relay.config))
    code, out, err = await relay.run("push", "--blog", "tormenta", "--text", "Puerto cerrado", *config)
    assert (code, "goes to 2 chats" in out) == (0, True), err
    code, _, err = await relay.run("push", "--bot", "main", "--blog", "tormenta", "--text", "no", *config)
    assert (code, err) == (1, "--blog: tormenta is relayed by the bot es, not by main\n")
    code, _, err = await relay.run("push", "--bot", "fr", "--text", "no", *config)
    assert (code, err) == (1, "--bot: no bot is called 'fr'; there is main, es\n")
    for person in (BEN, CARLA):
        await relay.sees("es", person, "Dos barcos perdidos", "Puerto cerrado")
    relay.publisher.publish("c", "All are safe")
    for person in (ANN, CARLA):
        await relay.sees("main", person, "Two boats lost", "All are safe")

    code, out, _ = await relay.run("status", "--json", *config)
    status = json.loads(out)
    assert {one["id"]: one["bot"] for one in status["blogs"]} == {"storm": "main", "tormenta": "es"}
    assert [*status["bots"]] == ["main", "es"]
    code, out, _ = await relay.run("status", "--json", "--bot", "es", *config)
    assert ([one["id"] for one in json.loads(out)["blogs"]], "bots" in json.loads(out)) == (["tormenta"], False)
    code, out, _ = await relay.run("subscribers", "export", "-", "--bot", "es", *config)
    assert [line.split(",")[:3:2] for line in out.splitlines()[1:]] == [["2002", "tormenta"], ["2003", "tormenta"]]
    assert await relay.terminate() == 0


async def test_a_flood_wait_of_one_bot_and_its_wrong_token_are_nothing_to_the_other(relay: TwoBots) -> None:
    await begun(relay)
    assert relay.spanish is not None
    flood = Fault.refuse(429, "Too Many Requests: retry after 3600", retry_after=3600)
    planned = relay.telegram.fail(method="sendMessage", chat=BEN, times=1, error=flood)
    relay.spanish.publish("b", "Dos barcos perdidos")
    await relay.telegram.until(lambda: planned.left == 0, 60)
    relay.publisher.publish("a", "Two boats lost")
    await relay.sees("main", ANN, "Two boats lost")

    relay.telegram.bots = {token: bot for token, bot in relay.telegram.bots.items() if token != ES_TOKEN}
    relay.publisher.publish("c", "All are safe")
    await relay.sees("main", ANN, "Two boats lost", "All are safe")
    assert relay.said("es", BEN) == []
    assert relay.process is not None
    assert relay.process.returncode is None


async def test_of_a_token_that_is_taken_back_the_admins_hear_through_another_bot(relay: TwoBots) -> None:
    await begun(relay)
    assert relay.spanish is not None
    relay.telegram.bots = {token: bot for token, bot in relay.telegram.bots.items() if token != ES_TOKEN}
    relay.spanish.publish("b", "Dos barcos perdidos")
    beginning = "Bot es: Telegram takes no messages"
    await relay.telegram.until(lambda: any(text.startswith(beginning) for text in relay.said("main", ADMIN)), 60)
    relay.publisher.publish("a", "Two boats lost")
    await relay.sees("main", ANN, "Two boats lost")


async def test_a_wrong_token_at_the_start_is_one_line_that_names_its_variable(relay: TwoBots) -> None:
    relay.telegram.bots = {token: bot for token, bot in relay.telegram.bots.items() if token != ES_TOKEN}
    code, _, err = await relay.run("run", "--config", str(relay.config))
    assert code == 1
    assert err.splitlines()[-1] == "Telegram does not know this token of the bot es; is ES_BOT_TOKEN right?"


async def test_killed_in_the_middle_of_both_fan_outs_nobody_of_either_bot_is_lost(on_each_engine: TwoBots) -> None:
    relay = on_each_engine
    relay.configure(limits="messages_per_second = 10\nmessages_per_chat_per_second = 30")
    await relay.follow("main", "storm", *MANY_OF_MAIN)
    await relay.follow("es", "tormenta", *MANY_OF_ES)
    await relay.start()
    await relay.both_read()
    assert relay.spanish is not None
    relay.publisher.publish("a", "Two boats lost")
    relay.spanish.publish("b", "Dos barcos perdidos")

    def has_gone(bot: str, headline: str, people: range) -> int:
        return relay.times(bot, headline, people).total()

    await relay.telegram.until(
        lambda: (
            has_gone("main", "Two boats lost", MANY_OF_MAIN) > 5
            and has_gone("es", "Dos barcos perdidos", MANY_OF_ES) > 5
        ),
        60,
    )
    await relay.kill()
    assert has_gone("main", "Two boats lost", MANY_OF_MAIN) < len(MANY_OF_MAIN)
    await relay.start()
    for bot, headline, people in (
        ("main", "Two boats lost", MANY_OF_MAIN),
        ("es", "Dos barcos perdidos", MANY_OF_ES),
    ):
        await relay.telegram.until(
            lambda bot=bot, headline=headline, people=people: min(relay.times(bot, headline, people).values()) == 1, 60
        )
        assert has_gone(bot, headline, people) <= len(people) + IN_FLIGHT


async def test_a_blog_that_goes_to_another_bot_is_told_to_nobody_twice_and_leaves_its_readers_asleep(
    relay: TwoBots,
) -> None:
    await relay.follow("es", "storm", BEN)  # who knew what would come
    await begun(relay)
    relay.publisher.publish("a", "Two boats lost")
    await relay.sees("main", ANN, "Two boats lost")
    config = relay.config.read_text()
    moved = config.replace('title = "Storm"\n', 'title = "Storm"\nbot = "es"\n')
    code, out, _ = await relay.run("check", "--against", str(relay.config), "--config", str(written(relay, moved)))
    assert (code, "1 blog goes to another bot" in out) == (0, True)
    relay.config.write_text(moved)
    await relay.telegram.until(lambda: '"file applied"' in relay.log, 60)
    assert "2 subscriptions stay with the bot they speak to, sleep for 30 d, then go" in relay.log
    await relay.publisher.polled(2, 60)
    relay.publisher.publish("c", "All are safe")
    await relay.sees("es", BEN, "All are safe")
    assert relay.said("main", ANN) == ["Two boats lost"]


def written(relay: TwoBots, text: str) -> Path:
    path = relay.folder / "other.toml"
    path.write_text(text)
    return path


async def test_a_bot_that_comes_into_the_file_waits_for_the_next_start_and_the_rest_does_not(relay: TwoBots) -> None:
    assert relay.spanish is not None
    relay.configure(extra="")
    await relay.follow("main", "storm", ANN)
    await relay.start()
    await relay.baseline(seconds=60)
    relay.configure(extra=ES_BLOG.format(url=relay.spanish.url) + ES_BOT, every="2s")
    await relay.telegram.until(lambda: '"file applied"' in relay.log, 60)
    assert "applies at the next start: bots" in relay.log
    assert "1 blog waiting for the next start with its bot: tormenta" in relay.log
    assert r"storm: every 1 s \u2192 every 2 s" in relay.log  # as JSON has it
    relay.publisher.publish("a", "Two boats lost")
    await relay.sees("main", ANN, "Two boats lost")
    assert not (relay.folder / "relay.es.db").exists()
    relay.configure(extra="")
    await relay.telegram.until(lambda: relay.log.count('"file applied"') == 2, 60)
    relay.publisher.publish("b", "All are safe")
    await relay.sees("main", ANN, "Two boats lost", "All are safe")


async def test_one_backup_has_all_bots_and_one_restore_puts_them_back(relay: TwoBots) -> None:
    await begun(relay)
    assert relay.spanish is not None
    relay.spanish.publish("b", "Dos barcos perdidos")
    await relay.sees("es", BEN, "Dos barcos perdidos")
    config, kept = ("--config", str(relay.config)), relay.folder / "kept.db"
    code, out, err = await relay.run("backup", str(kept), *config)
    assert code == 0, err
    assert [line.split(":")[0] for line in out.splitlines()] == [str(kept), str(relay.folder / "kept.es.db")]
    relay.spanish.publish("c", "Todos a salvo")
    await relay.sees("es", BEN, "Dos barcos perdidos", "Todos a salvo")
    code, _, err = await relay.run("restore", str(kept), *config)
    assert (code, "another relay runs" in err) == (1, True)
    await relay.kill()
    for file in relay.folder.glob("relay.*db*"):
        file.unlink()

    code, _, err = await relay.run("restore", str(relay.folder / "kept.es.db"), *config)
    assert (code, "is a backup of the bot es, not of main" in err) == (1, True)
    assert not list(relay.folder.glob("relay*.db"))
    code, out, err = await relay.run("restore", str(kept), *config)
    assert code == 0, err
    assert "relay.es.db: is now" in out
    await relay.start()
    await relay.publisher.polled(2, 60)
    await relay.spanish.polled(2, 60)  # what the first reading after a restore finds counts as told
    relay.spanish.publish("d", "El puerto abre")
    relay.publisher.publish("a", "Two boats lost")
    await relay.sees("es", BEN, "Dos barcos perdidos", "Todos a salvo", "El puerto abre")
    await relay.sees("main", ANN, "Two boats lost")


# --- the web side --------------------------------------------------------------------------------------------------


async def test_one_dashboard_shows_every_bot_and_acts_for_the_one_that_was_chosen(relay: TwoBots) -> None:
    await begun(relay)
    async with aiohttp.ClientSession(relay.door, cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:

        async def page(path: str) -> str:
            async with visitor.get(path) as answer:
                assert answer.status == 200, path
                return await answer.text()

        first, other = await page("/"), await page("/bots/es")
        assert ("Storm" in words_of(first), "Tormenta" in words_of(first)) == (True, False)
        assert ("Storm" in words_of(other), "Tormenta" in words_of(other)) == (False, True)
        for path in ("pushes", "alarms", "why", "file", "blogs/tormenta"):
            text = await page(f"/bots/es/{path}")
            for link in set(re.findall(r'(?:href|src)="([^"#]+)"', text)) - {""}:
                async with visitor.get(URL(f"{relay.door}bots/es/{path}").join(URL(link))) as answer:
                    assert answer.status == 200, (path, link)
        form = {"blog": "tormenta", "back": "blogs/tormenta", "sure": "1", "token": token_in(other)}
        async with visitor.post("/bots/es/hold", data=form, headers={"Origin": relay.door.rstrip("/")}) as answer:
            assert answer.url.path == "/bots/es/blogs/tormenta"
            assert "Tormenta is held" in said_in(await answer.text())
        async with visitor.get("/bots/es/live?view=overview") as stream:
            assert b"Tormenta" in await stream.content.readuntil(b"event: tiles")
        async with visitor.get("/metrics") as answer:
            metrics = await answer.text()
        assert {*re.findall(r'^liveblog_relay_polls_total\{blog="(\w+)",bot="(\w+)"', metrics, re.MULTILINE)} == {
            ("storm", "main"),
            ("tormenta", "es"),
        }
        assert len(re.findall(r"^# TYPE liveblog_relay_actions_total ", metrics, re.MULTILINE)) == 1
        assert len(re.findall(r"^process_start_time_seconds ", metrics, re.MULTILINE)) == 1
        async with visitor.get("/readyz") as answer:
            assert (answer.status, await answer.text()) == (200, "ready\n")
