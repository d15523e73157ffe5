from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

import bot
from bot.demo import EDITOR, FORUM, GROUP, READER, Demo, open_demo
from bot.demo.blog import harbour
from bot.demo.page import ChatPage
from bot.demo.screen import Seat, message_on_screen
from bot.demo.stage import Stage
from bot.demo.telegram import LocalTelegram
from config.settings import read_settings, warnings

Json = dict[str, Any]
STRANGER, PAIR = 7, -500
HOSTILE = '<img src=x onerror="alert(1)"> <b>not bold</b> & </script>'
JSON_HEADERS = {"Content-Type": "application/json"}


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(clock: Clock) -> Stage:
    return Stage(harbour, clock)


@pytest.fixture
async def telegram(stage: Stage) -> AsyncIterator[LocalTelegram]:
    """A reader's private chat and a group of two on the page; another person's private chat that is not."""
    local = LocalTelegram()
    local.add_user(READER, "Reader", started=True)
    local.add_user(EDITOR, "Editor", started=True)
    local.add_user(STRANGER, "Stranger", started=True)
    local.add_chat(PAIR, "group", "Two of us", admins=[EDITOR])
    about = {"subtitle": "", "hints": ("/help",)}
    seats = (
        Seat(chat_id=READER, people=(READER,), title="Reader", **about),
        Seat(chat_id=PAIR, people=(EDITOR, READER), title="Two of us", **about),
    )
    local.app.add_subapp("/chat", ChatPage(local, stage, seats).app())
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=ClientTimeout(total=20)) as one:
        yield one


class Stream:
    """The page's side of the event stream."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    async def next(self, *kinds: str) -> tuple[str, Json]:
        """The next event, or the next of these kinds."""
        while True:
            kind, told = await self._any()
            if not kinds or kind in kinds:
                return kind, told

    async def _any(self) -> tuple[str, Json]:
        kind = ""
        while line := (await self._lines.readline()).decode().rstrip("\n"):
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return kind, json.loads(line.removeprefix("data: "))
        return await self._any()


@asynccontextmanager
async def stream(session: ClientSession, telegram: LocalTelegram) -> AsyncIterator[Stream]:
    async with session.get(f"{telegram.api_base}/chat/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Stream(answer.content)


async def call(session: ClientSession, telegram: LocalTelegram, method: str, **arguments: Any) -> Any:
    """The bot's side."""
    async with session.post(f"{telegram.api_base}/bot{telegram.token}/{method}", json=arguments) as answer:
        told = await answer.json()
        assert told["ok"], told
        return told["result"]


async def post(session: ClientSession, telegram: LocalTelegram, path: str, **body: Any) -> tuple[int, Any]:
    async with session.post(f"{telegram.api_base}/chat/{path}", json=body) as answer:
        return answer.status, await (answer.json() if answer.status == 200 else answer.text())


# --- what the page is told -------------------------------------------------------------------------------------------


async def test_a_page_that_connects_is_told_everything_first(session: ClientSession, telegram: LocalTelegram) -> None:
    await call(session, telegram, "sendMessage", chat_id=READER, text="Good morning")
    await call(session, telegram, "setMyCommands", commands=[{"command": "help", "description": "what you can say"}])
    async with stream(session, telegram) as events:
        kind, state = await events.next()
    assert kind == "state"
    assert [chat["id"] for chat in state["chats"]] == [READER, PAIR]
    reader = state["chats"][0]
    assert [message["text"] for message in reader["messages"]] == ["Good morning"]
    assert reader["commands"][str(READER)] == [{"command": "help", "description": "what you can say"}]
    assert [person["name"] for person in state["chats"][1]["people"]] == ["Editor", "Reader"]
    assert (state["clock"]["published"], state["clock"]["total"], state["clock"]["begun"]) == (5, 25, False)


