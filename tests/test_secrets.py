"""A day with everything that has a secret or a person in it, searched afterwards: the log, what the command line says,
metrics, answers and pages hold no token, no password, nothing a reader wrote and nobody's name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.demo.telegram import Fault
from config.secrets import webhook_path, webhook_secret
from tests.dashboard_house import token_in
from tests.ports import free_port
from tests.proxied import PrefixProxy
from tests.service import Service, service

ADMIN, EDITOR, ANN = 1001, 1002, 2001
PASSWORD, INTAKE, IN_URL = "zq-dashboard-pässword/1", "zq-intake-secret+2", "zq-user:zq-hunter2"
NAMES = ("Zqannabel", "zqanna_quiet", "Zqeditha", "Zqadelheid")
READER = ("zqsearched", "zqchatted", "zqtopical", "zqmuted", "zqtyped", "zqtapped", "zqmalformed", "zqbroken")
STRANGER = ("zqwrongform", "zqwrongprogram", "zqguessedpath", "zqjunkbody", "zqwrongintake")
EDITORS = ("zqcancelled", "zqsentoff", "zqreasoned", "zqwhypost", "zqdashdraft", "zqcorrected")
PAGES = ("", "blogs/storm", "blogs/bad", "pushes", "alarms", "why", "history.json")


@dataclass
class Day:
    """A relay behind a proxy with everything switched on, and what was said where nobody should find anything."""

    relay: Service
    proxy: PrefixProxy
    listens: str
    heard: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, str]:
        """Every secret by what it is."""
        token = self.relay.telegram.token
        return {
            "token": token,
            "half of the token": token.partition(":")[2],
            "path of the webhook": webhook_path(token, "main"),
            "secret of the webhook": webhook_secret(token, "main"),
            "password": PASSWORD,
            "part of the password": "pässword",
            "secret of the intake": INTAKE,
            "password in an address": "zq-hunter2",
        }

    async def begin(self) -> None:
        self.relay.telegram.add_user(ANN, NAMES[0], username=NAMES[1], started=True)
        self.relay.telegram.add_user(EDITOR, NAMES[2], started=True)
        self.relay.telegram.add_user(ADMIN, NAMES[3], started=True)
        await self.relay.start()
        await self.relay.telegram.until(lambda: "people are heard" in self.relay.log, 60)
        await self.relay.publisher.polled(seconds=60)

    def said(self, chat: int) -> list[str]:
        return [one.text for one in self.relay.telegram.chats[chat].from_bot()]

    async def ask(self, person: int, text: str) -> str:
        """Somebody writes; what the bot says next."""
        before = len(self.said(person))
        self.relay.telegram.say(person, person, text)
        await self.relay.telegram.until(lambda: len(self.said(person)) > before, 60)
        return self.said(person)[before]

    async def tap(self, person: int, label: str) -> None:
        def there() -> bool:
            messages = self.relay.telegram.chats[person].from_bot()
            return any(button["text"] == label for one in messages for row in one.buttons for button in row)

        await self.relay.telegram.until(there, 60)
        await self.relay.telegram.tap(person, person, label, seconds=60)

    async def command(self, *words: str) -> None:
        code, out, err = await self.relay.run(*words, "--config", str(self.relay.config))
        self.heard[f"{' '.join(words[:2])} ({code})"] = out + err


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    async def leads_on(request: web.Request) -> web.Response:
        location = f"http://{IN_URL}@127.0.0.1:1/{request.path}"
        return web.Response(status=302, headers={"Location": location})

    app = web.Application()
    app.router.add_get("/bad", leads_on)
    bad, port = TestServer(app, host="127.0.0.1"), free_port()
    await bad.start_server()
    async with PrefixProxy(behind=f"http://127.0.0.1:{port}") as proxy, service(tmp_path) as relay:
        relay.telegram.first_bot.webhook.retry = 0.01
        (tmp_path / "intake").write_text(f"{INTAKE}\n")
        relay.environ = {"DASHBOARD": PASSWORD, "INTAKE_FILE": str(tmp_path / "intake")}
        relay.configure(
            limits=relay.limits + '\nupdates = "webhook"',
            web=f'listen = "127.0.0.1:{port}"\npublic_url = "{proxy.url}"\ndashboard_password_env = "DASHBOARD"',
            extra=f'intake_secret_env = "INTAKE"\n[[blogs]]\nid = "bad"\nurl = "{bad.make_url("/bad")}"\n'
            'schedule = { every = "1s" }',
        )
        yield Day(relay, proxy, f"http://127.0.0.1:{port}/")
    await bad.close()


async def _readers(day: Day) -> None:
    await day.ask(ANN, "/subscribe storm")
    for words in ("/search zqsearched", "zqchatted with my bank", "/topic zqtopical", "/mute zqmuted", "/zqtapped"):
        await day.ask(ANN, words)
    await day.relay.telegram.inline(ANN, "zqtyped", seconds=60)
    day.relay.telegram.fail(method="sendMessage", chat=ANN, times=1, error=Fault.refuse(400, "Bad Request: broken"))
    day.relay.telegram.say(ANN, ANN, "/search zqbroken")
    await day.ask(ANN, "/help")


async def _editors(day: Day) -> None:
    await day.ask(EDITOR, "/push zqcancelled")
    await day.tap(EDITOR, "Cancel")
    await day.ask(EDITOR, "/push zqsentoff")
    await day.tap(EDITOR, "Send")
    await day.relay.telegram.until(lambda: "zqsentoff" in day.said(ANN), 60)
    await day.ask(EDITOR, "/why zqwhypost 2001")
    day.relay.publisher.publish("a", "A headline of the page")
    await day.relay.telegram.until(lambda: any("A headline of the page" in one for one in day.said(ANN)), 60)
    posted = next(one for one in day.relay.telegram.chats[ANN].from_bot() if "A headline" in one.text)
    forwarded = day.relay.telegram.forward(EDITOR, EDITOR, posted)
    for words in ("/correct zqcorrected", "/withdraw zqreasoned"):
        before = len(day.said(EDITOR))
        day.relay.telegram.say(EDITOR, EDITOR, words, reply_to=forwarded)
        await day.relay.telegram.until(lambda before=before: len(day.said(EDITOR)) > before, 60)  # type: ignore[misc]
    await day.relay.telegram.until(lambda: "blog.failed" in day.relay.log or "bad" in " ".join(day.said(ADMIN)), 60)
    day.heard["/status"] = await day.ask(ADMIN, "/status")
    day.heard["/alarms"] = await day.ask(ADMIN, "/alarms")


async def _strangers(day: Day, visitor: aiohttp.ClientSession) -> None:
    """Whatever is tried at the web side, also with the right keys and the wrong bodies."""
    url, path, secret = day.listens, day.keys["path of the webhook"], day.keys["secret of the webhook"]
    told = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
    shown = {"Authorization": INTAKE}
    for number, (where, headers, body) in enumerate(
        [
            ("telegram/zqguessedpath", told, "{}"),
            (f"telegram/{path}", told | {"X-Telegram-Bot-Api-Secret-Token": "zqguessedpath"}, "{}"),
            (f"telegram/{path}", told, '{"zqjunkbody": 1'),
            (f"telegram/{path}", told, '{"update_id": 9, "message": {"text": "zqmalformed", "date": "zqmalformed"}}'),
            ("intake/storm", {"Authorization": "zqwrongintake"}, "zqjunkbody"),
            ("intake/storm", shown, '{"zqjunkbody": '),
            (f"intake/{IN_URL}", shown, "zqjunkbody"),
            ("websub/zqguessedpath", {}, "zqjunkbody"),
        ]
    ):
        async with visitor.post(f"{url}{where}", data=body, headers=headers) as answer:
            day.heard[f"answer {number} ({answer.status})"] = await answer.text() + str(answer.headers)
    async with visitor.get(f"{url}metrics", headers={"Authorization": "Bearer zqwrongprogram"}) as answer:
        day.heard["wrong program"] = await answer.text()


async def _admins(day: Day, visitor: aiohttp.ClientSession) -> None:
    url, origin = day.listens, {"Origin": day.listens.rstrip("/")}

    async def send(where: str, page: str, **fields: str) -> str:
        async with visitor.get(f"{url}{page}") as form:
            token = token_in(await form.text())
        async with visitor.post(f"{url}{where}", data={"token": token, **fields}, headers=origin) as answer:
            return await answer.text()

    day.heard["wrong password"] = await send("login", "login", password="zqwrongform")
    await send("login", "login", password=PASSWORD)
    day.heard["pushed"] = await send("push", "pushes", text="zqdashdraft", editor=str(EDITOR), back="pushes")
    await send("why", "why", post="zqwhypost", chat=str(ANN))
    for page in PAGES:
        async with visitor.get(f"{url}{page}") as answer:
            assert answer.status == 200
            day.heard[f"page /{page}"] = await answer.text()
    async with visitor.get(f"{url}live") as stream, asyncio.timeout(60):
        day.heard["stream"] = (await stream.content.readuntil(b"event: alarms")).decode()
    for where in ("metrics", "readyz"):
        async with visitor.get(f"{url}{where}", headers={"Authorization": f"Bearer {PASSWORD}"}) as answer:
            day.heard[f"/{where}"] = await answer.text()


async def _file(day: Day) -> None:
    """Secrets that somebody writes into the file by mistake."""
    whole = day.relay.config.read_text()
    token = day.relay.telegram.token
    for wrong in (
        whole.replace('id = "bad"\nurl = "http://', f'id = "bad"\nurl = "http://{IN_URL}@'),
        whole.replace("[telegram]", f'[telegram]\ntoken = "{token}"'),
        whole.replace('"DASHBOARD"', f'"{PASSWORD}"'),
        whole.replace("[access]", f"[access]\n{PASSWORD} = 1"),
    ):
        assert wrong != whole
        day.relay.config.write_text(wrong)
        day.heard[f"/reload {len(day.heard)}"] = await day.ask(ADMIN, "/reload")
        await day.command("check")
    day.relay.config.write_text(whole)
    await day.ask(ADMIN, "/reload")


async def _command_line(day: Day) -> None:
    folder = day.relay.folder
    for words in (
        ["status"], ["status", "--json"], ["check"], ["check", "--against", "running"], ["why", "zqwhypost", str(ANN)],
        ["why", "headline", str(ANN)], ["backup", str(folder / "copy.db")], ["subscribers", "export", "-"],
    ):  # fmt: skip
        await day.command(*words)


async def _trouble(day: Day) -> None:
    """Telegram cannot be reached, breaks off, and says what it should not."""
    before = len(day.said(ANN))
    for fault in (Fault.reset(), Fault.refuse(502, "x", body=b"<html>zqmalformed</html>"), Fault.lose_answer()):
        day.relay.telegram.fail(method="sendMessage", chat=ANN, times=1, error=fault)
    for _ in range(4):
        day.relay.telegram.say(ANN, ANN, "/search zqbroken")
        await asyncio.sleep(0.2)
    await day.relay.telegram.until(lambda: len(day.said(ANN)) > before, 60)


def _found(day: Day, where: dict[str, str], words: dict[str, str]) -> list[tuple[str, str, str]]:
    """Where something can be read, what it is, and what stands around it."""
    return [
        (place, what, said[max(0, said.find(word) - 80) : said.find(word) + 20])
        for place, said in where.items()
        for what, word in words.items()
        if word in said
    ]


async def test_after_a_day_of_everything_no_secret_and_nobodys_words_can_be_found(day: Day) -> None:
    await day.begin()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        await _readers(day)
        await _editors(day)
        await _strangers(day, visitor)
        await _trouble(day)
        await _admins(day, visitor)
        cookies = {f"cookie {one.key}": one.value for one in visitor.cookie_jar}
    await _file(day)
    await _command_line(day)
    assert await day.relay.terminate() == 0
    await day.command("restore", str(day.relay.folder / "copy.db"))
    logs = {"log": day.relay.log}
    anybodys = {one: one for one in (*NAMES, *READER, *STRANGER)}
    assert len(day.heard) > 30
    assert "zqsentoff" in day.heard["page /pushes"]  # what is searched is what was meant
    for event in ("wrong password", "webhook not understood", "intake refused", "intake not understood", "poll failed"):
        assert f'"{event}"' in day.relay.log, event
    assert _found(day, logs | day.heard, day.keys) == []
    assert _found(day, logs | day.heard, anybodys) == []
    assert _found(day, logs, {one: one for one in EDITORS} | cookies) == []
    copied = (day.relay.folder / "copy.db").read_bytes().decode("latin-1")
    kept = {what: word for what, word in day.keys.items() if word.isascii()}
    assert _found(day, {"backup": copied}, kept) == []
    assert not re.search("zqchatted|zqsearched|zqtyped|Zqannabel|zqanna", copied)
