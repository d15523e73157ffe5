"""What admins do in the browser: each act answers once its effect is written, in one plain sentence.

With scripts the sentence appears above the page; without, the page is loaded again and shows it. Where something is
asked first, scripts ask in a box; without them the form leads to a page that asks, and whose own form is `sure`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.applied import CannotWrite, NotKept
from bot.house import House, NotShown
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.login import where
from bot.web.dashboard.pages import Pages
from bot.web.dashboard.questions import EVERYTHING, question
from bot.web.dashboard.said import Flashes, Said
from bot.web.dashboard.watching import Watching
from bot.web.dashboard.words import count
from bot.web.guard import SESSION
from config.settings import BadSettings
from storage import Act

log = structlog.get_logger()

BY = "dashboard"  # what the audit says of whoever it was: a password is no person
LONGEST_PUSH = 4096  # characters of a message: core.telegram.org/bots/api#sendmessage
MOST_LINES = 30
DIGITS = 18


Form = Mapping[str, str]


class Acts:
    def __init__(self, house: House, pages: Pages, frame: Frame, watching: Watching, flashes: Flashes) -> None:
        self._house, self._pages, self._frame = house, pages, frame
        self._watching, self._flashes = watching, flashes

    def handlers(self) -> Mapping[str, Handler]:
        """By where their forms are sent, below the bot's first page."""
        acts: Mapping[str, Callable[[Form], Awaitable[Said]]] = {
            "reload": self._reload,
            "hold": self._hold,
            "release": self._release,
            "push": self._push,
            "pushes": self._pushes,
            "requeue": self._requeue,
            "rollback": self._rollback,
        }
        return {name: self._handler(name, act) for name, act in acts.items()}

    def _handler(self, name: str, act: Callable[[Form], Awaitable[Said]]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
            asked = question(name, form)
            if asked is not None and "sure" not in form and "HX-Request" not in request.headers:
                return await self._pages.sure(request, name, asked, form)
            said = await act(form)
            self._watching.forget()
            log.info("done in the dashboard", bot=self._house.name, act=name, well=said.tone == "good")
            return self._answer(request, said, form.get("back", ""))

        return handler

    def _answer(self, request: web.Request, said: Said, back: str) -> web.StreamResponse:
        if "HX-Request" in request.headers:
            text = self._frame.part("part_said.html", now=self._house.clock(), flash=said)
            return web.Response(text=text, content_type="text/html")
        self._flashes.put(request[SESSION].number, said)
        return web.Response(status=303, headers={hdrs.LOCATION: f"./{where(back)}"})

    # --- each act

    async def _reload(self, form: Form) -> Said:
        try:
            changes = await self._house.reload()
        except BadSettings as error:
            lines = tuple(str(error).splitlines()[:MOST_LINES])
            return Said("The file is refused; the last good one stays in force.", "bad", lines)
        await self._note("reload")
        if not changes:
            return Said("The file was read again; nothing in it has changed.")
        return Said("The file was applied.", lines=tuple(changes[:MOST_LINES]))

    async def _rollback(self, form: Form) -> Said:
        try:
            changes = await self._house.rollback(form.get("name", ""), who=BY)
        except NotKept:
            return Said("This file is kept no more; here are those that are.", "bad")
        except CannotWrite as error:
            return Said("Nothing has changed.", "bad", (str(error),))
        except BadSettings as error:
            lines = tuple(str(error).splitlines()[:MOST_LINES])
            return Said("Nothing has changed: this version does not take that file any more.", "bad", lines)
        if not changes:
            return Said("The file is in force, and nothing else has changed.")
        return Said("The file is back and in force.", lines=tuple(changes[:MOST_LINES]))

    async def _hold(self, form: Form) -> Said:
        title = self._title(named := form.get("blog", ""))
        if title is None:
            return _unknown_blog()
        if named == EVERYTHING:
            await self._house.desk.hold(None, words=BY)
            return Said("Every live blog is held: new posts and edits wait, withdrawals still go out.", "warn")
        await self._house.desk.hold(named, words=BY)
        return Said(f"{title} is held: new posts and edits wait, withdrawals still go out.", "warn")

    async def _release(self, form: Form) -> Said:
        title = self._title(named := form.get("blog", ""))
        if title is None:
            return _unknown_blog()
        if named != EVERYTHING and await self._house.store.all_held():
            return Said("Every live blog is held: release them all.", "bad")
        waited = await self._house.desk.release(None if named == EVERYTHING else named, words=BY)
        what = "Every live blog goes on" if named == EVERYTHING else f"{title} goes on"
        return Said(f"{what}; {_went(waited)}.")

    def _title(self, named: str) -> str | None:
        """None: there is no such blog."""
        if named == EVERYTHING:
            return EVERYTHING
        return next((blog.title or blog.id for blog in self._house.blogs() if blog.id == named), None)

    async def _push(self, form: Form) -> Said:
        text, settings = form.get("text", "").replace("\r\n", "\n").strip(), self._house.settings()
        editor = _number(form.get("editor", ""))
        if not settings.is_editor(editor):
            return Said("Choose an editor or admin of the file.", "bad")
        if not text:
            return Said("Write what is to be pushed.", "bad")
        if len(text) > LONGEST_PUSH:
            return Said(f"That is {len(text):,} characters; a message takes {LONGEST_PUSH:,}.", "bad")
        try:
            number = await self._house.preview(editor, text)
        except NotShown as error:
            return Said(str(error), "bad")
        await self._note("draft", post=number, person=editor)
        return Said(f"The preview is in the private chat of {editor} with the bot; the buttons below it send it.")

    async def _pushes(self, form: Form) -> Said:
        desk, number = self._house.desk, _number(form.get("post", ""))
        acts: dict[str, tuple[Callable[..., Awaitable[bool]], str]] = {
            "pause": (desk.pause, "The push is paused: nothing more of it leaves."),
            "resume": (desk.resume, "The push goes on."),
            "stop": (desk.drop_the_rest, "The push is stopped: who has it keeps it, nobody else gets it."),
            "cancel": (desk.cancel, "The push is cancelled: it goes to nobody."),
        }
        act, sentence = acts.get(form.get("act", ""), (None, ""))
        if act is None or not number:
            return Said("This button means nothing any more.", "bad")
        if await self._house.store.push(number) is None or not await act(number, words=BY):
            return Said("That came too late: something else was done with this push before.", "bad")
        return Said(sentence)

    async def _requeue(self, form: Form) -> Said:
        why = form.get("why", "")
        again = await self._house.desk.requeue(why or None, words=BY)
        if not again:
            return Said("There is nothing of that left to try again.", "warn")
        return Said(f"{count(again, 'delivery is', 'deliveries are')} tried again now.")

    async def _note(self, act: str, *, post: int | None = None, person: int | None = None) -> None:
        await self._house.store.did(Act(at=self._house.clock(), act=act, post=post, person=person, words=BY))


def _number(words: str) -> int:
    """0 for what is none, or larger than any of ours or Telegram's can be."""
    return int(words) if words.isascii() and words.isdigit() and len(words) <= DIGITS else 0


def _unknown_blog() -> Said:
    return Said("No live blog of the file has this id.", "bad")


def _went(waited: int) -> str:
    if not waited:
        return "nothing had waited"
    return f"{count(waited, 'post')} that waited {'goes' if waited == 1 else 'go'} out now"