async def test_what_happens_in_a_chat_is_told_as_it_happens(session: ClientSession, telegram: LocalTelegram) -> None:
    async with stream(session, telegram) as events:
        await events.next("state")
        sent = await call(session, telegram, "sendMessage", chat_id=READER, text="14 ships")
        there = {"chat_id": READER, "message_id": sent["message_id"]}
        _, message = await events.next("message")
        assert (message["text"], message["was"]) == ("14 ships", [])
        await call(session, telegram, "editMessageText", text="16 ships", **there)
        _, message = await events.next("message")
        assert message["text"] == "16 ships"
        assert [version["text"] for version in message["was"]] == ["14 ships"]
        await call(session, telegram, "pinChatMessage", **there)
        while not message["pinned"]:
            _, message = await events.next("message")
        await call(session, telegram, "deleteMessage", **there)
        while not message["deleted"]:
            _, message = await events.next("message")
        assert message["id"] == sent["message_id"]


async def test_new_buttons_alone_are_no_edit_to_a_reader(session: ClientSession, telegram: LocalTelegram) -> None:
    sent = await call(session, telegram, "sendMessage", chat_id=READER, text="Which?")
    keyboard = {"inline_keyboard": [[{"text": "All", "callback_data": "all"}]]}
    await call(
        session,
        telegram,
        "editMessageReplyMarkup",
        chat_id=READER,
        message_id=sent["message_id"],
        reply_markup=keyboard,
    )
    async with stream(session, telegram) as events:
        _, state = await events.next("state")
    message = state["chats"][0]["messages"][0]
    assert message["was"] == []
    assert message["buttons"] == [[{"text": "All", "data": "all"}]]


async def test_hostile_text_arrives_as_plain_text_and_entities(session: ClientSession, telegram: LocalTelegram) -> None:
    entities = [{"type": "bold", "offset": 0, "length": 4}]
    await call(session, telegram, "sendMessage", chat_id=READER, text=HOSTILE, entities=entities)
    async with stream(session, telegram) as events:
        _, state = await events.next("state")
    message = state["chats"][0]["messages"][0]
    assert message["text"] == HOSTILE
    assert message["entities"] == entities


def test_the_page_never_reads_text_as_html() -> None:
    static = Path(bot.__path__[0]) / "demo" / "static"
    for script in ("chat.js", "bubble.js", "composer.js", "strip.js", "words.js"):
        code = (static / script).read_text(encoding="utf-8")
        for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
            assert door not in code, f"{door} in {script}"


async def test_a_page_that_comes_back_is_told_everything_again(
    session: ClientSession, telegram: LocalTelegram, stage: Stage, clock: Clock
) -> None:
    async with stream(session, telegram) as events:
        _, before = await events.next("state")
    await call(session, telegram, "sendMessage", chat_id=READER, text="while you were away")
    stage.begin()
    clock.now += 3
    async with stream(session, telegram) as events:
        kind, state = await events.next()
    assert kind == "state"
    assert state["world"] == before["world"]
    assert [message["text"] for message in state["chats"][0]["messages"]] == ["while you were away"]
    assert state["clock"]["published"] == 6


async def test_chats_that_are_not_the_visitors_stay_unseen(session: ClientSession, telegram: LocalTelegram) -> None:
    async with stream(session, telegram) as events:
        await events.next("state")
        await call(session, telegram, "sendMessage", chat_id=STRANGER, text="not for you")
        await call(session, telegram, "sendMessage", chat_id=READER, text="for you")
        _, message = await events.next("message")
    assert message["text"] == "for you"


async def test_the_page_hears_of_the_blogs_next_change(
    session: ClientSession, telegram: LocalTelegram, stage: Stage, clock: Clock
) -> None:
    stage.begin()
    clock.now += 2.9
    async with stream(session, telegram) as events:
        _, state = await events.next("state")
        assert state["clock"]["next_in"] == pytest.approx(0.1)
        clock.now += 0.1
        _, told = await events.next("clock")
    assert told["published"] == 6
    assert told["next_in"] == pytest.approx(5)


