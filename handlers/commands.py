"""The one table of commands: it registers handlers, makes Telegram's menus and /help, and the documentation is
tested against it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby

from bot.core.model import Rendered
from bot.core.texts import Texts
from bot.core.writing import Writing, isolated
from handlers import (
    admins,
    afterwards,
    alarms,
    catching_up,
    chats,
    holding,
    lists,
    notes,
    pushing,
    readers,
    rolling_back,
    settings,
    subscribing,
    takedown,
    topics,
    typed,
    why,
)
from handlers.access import Role
from handlers.asked import N_, Asked, Told

Act = Callable[[Asked], Awaitable[Rendered | Told | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What people type, who may, in one line what it does, the form of what follows, and the act itself.

    An act returns the one reply, or None where it has answered by itself. `alone`: in groups the answer is for the one
    who asked, where Telegram can do that.
    """

    name: str
    does: str
    act: Act
    who: Role = Role.READER
    form: str = ""
    alone: bool = False


async def help_(asked: Asked) -> Rendered:
    """The commands that are for this person, in this chat."""
    t = asked.t
    text = Writing(rtl=t.rtl)
    for role, commands in groupby(offered(asked.role), key=lambda command: command.who):
        text.sentence(t.gettext(HEADINGS[role]), "bold").newline()
        for command in commands:
            text.newline().sentence(_line(command, t))
        text.newline(2)
    text.sentence(t.gettext("[…] may be left out. For a channel, one of its admins writes /subscribe blog @channel."))
    return text.join(chats.operator(asked), between="\n\n").rendered()


def _line(command: Command, t: Texts) -> str:
    parts = [f"/{command.name}", *([t.gettext(command.form)] if command.form else [])]
    return f"{' '.join(isolated(part, rtl=t.rtl) for part in parts)} · {t.gettext(command.does)}"


HEADINGS = {Role.READER: N_("What you can ask"), Role.EDITOR: N_("For editors"), Role.ADMIN: N_("For admins")}

COMMANDS: tuple[Command, ...] = (
    Command(name="start", form="[blog]", does=N_("begin; choose a live blog"), act=readers.start),
    Command(name="blogs", does=N_("the live blogs: not started, live, quiet or ended, last post"), act=lists.blogs),
    Command(
        name="catchup",
        form="[blog]",
        does=N_("what happened since you last asked"),
        act=catching_up.catchup,
        alone=True,
    ),
    Command(name="latest", form="[blog] [n]", does=N_("the newest posts in one message"), act=lists.latest, alone=True),
    Command(
        name="topic",
        form="[name]",
        does=N_("posts of a topic; alone: all topics and what is trending"),
        act=topics.topic,
        alone=True,
    ),
    Command(name="search", form="[blog] words", does=N_("posts with these words"), act=lists.search, alone=True),
    Command(name="subscribe", form="[blog] [topic|word…]", does=N_("follow a live blog"), act=subscribing.subscribe),
    Command(name="unsubscribe", form="[blog] [topic|word…]", does=N_("stop following"), act=subscribing.unsubscribe),
    Command(name="settings", does=N_("how much, when and how posts arrive"), act=settings.settings),
    Command(name="mute", form="[2h]", does=N_("nothing new for a while"), act=typed.mute),
    Command(name="quiet", form="[22:30-6:15]", does=N_("hours in which posts wait"), act=typed.quiet),
    Command(name="digest", form="[blog] [times]", does=N_("several posts as one, at times"), act=typed.digest),
    Command(name="timezone", form="[city]", does=N_("whose clock counts"), act=typed.timezone),
    Command(
        name="why",
        form="[link]",
        does=N_("as a reply or with a link: why a post is here, or is not"),
        act=why.why,
        alone=True,
    ),
    Command(name="privacy", does=N_("what is kept of this chat"), act=chats.privacy),
    Command(name="forget", does=N_("delete everything about this chat"), act=chats.forget),
    Command(name="id", does=N_("the numbers an admin needs"), act=readers.who_is_this),
    Command(name="help", does=N_("this list"), act=help_),
    Command(
        name="push", form="text", who=Role.EDITOR, does=N_("send a message to all who follow a blog"), act=pushing.push
    ),
    Command(
        name="pushes", who=Role.EDITOR, does=N_("what was pushed: progress, correct, recall"), act=afterwards.pushes
    ),
    Command(
        name="note", form="blog text", who=Role.EDITOR, does=N_("add a post of your own to a blog"), act=notes.note
    ),
    Command(
        name="withdraw",
        form="[link] [why]",
        who=Role.EDITOR,
        does=N_("as a reply or with a link: take a post down everywhere"),
        act=takedown.withdraw,
    ),
    Command(
        name="correct",
        form="[link] text",
        who=Role.EDITOR,
        does=N_("as a reply or with a link: let a post say this everywhere"),
        act=takedown.correct,
    ),
    Command(
        name="restore",
        form="[link]",
        who=Role.EDITOR,
        does=N_("as a reply or with a link: let a post be as its page has it"),
        act=takedown.restore,
    ),
    Command(name="hold", form="blog|all", who=Role.EDITOR, does=N_("stop relaying for now"), act=holding.hold),
    Command(name="release", form="blog|all", who=Role.EDITOR, does=N_("let relaying go on"), act=holding.release),
    Command(name="status", who=Role.ADMIN, does=N_("blogs, queue, pace, errors"), act=admins.status),
    Command(
        name="alarms",
        who=Role.ADMIN,
        does=N_("what is not as it should be, and what Telegram refused"),
        act=alarms.alarms,
        alone=True,
    ),
    Command(name="schedule", form="[blog]", who=Role.ADMIN, does=N_("when blogs are polled next"), act=admins.schedule),
    Command(name="reload", who=Role.ADMIN, does=N_("apply the file now"), act=admins.reload),
    Command(name="rollback", who=Role.ADMIN, does=N_("return to an earlier file"), act=rolling_back.rollback),
)


def offered(role: Role) -> list[Command]:
    return [command for command in COMMANDS if command.who <= role]


def find(name: str) -> Command | None:
    return next((command for command in COMMANDS if command.name == name), None)
