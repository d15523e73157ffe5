"""The dashboard over HTTP: what its pages say, who may see them, and what its forms do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from bot.core.nodes import Node, Nodes
from bot.core.standing import Alarm, Kind
from bot.demo.telegram import Fault
from bot.web.dashboard import live as live_module
from bot.web.dashboard.past import Past
from bot.web.dashboard.rows import node_rows
from bot.web.dashboard.watching import Watching
from config.settings import BadSettings
from tests.dashboard_house import HOSTILE, MANY_BLOGS, Seen, a_day, dashboard, said_in, token_in, words_of
from tests.newsroom import post, settings_of
from tests.ports import free_port
from tests.service import ROOT, service
from tests.telegram_house import ANN, BEN, EDITOR, OTHER_EDITOR, STRANGER, TWO_BLOGS, buttons

PASSWORD = "correct horse battery"
LOCKED = '\n[web]\nlisten = "127.0.0.1:0"\ndashboard_password_env = "DASHBOARD_PASSWORD"\n'
PAGES = ("", "pushes", "alarms", "why", "file", "blogs/storm")


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with dashboard(tmp_path) as one:
        yield one


@pytest.fixture
async def locked(tmp_path: Path) -> AsyncIterator[Seen]:
    async with dashboard(tmp_path, web=LOCKED, environ={"DASHBOARD_PASSWORD": PASSWORD}) as one:
        yield one


async def log_in(seen: Seen, password: str = PASSWORD, there: str = "") -> tuple[int, str]:
    token = token_in(await seen.get("login"))
    fields = {"token": token, "password": password, "next": there}
    said = {"Origin": seen.url.rstrip("/")}
    async with seen.visitor.post(f"{seen.url}login", data=fields, headers=said) as answer:
        return answer.status, str(answer.url)


# --- pages ---------------------------------------------------------------------------------------------------------


async def test_the_first_line_says_that_readers_get_the_news(seen: Seen) -> None:
    await seen.house.room.follow(ANN)
    await seen.house.room.publish(post("a"))
    await seen.house.room.shows(ANN, "About a")
    await seen.count()
    words = words_of(await seen.get())
    assert (
        "Are readers getting the news? Yes. Readers are getting the news. 1 message delivered in the last hour" in words
    )


async def test_the_overview_names_what_is_wrong_first(tmp_path: Path) -> None:
    async with dashboard(tmp_path, MANY_BLOGS) as seen:
        await a_day(seen)
        words = words_of(await seen.get())
        assert "Mostly. 1 of 8 live blogs cannot be read: The volcano above Old Town." in words
        assert "1 live blog is held: Rail strike: which trains run" in words
        rows = re.findall(r'id="row-([a-z]+)"', await seen.get())
        assert rows[:3] == ["volcano", "strike", "storm"]
        assert "cannot be polled: blog.example did not answer within 20 seconds" in words
        assert "2 of 2" in words


async def test_the_overview_has_the_nodes_where_there_are_several(seen: Seen) -> None:
    rome = Node(session=1, name="rome", version="1", file="f", started_at=1.0, lanes=("main",), shards=64)
    oslo = replace(rome, session=2, name="oslo", lanes=(), shards=0, trouble=f"not in its environment: {HOSTILE}")
    seen.house.nodes = Nodes(at=1.0, here=(rome, oslo), gone=(replace(rome, name="bonn"),), file="f")
    page = await seen.get()
    words = words_of(page)
    assert "rome main 64 1" in words
    assert "oslo not in its environment" in words
    assert "bonn it went without a goodbye" in words
    assert HOSTILE not in page
    assert node_rows(Nodes(at=1.0, here=(rome,), file="f")) == node_rows(None) == []


async def test_a_blog_is_found_by_a_part_of_its_name(tmp_path: Path) -> None:
    async with dashboard(tmp_path, MANY_BLOGS) as seen:
        page = await seen.get("?q=harbour+marathon")
        assert re.findall(r'id="row-([a-z]+)"', page) == ["marathon"]
        assert "1 of 8 blogs fit." in words_of(page)
        assert "No blog fits “&lt;b&gt;”." in await seen.get("?q=<b>")


async def test_a_thousand_blogs_come_in_pages(tmp_path: Path) -> None:
    many = TWO_BLOGS + "".join(f'\n[[blogs]]\nid = "b{n}"\nurl = "https://blog.example/{n}"\n' for n in range(998))
    async with dashboard(tmp_path, many) as seen:
        first, second = await seen.get(), await seen.get("?page=2")
        assert len(re.findall(r'<tr role="row"[^>]* id="row-', first)) == 50
        assert "Page 1 of 20" in words_of(first)
        assert 'id="row-b48"' in second
        assert "Page 20 of 20" in words_of(await seen.get("?page=99999"))


async def test_the_page_of_a_blog_has_its_posts_and_polls(seen: Seen) -> None:
    await seen.house.room.publish(post("a", title="Two boats lost", key_event=True))
    page = await seen.get("blogs/storm")
    words = words_of(page)
    assert "Two boats lost key event" in words
    assert "Polled every 20 s." in words
    assert "America/New_York" in words
    assert (
        f'href="../why?post={(await seen.house.room.store.latest(blogs=["storm"], now=time.time(), limit=1))[0].id}"'
        in page
    )


async def test_a_blog_that_is_not_in_the_file_is_not_there(seen: Seen) -> None:
    status, page = await seen.answer("blogs/nowhere")
    assert status == 404
    assert "No live blog of the file has this id." in words_of(page)


async def test_why_is_answered_for_a_post_and_a_chat(seen: Seen) -> None:
    await seen.house.room.follow(ANN)
    await seen.house.room.publish(post("a", title="Two boats lost"))
    await seen.house.room.shows(ANN, "Two boats lost")
    token = token_in(await seen.get("why"))
    said = {"Origin": seen.url.rstrip("/")}
    fields = {"token": token, "post": "Two boats lost", "chat": str(ANN)}
    async with seen.visitor.post(f"{seen.url}why", data=fields, headers=said) as answer:
        words = words_of(await answer.text())
    assert "Because Post" in words
    assert "Two boats lost" in words
    async with seen.visitor.post(f"{seen.url}why", data=fields | {"chat": "999"}, headers=said) as answer:
        assert "No chat is known by that" in words_of(await answer.text())


@pytest.mark.parametrize("path", ["", "blogs/storm", "pushes", "alarms"])
async def test_what_a_page_or_an_error_says_is_shown_and_never_obeyed(seen: Seen, path: str) -> None:
    room = seen.house.room
    await room.store.polled("storm", time.time(), f"the page says {HOSTILE}")
    await room.publish(replace(post("a", title=HOSTILE), url="javascript:alert(1)"))
    await room.push(f"Push {HOSTILE}")
    alarm = Alarm(kind=Kind.PAGE, about="storm", subject=HOSTILE, text=f"vanished {HOSTILE}", since=time.time())
    await room.store.begin_alarm(alarm)
    page = await seen.get(path)
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert not re.search(r"<[^>]+\son[a-z]+=", page)
    assert " style=" not in page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_nothing_from_elsewhere_and_links_from_where_it_is(seen: Seen, path: str) -> None:
    """Whatever path a proxy puts us below: no address begins with a slash, and all of them are there."""
    page = await seen.get(path)
    links = re.findall(r'(?:href|src|action|sse-connect|data-history)="([^"]*)"', page)
    assert links
    for link in links:
        assert not link.startswith(("/", "http")) or link.startswith("https://blog.example"), link
    folder = f"{seen.url}{path}".rpartition("/")[0]
    for link in {one for one in links if "/static/" in one}:
        async with seen.visitor.get(f"{folder}/{link.partition('#')[0]}") as answer:
            assert answer.status == 200, link


async def test_every_answer_says_what_a_browser_may_do_with_it(seen: Seen) -> None:
    async with seen.visitor.get(seen.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "'unsafe" not in policy
        for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
            assert part in policy
        script = re.search(r'src="\./(static/[0-9a-f]+/dashboard.js)"', await answer.text())
    assert script is not None
    async with seen.visitor.get(f"{seen.url}{script[1]}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
    status, _ = await seen.answer("static/0/../../guard.py")
    assert status == 404


# --- the password --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "live", "history.json"])
async def test_with_a_password_nothing_is_shown_before_it(locked: Seen, path: str) -> None:
    assert (await locked.answer(path))[0] == 401
    status, said = await locked.answer(path, headers={"Accept": "text/html"})
    assert status == 303
    assert "harbour" not in said


async def test_the_form_leads_to_the_page_that_was_asked_for(locked: Seen) -> None:
    assert (await log_in(locked, "wrong"))[0] == 403
    assert await log_in(locked, there="blogs/storm") == (200, f"{locked.url}blogs/storm")
    assert "Storm over the harbour" in words_of(await locked.get())


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example", "\\\\evil.example", "../evil", "a//b", "javascript:x"]
)
async def test_the_form_leads_nowhere_else(locked: Seen, there: str) -> None:
    assert await log_in(locked, there=there) == (200, locked.url)


async def test_who_logs_out_is_out(locked: Seen) -> None:
    await log_in(locked)
    await locked.send("logout")
    assert (await locked.answer())[0] == 401


# --- acts ----------------------------------------------------------------------------------------------------------


async def test_a_held_blog_is_held_and_released_and_both_are_noted(seen: Seen) -> None:
    await seen.house.room.follow(ANN)
    said = await seen.send("hold", page="blogs/storm", blog="storm", back="blogs/storm")
    assert said == "Storm over the harbour is held: new posts and edits wait, withdrawals still go out."
    await seen.house.room.publish(post("a"))
    assert "Storm over the harbour: held" in words_of(await seen.get("blogs/storm"))
    said = await seen.send("release", page="blogs/storm", blog="storm", back="blogs/storm")
    assert said == "Storm over the harbour goes on; 1 post that waited goes out now."
    await seen.house.room.shows(ANN, "About a")
    assert await seen.audit() == [("hold", None, "storm", "dashboard"), ("release", None, "storm", "dashboard")]


async def test_everything_is_held_and_the_first_line_says_so(seen: Seen) -> None:
    await seen.send("hold", blog="all")
    assert "No. Every live blog is held." in words_of(await seen.get())
    assert await seen.send("release", blog="storm") == "Every live blog is held: release them all."
    assert await seen.send("release", blog="all") == "Every live blog goes on; nothing had waited."


async def test_the_file_is_reloaded_or_refused_with_its_mistakes(seen: Seen) -> None:
    seen.house.changes = ["blog added: flood"]
    assert await seen.send("reload") == "The file was applied. blog added: flood"
    seen.house.changes = []
    assert await seen.send("reload") == "The file was read again; nothing in it has changed."
    with pytest.raises(BadSettings) as bad:
        settings_of("<b> = 1")
    seen.house.changes = bad.value
    said = await seen.send("reload")
    assert said.startswith("The file is refused; the last good one stays in force.")
    assert said.endswith(str(bad.value).splitlines()[-1])
    assert [act for act, *_ in await seen.audit()] == ["reload", "reload"]


async def test_a_push_is_previewed_in_its_editors_chat_and_sent_from_there(seen: Seen) -> None:
    await seen.house.ask(EDITOR, "/start")
    await seen.house.room.follow(ANN)
    before = len(seen.house.said(EDITOR))
    said = await seen.send(
        "push", page="pushes", editor=str(EDITOR), text="The bridge is closed.\nMore | https://example.org/bridge"
    )
    assert said == f"The preview is in the private chat of {EDITOR} with the bot; the buttons below it send it."
    preview, control = seen.house.said(EDITOR)[before:]
    assert preview.text == "The bridge is closed."
    assert [button["url"] for row in preview.buttons for button in row] == ["https://example.org/bridge"]
    await seen.house.telegram.press(EDITOR, EDITOR, control.id, buttons(control)["Send"])
    await seen.house.room.shows(ANN, "The bridge is closed.")
    assert ("draft", EDITOR, None, "dashboard") in await seen.audit()


@pytest.mark.parametrize(
    ("editor", "text", "said"),
    [
        (OTHER_EDITOR, "Hello", "1003 has never written to the bot: let them send it /start, then try again."),
        (STRANGER, "Hello", "Choose an editor or admin of the file."),
        (10**400, "Hello", "Choose an editor or admin of the file."),
        (EDITOR, "  ", "Write what is to be pushed."),
        (EDITOR, "x" * 4097, "That is 4,097 characters; a message takes 4,096."),
    ],
)
async def test_a_push_that_cannot_be_shown_says_why(seen: Seen, editor: int, text: str, said: str) -> None:
    await seen.house.ask(EDITOR, "/start")
    assert await seen.send("push", page="pushes", editor=str(editor), text=text) == said


async def test_an_editor_who_blocked_the_bot_is_named(seen: Seen) -> None:
    await seen.house.ask(EDITOR, "/start")
    seen.house.telegram.block(EDITOR)
    said = await seen.send("push", page="pushes", editor=str(EDITOR), text="Hello")
    assert said == f"Telegram lets the bot write nothing to {EDITOR}: let them send it /start, then try again."
    assert await seen.house.room.store.recent_pushes(5) == []


async def test_a_push_on_its_way_is_paused_resumed_and_stopped(seen: Seen) -> None:
    await seen.house.room.follow(ANN)
    await seen.house.room.stop()
    number = str(await seen.house.room.push("The bridge is closed."))
    for act, said in (
        ("pause", "The push is paused: nothing more of it leaves."),
        ("pause", "That came too late: something else was done with this push before."),
        ("resume", "The push goes on."),
        ("stop", "The push is stopped: who has it keeps it, nobody else gets it."),
    ):
        assert await seen.send("pushes", page="pushes", act=act, post=number, back="pushes") == said
    assert "stopped" in words_of(await seen.get("pushes"))
    assert [(act, words) for act, _, _, words in await seen.audit()][1:] == [
        ("pause", "dashboard"),
        ("resume", "dashboard"),
        ("stop", "dashboard"),
    ]
    assert await seen.send("pushes", page="pushes", act="explode", post="x") == "This button means nothing any more."


async def test_what_was_refused_is_tried_again(seen: Seen) -> None:
    room = seen.house.room
    await room.follow(ANN, BEN)
    error = Fault.refuse(400, "Bad Request: wrong type of the web page content")
    refusing = room.telegram.fail(chat=ANN, times=None, error=error)
    await room.publish(post("a"))
    await room.shows(BEN, "About a")
    await room.quiet()
    assert "wrong type" in words_of(await seen.get("alarms"))
    refusing.left = 0
    why = (await room.store.refused("main"))[0].why
    assert await seen.send("requeue", page="alarms", why=why, back="alarms") == "1 delivery is tried again now."
    await room.shows(ANN, "About a")
    assert (await seen.audit())[-1][3] == f"dashboard: {why}"
    assert await seen.send("requeue") == "There is nothing of that left to try again."


@pytest.mark.parametrize("path", ["reload", "hold", "release", "push", "pushes", "requeue", "why", "logout"])
async def test_no_act_is_done_for_another_page_or_without_its_token(seen: Seen, path: str) -> None:
    token = token_in(await seen.get())
    own, foreign = {"Origin": seen.url.rstrip("/")}, {"Origin": "https://evil.example"}
    for headers, fields in ((own, {}), (own, {"token": "0" * 64}), (foreign, {"token": token}), ({}, {"token": token})):
        async with seen.visitor.post(f"{seen.url}{path}", data=fields, headers=headers) as answer:
            assert answer.status == 403
    assert await seen.audit() == []


async def test_a_script_gets_the_sentence_alone(seen: Seen) -> None:
    token = token_in(await seen.get())
    headers = {"HX-Request": "true", "X-Relay-Token": token, "Sec-Fetch-Site": "same-origin"}
    async with seen.visitor.post(f"{seen.url}hold", data={"blog": "storm"}, headers=headers) as answer:
        text = await answer.text()
    assert said_in(text).startswith("Storm over the harbour is held")
    assert "<html" not in text


# --- what changes --------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def stream(seen: Seen, query: str = "view=overview") -> AsyncIterator[aiohttp.StreamReader]:
    async with seen.visitor.get(f"{seen.url}live?{query}") as answer:
        assert answer.status == 200
        yield answer.content


async def events(content: aiohttp.StreamReader, until: str) -> dict[str, str]:
    """The events up to the first whose text holds these words, each as it was told last."""
    found: dict[str, str] = {}
    async with asyncio.timeout(60):
        while True:
            block = (await content.readuntil(b"\n\n")).decode()
            if name := re.search("^event: (.*)$", block, re.MULTILINE):
                found[name[1]] = "\n".join(re.findall("^data: (.*)$", block, re.MULTILINE))
                if until in found[name[1]]:
                    return found


async def test_what_changes_is_told_and_nothing_else(seen: Seen) -> None:
    async with stream(seen) as content:
        first = await events(content, 'id="row-election"')
        assert {"verdict", "tiles", "queue", "blogs"} <= first.keys()
        await seen.house.room.store.polled("storm", time.time(), "gone")
        changed = await events(content, "cannot be read, 1 time in a row: gone")
        assert "queue" not in changed
        assert "row-election" not in changed


async def test_one_look_a_second_is_enough_for_all(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = seen.web.dashboard.live._watching._look

    async def counted():  # type: ignore[no-untyped-def]
        nonlocal looks
        looks += 1
        return await look()

    monkeypatch.setattr(seen.web.dashboard.live._watching, "_look", counted)
    async with contextlib.AsyncExitStack() as stack:
        contents = [await stack.enter_async_context(stream(seen)) for _ in range(5)]
        await asyncio.gather(*(events(content, "row-election") for content in contents))
    assert looks < 5


async def test_streams_are_few_and_end_when_the_relay_stops(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST", 1)
    async with stream(seen) as content:
        await events(content, "row-election")
        assert (await seen.answer("live"))[0] == 503
        await seen.web.dashboard.live.stop()
        async with asyncio.timeout(60):
            with contextlib.suppress(aiohttp.ClientError):
                await content.read()
    assert seen.web.dashboard.live.streams == 0


async def test_what_was_measured_comes_as_columns(tmp_path: Path) -> None:
    async with dashboard(tmp_path, MANY_BLOGS) as seen:
        await a_day(seen)
        for span in ("1h", "24h", "7d", "30d", "nonsense"):
            told = json.loads(await seen.get(f"history.json?range={span}"))
            columns = told["columns"]
            assert {len(column) for column in columns.values()} == {len(columns["at"])}
            assert 0 < len(columns["at"]) <= 400
            assert columns["at"] == sorted(columns["at"])


async def test_a_look_that_was_under_way_is_not_taken_for_what_came_of_an_act(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, looking, go_on = seen.house.room.store, asyncio.Event(), asyncio.Event()
    blogs = store.blogs

    async def slow() -> object:
        before = await blogs()
        looking.set()
        await go_on.wait()
        return before

    monkeypatch.setattr(store, "blogs", slow)
    watching = Watching(seen.house.house)
    under_way = asyncio.create_task(watching.look())
    await looking.wait()
    await store.hold("storm", time.time())
    watching.forget()
    go_on.set()
    for situation in (await under_way, await watching.look()):
        held = situation.blog("storm")
        assert held is not None
        assert held.state.held_at is not None
    await watching.stop()


async def test_what_was_measured_is_looked_up_once_a_minute(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, history = [], seen.house.room.store.history

    async def counted(names: Sequence[str], since: float) -> object:
        looks.append(since)
        return await history(names, since)

    monkeypatch.setattr(seen.house.room.store, "history", counted)
    times = iter([6001.0, 6030.0, 6059.0, 6060.0])
    past = Past(replace(seen.house.house, clock=lambda: next(times)))
    assert [(await past.of("24h")).until for _ in range(4)] == [6001, 6001, 6001, 6060]
    assert len(looks) == 2


# --- behind a proxy, and in the relay itself -----------------------------------------------------------------------


@contextlib.asynccontextmanager
async def proxied(to: str) -> AsyncIterator[str]:
    """A proxy that takes its path off and says whom it speaks for; the address of what is behind it."""

    async def pass_on(request: web.Request) -> web.Response:
        said = {name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")}
        said |= {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http"}
        address = to + request.rel_url.raw_path_qs.removeprefix("/relay/")
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session,
            session.request(
                request.method, address, headers=said, data=await request.read(), allow_redirects=False
            ) as answer,
        ):
            kept = [(name, value) for name, value in answer.headers.items() if name not in ("Content-Length", "Date")]
            return web.Response(status=answer.status, body=await answer.read(), headers=CIMultiDict(kept))

    app = web.Application()
    app.router.add_route("*", "/relay/{tail:.*}", pass_on)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("/relay/"))
    finally:
        await server.close()


async def test_below_a_path_of_a_proxy_one_logs_in_looks_and_acts(locked: Seen) -> None:
    async with proxied(locked.url) as address:
        async with locked.visitor.get(f"{address}blogs/storm", headers={"Accept": "text/html"}) as answer:
            assert str(answer.url) == f"{address}login?next=blogs/storm"
            form = await answer.text()
        said = {"Sec-Fetch-Site": "same-origin"}
        fields = {"token": token_in(form), "password": PASSWORD, "next": "blogs/storm"}
        async with locked.visitor.post(f"{address}login", data=fields, headers=said) as answer:
            assert str(answer.url) == f"{address}blogs/storm"
            page = await answer.text()
        assert {cookie["path"] for cookie in locked.visitor.cookie_jar} == {"/relay"}
        fields = {"token": token_in(page), "blog": "storm", "back": "blogs/storm", "sure": "yes"}
        async with locked.visitor.post(f"{address}hold", data=fields, headers=said) as answer:
            assert str(answer.url) == f"{address}blogs/storm"
            assert "Storm over the harbour is held" in said_in(await answer.text())


async def test_without_a_password_a_proxy_is_refused(seen: Seen) -> None:
    async with proxied(seen.url) as address:
        for path in ("", "login", "live", "history.json"):
            async with seen.visitor.get(f"{address}{path}") as answer:
                assert answer.status == 403


async def test_the_demo_shows_its_dashboard_and_the_chats_link_to_it() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = (await process.stdout.readuntil(b"ends both.")).decode()
            chats, address = re.findall(r"http://127\.0\.0\.1:\d+/\S*", said)
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
                async with visitor.get(address) as answer:
                    assert "harbour" in await answer.text()
                async with visitor.get(f"{chats}events") as answer:
                    assert f'"dashboard":"{address}"' in (await answer.content.readuntil(b"\n\n")).decode().replace(
                        " ", ""
                    )
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()


async def test_a_page_that_is_open_does_not_keep_the_relay_from_stopping(tmp_path: Path) -> None:
    async with service(tmp_path) as relay:
        port = free_port()
        relay.configure(web=f'listen = "127.0.0.1:{port}"')
        await relay.start()
        await relay.baseline()
        async with (
            aiohttp.ClientSession() as visitor,
            visitor.get(f"http://127.0.0.1:{port}/live?view=overview") as answer,
        ):
            await events(answer.content, 'id="row-storm"')
            async with asyncio.timeout(20):
                assert await relay.terminate() == 0