async def test_a_new_menu_reaches_an_open_page(session: ClientSession, telegram: LocalTelegram) -> None:
    async with stream(session, telegram) as events:
        await events.next("state")
        await call(session, telegram, "setMyCommands", commands=[{"command": "latest", "description": "newest"}])
        _, chat = await events.next("chat")
    assert chat["commands"][str(READER)] == [{"command": "latest", "description": "newest"}]


async def test_a_rich_message_reaches_the_page_as_blocks_with_pictures_a_browser_finds(
    session: ClientSession, telegram: LocalTelegram
) -> None:
    address = "https://pictures.example/storm.jpg"
    blocks = [
        {"type": "heading", "text": HOSTILE, "size": 2},
        {
            "type": "details",
            "summary": "More",
            "blocks": [{"type": "photo", "photo": {"type": "photo", "media": address}}],
        },
    ]
    async with stream(session, telegram) as events:
        await events.next("state")
        await call(session, telegram, "sendRichMessage", chat_id=READER, rich_message={"blocks": blocks})
        _, message = await events.next("message")
    heading, details = message["rich"]["blocks"]
    assert heading == {"type": "heading", "text": HOSTILE, "size": 2}
    assert details["blocks"][0]["photo"]["url"] == address
    assert message["text"].startswith(HOSTILE)


async def test_the_server_stops_while_a_page_is_open(session: ClientSession, telegram: LocalTelegram) -> None:
    async with stream(session, telegram) as events:
        await events.next("state")
        await asyncio.wait_for(telegram.stop(), 20)


# --- what the visitor does -------------------------------------------------------------------------------------------


async def test_the_visitor_speaks_as_the_person_chosen(session: ClientSession, telegram: LocalTelegram) -> None:
    status, said = await post(session, telegram, "say", chat=PAIR, person=READER, text="/help")
    assert status == 200
    message = telegram.chats[PAIR].by_id[said["id"]]
    assert (message.user_id, message.text) == (READER, "/help")
    assert message.entities[0]["type"] == "bot_command"


async def test_a_reply_and_a_picture_go_along(session: ClientSession, telegram: LocalTelegram) -> None:
    sent = await call(session, telegram, "sendMessage", chat_id=READER, text="What do you see?")
    photo = {"kind": "photo", "content": base64.b64encode(b"\x89PNG...").decode()}
    status, said = await post(
        session, telegram, "say", chat=READER, person=READER, text="This", reply_to=sent["message_id"], files=[photo]
    )
    assert status == 200
    message = telegram.chats[READER].by_id[said["id"]]
    assert (message.text, message.reply_to) == ("This", sent["message_id"])
    assert message.photo is not None


async def test_several_files_are_an_album_and_each_is_shown_by_its_kind(
    session: ClientSession, telegram: LocalTelegram
) -> None:
    files = [{"kind": kind, "content": base64.b64encode(kind.encode()).decode()} for kind in ("video", "photo")]
    status, said = await post(session, telegram, "say", chat=READER, person=READER, text="Two", files=files)
    assert status == 200
    first, second = telegram.chats[READER].messages
    assert (first.id, first.text, second.text) == (said["id"], "Two", "")
    assert first.album == second.album is not None
    on_screen = [message_on_screen(telegram, one) for one in (first, second)]
    assert [(one["kind"], one["file"]) for one in on_screen] == [("video", "film.mp4"), ("photo", None)]


@pytest.mark.parametrize(
    "body",
    [
        {"chat": READER, "person": EDITOR, "text": "not my chat"},
        {"chat": STRANGER, "person": STRANGER, "text": "not on the page"},
        {"chat": READER, "person": READER, "text": "   "},
        {"chat": READER, "person": READER, "text": "x" * 4097},
        {"chat": READER, "person": READER, "text": ["x"]},
        {"chat": READER, "person": READER, "text": "x", "files": [{"kind": "photo", "content": "§"}]},
        {"chat": READER, "person": READER, "text": "x", "files": [{"kind": "photo", "content": ""}]},
        {"chat": READER, "person": READER, "text": "x", "files": [{"kind": "spell", "content": "YQ=="}]},
        {"chat": READER, "person": READER, "text": "x", "files": [{"kind": "photo", "content": "YQ=="}] * 11},
        {"chat": READER, "person": READER, "files": [{"kind": one, "content": "YQ=="} for one in ("photo", "audio")]},
        {"chat": READER, "person": READER, "text": "x", "files": "photo"},
        {"chat": "2001", "person": READER, "text": "x"},
        {"chat": READER, "person": READER, "text": "x", "thread": 99},
    ],
)
async def test_a_message_that_cannot_be_said_is_refused(
    session: ClientSession, telegram: LocalTelegram, body: Json
) -> None:
    status, why = await post(session, telegram, "say", **body)
    assert status == 400
    assert why
    assert not telegram.chats[READER].messages


async def answer_press(session: ClientSession, telegram: LocalTelegram) -> Json:
    """The bot's side of a press."""
    updates = await call(session, telegram, "getUpdates", timeout=5)
    query: Json = updates[-1]["callback_query"]
    await call(session, telegram, "answerCallbackQuery", callback_query_id=query["id"], text="Done", show_alert=True)
    return query


async def test_a_pressed_button_shows_the_bots_answer(session: ClientSession, telegram: LocalTelegram) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Follow", "callback_data": "follow"}]]}
    sent = await call(session, telegram, "sendMessage", chat_id=PAIR, text="Well?", reply_markup=keyboard)
    pressing = asyncio.create_task(
        post(session, telegram, "press", chat=PAIR, person=EDITOR, message=sent["message_id"], data="follow")
    )
    query = await answer_press(session, telegram)
    assert (query["data"], query["from"]["id"]) == ("follow", EDITOR)
    assert await pressing == (200, {"text": "Done", "alert": True, "url": ""})


async def test_a_button_that_is_not_there_cannot_be_pressed(session: ClientSession, telegram: LocalTelegram) -> None:
    sent = await call(session, telegram, "sendMessage", chat_id=READER, text="No buttons")
    status, _ = await post(session, telegram, "press", chat=READER, person=READER, message=sent["message_id"], data="x")
    assert status == 400


async def test_an_inline_result_can_be_shared(session: ClientSession, telegram: LocalTelegram) -> None:
    asking = asyncio.create_task(post(session, telegram, "inline", chat=PAIR, person=READER, words="storm"))
    updates = await call(session, telegram, "getUpdates", timeout=5)
    query = updates[-1]["inline_query"]
    content = {"message_text": "The storm is over"}
    result = {"type": "article", "id": "1", "title": "Storm", "description": "over", "input_message_content": content}
    await call(session, telegram, "answerInlineQuery", inline_query_id=query["id"], results=[result])
    shown = {"title": "Storm", "description": "over", "thumbnail_url": ""}
    assert await asking == (200, {"results": [shown], "button": "", "start": ""})
    assert query["query"] == "storm"
    status, said = await post(session, telegram, "choose", chat=PAIR, person=READER, number=0)
    assert status == 200
    assert telegram.chats[PAIR].by_id[said["id"]].text == "The storm is over"
    status, _ = await post(session, telegram, "choose", chat=PAIR, person=READER, number=1)
    assert status == 400


async def test_where_nothing_is_offered_a_button_leads_to_the_bot(
    session: ClientSession, telegram: LocalTelegram
) -> None:
    asking = asyncio.create_task(post(session, telegram, "inline", chat=PAIR, person=READER, words="storm"))
    updates = await call(session, telegram, "getUpdates", timeout=5)
    button = {"text": "See the blogs", "start_parameter": "_"}
    await call(
        session,
        telegram,
        "answerInlineQuery",
        inline_query_id=updates[-1]["inline_query"]["id"],
        results=[],
        button=button,
    )
    assert await asking == (200, {"results": [], "button": "See the blogs", "start": "_"})


async def test_what_one_person_is_told_alone_is_marked_as_theirs(
    session: ClientSession, telegram: LocalTelegram
) -> None:
    telegram.promote(PAIR)
    telegram.first_bot.updates.drop()
    alone = {"receiver_user_id": EDITOR}
    keyboard = {"inline_keyboard": [[{"text": "Older", "callback_data": "older"}]]}
    await call(
        session, telegram, "sendMessage", chat_id=PAIR, text="Psst", reply_markup=keyboard,
        ephemeral_message_parameters=alone,
    )  # fmt: skip
    shown = message_on_screen(telegram, telegram.chats[PAIR].newest())
    assert (shown["alone"], shown["id"] < 0) == (EDITOR, True)
    press = {"chat": PAIR, "message": shown["id"], "data": "older"}
    assert (await post(session, telegram, "press", person=READER, **press))[0] == 400
    pressing = asyncio.create_task(post(session, telegram, "press", person=EDITOR, **press))
    await answer_press(session, telegram)
    assert (await pressing)[0] == 200


async def test_a_command_that_the_menu_marks_as_ephemeral_is_said_to_the_bot_alone(
    session: ClientSession, telegram: LocalTelegram
) -> None:
    commands = [{"command": "latest", "description": "the newest", "is_ephemeral": True}]
    await call(session, telegram, "setMyCommands", commands=commands, scope={"type": "all_group_chats"})
    await post(session, telegram, "say", chat=PAIR, person=READER, text="/latest 3")
    await post(session, telegram, "say", chat=PAIR, person=READER, text="/help")
    assert [message_on_screen(telegram, one)["alone"] for one in telegram.chats[PAIR].messages[-2:]] == [READER, None]


# --- who may knock ---------------------------------------------------------------------------------------------------

KNOCKS: tuple[tuple[str, str], ...] = (
    ("GET", ""),
    ("GET", "events"),
    ("GET", "chat.js"),
    ("POST", "say"),
    ("POST", "press"),
    ("POST", "inline"),
    ("POST", "choose"),
)


@pytest.mark.parametrize(("method", "path"), KNOCKS)
@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
async def test_foreign_hosts_and_origins_are_refused(
    session: ClientSession, telegram: LocalTelegram, method: str, path: str, headers: dict[str, str]
) -> None:
    body = json.dumps({"chat": READER, "person": READER, "text": "forged"})
    address = f"{telegram.api_base}/chat/{path}"
    async with session.request(method, address, data=body, headers=JSON_HEADERS | headers) as answer:
        assert answer.status == 403
    assert not telegram.chats[READER].messages


async def test_the_pages_own_origin_is_welcome(session: ClientSession, telegram: LocalTelegram) -> None:
    body = json.dumps({"chat": READER, "person": READER, "text": "mine"})
    headers = JSON_HEADERS | {"Origin": telegram.api_base}
    async with session.post(f"{telegram.api_base}/chat/say", data=body, headers=headers) as answer:
        assert answer.status == 200


async def test_a_form_is_refused(session: ClientSession, telegram: LocalTelegram) -> None:
    body = json.dumps({"chat": READER, "person": READER, "text": "forged"})
    headers = {"Content-Type": "text/plain"}
    async with session.post(f"{telegram.api_base}/chat/say", data=body, headers=headers) as answer:
        assert answer.status == 415


async def test_the_page_loads_its_own_files_and_nothing_else(session: ClientSession, telegram: LocalTelegram) -> None:
    async with session.get(f"{telegram.api_base}/chat") as answer:
        assert answer.url.path == "/chat/"
        html = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "//" not in html.replace("<!doctype html>", "")
    for name in ("chat.css", "chat.js", "composer.js", "bubble.js", "strip.js", "words.js", "icon.svg"):
        async with session.get(f"{telegram.api_base}/chat/{name}") as answer:
            assert answer.status == 200
    async with session.get(f"{telegram.api_base}/chat/blog.js") as answer:
        assert answer.status == 404


# --- the whole demo --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def relay(session: ClientSession, demo: Demo) -> AsyncIterator[None]:
    """In the relay's place: answers everything, and reads the page once."""

    async def work() -> None:
        async with session.get(f"{demo.telegram.api_base}/live") as answer:
            assert answer.status == 200
        offset = 0
        while True:
            for update in await call(session, demo.telegram, "getUpdates", offset=offset, timeout=5):
                offset = update["update_id"] + 1
                await respond(session, demo, update)

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        working.cancel()


async def respond(session: ClientSession, demo: Demo, update: Json) -> None:
    message = update.get("message", {})
    if not message.get("text", "").startswith("/"):
        return
    where = {"chat_id": message["chat"]["id"], "message_thread_id": message.get("message_thread_id", 0)}
    while True:  # the demo keeps Telegram's limits
        async with session.post(
            f"{demo.telegram.api_base}/bot{demo.telegram.token}/sendMessage", json={**where, "text": "Yes."}
        ) as answer:
            if (await answer.json())["ok"]:
                return
        await asyncio.sleep(0.05)


Opener = Callable[..., Awaitable[Demo]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opener]:
    demos: list[Demo] = []

    async def opener(**how: Any) -> Demo:
        demos.append(await open_demo(tmp_path / "demo", **how))
        return demos[-1]

    yield opener
    for demo in demos:
        await demo.close()


async def test_the_story_begins_when_the_relay_has_answered(session: ClientSession, opened: Opener) -> None:
    demo = await opened()
    assert not demo.stage.begun
    async with relay(session, demo):
        await demo.introduce()
    assert demo.stage.begun
    said = [message.text for message in demo.telegram.chats[READER].messages if message.user_id == READER]
    assert said == ["/start", "/subscribe harbour"]
    assert "/subscribe harbour" in demo.telegram.chats[GROUP].screen()
    weather = [message for message in demo.telegram.chats[FORUM].messages if message.thread == demo.threads["Weather"]]
    assert "/subscribe harbour weather" in [message.text for message in weather]


async def test_the_configuration_is_one_the_relay_accepts(opened: Opener) -> None:
    demo = await opened()
    settings = read_settings(demo.config, demo.environment)
    assert warnings(settings) == []
    assert settings.telegram.api_base == demo.telegram.api_base
    assert settings.access.admins == (EDITOR,)
    blog = settings.blogs[0]
    assert (blog.id, blog.url) == ("harbour", f"{demo.telegram.api_base}/live")
    assert [topic.id for topic in blog.topics] == ["weather", "ships", "town"]
    assert settings.storage.url == f"sqlite:///{demo.config.parent / 'relay.db'}"
    assert list(demo.environment) == ["TELEGRAM_BOT_TOKEN"]


async def test_the_address_of_the_demo_shows_the_chats(session: ClientSession, opened: Opener) -> None:
    demo = await opened()
    async with session.get(demo.telegram.api_base) as answer:
        assert str(answer.url) == demo.address
        assert "Liveblog Relay" in await answer.text()


async def test_a_foreign_page_cannot_use_the_bot_api_of_the_demo(session: ClientSession, opened: Opener) -> None:
    demo = await opened()
    address = f"{demo.telegram.api_base}/bot{demo.telegram.token}/getMe"
    async with session.get(address, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403


async def test_a_capture_is_played_under_an_id_of_its_own(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "captured.html"
    title = 'Tide "turns" <again>: live \N{WATER WAVE}'
    updates = [{"headline": f"Post {n}", "articleBody": "Words.", "url": f"/live#{n}xyz"} for n in range(3)]
    blog = {"@type": "LiveBlogPosting", "headline": title, "liveBlogUpdate": updates}
    path.write_text(f'<script type="application/ld+json">{json.dumps(blog)}</script>', encoding="utf-8")
    demo = await opened(captured=path, speed=30)
    settings = read_settings(demo.config, demo.environment)
    assert [(one.id, one.title, one.topics) for one in settings.blogs] == [("replay", title, ())]
    assert len(demo.stage.edition().posts) == 2


async def test_a_capture_without_a_live_blog_is_one_clear_line(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "letter.html"
    path.write_text("<p>Dear reader</p>", encoding="utf-8")
    with pytest.raises(ValueError, match="no live blog") as refusal:
        await opened(captured=path)
    assert "\n" not in str(refusal.value)
