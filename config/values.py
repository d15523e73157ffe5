"""The settings as values: what the file says, checked, with every default in its place. Frozen; nothing here reads.

Each class is one table of the file, each field one key; the annotation names the form its value must have.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, with_config

from bot.core.formats import FORMAT_NAMES, IDENTITIES
from bot.core.model import Style, Topic
from bot.core.timing import Schedule
from config import shapes
from config.schedule import ReadSchedule
from config.topics import ReadTopic

MAIN_BOT = "main"
MAIN_TOKEN = "TELEGRAM_BOT_TOKEN"  # noqa: S105, the name of a variable

Text = Annotated[str, shapes.TEXT]
Title = Annotated[str, shapes.text_up_to(200)]
Switch = Annotated[bool, shapes.SWITCH]
Rate = Annotated[float, shapes.RATE]
Duration = Annotated[timedelta, shapes.DURATION]
Id = Annotated[str, shapes.ID]
OptionalId = Annotated[str, shapes.OPTIONAL_ID]
WebAddress = Annotated[str, shapes.WEB_ADDRESS]
OptionalWebAddress = Annotated[str, shapes.OPTIONAL_WEB_ADDRESS]
UserId = Annotated[int, shapes.USER_ID]
EnvironmentName = Annotated[str, shapes.ENVIRONMENT_NAME]
OptionalEnvironmentName = Annotated[str, shapes.OPTIONAL_ENVIRONMENT_NAME]

EVERY_30_SECONDS = Schedule(every=timedelta(seconds=30))

table = with_config(ConfigDict(extra="forbid"))


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who runs this relay; shown by /privacy and /help."""

    operator: Title = ""
    contact: Title = ""
    privacy_url: OptionalWebAddress = ""


FREE_RATE, PAID_RATE = 30, 1000  # messages a second that Telegram grants a bot, and with paid broadcasts


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """How we reach Telegram, and how much of it this bot was granted."""

    api_base: WebAddress = "https://api.telegram.org"
    updates: Annotated[str, shapes.choice("polling", "webhook")] = "polling"
    messages_per_second: Rate = FREE_RATE  # PAID_RATE where broadcasts are paid for and the file names no rate
    messages_per_chat_per_second: Rate = 1
    messages_per_group_per_minute: Rate = 20
    paid_broadcast: Switch = False
    rich_messages: Switch = False


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where everything is kept, and for how long."""

    # Out of the repr: an address of PostgreSQL may carry a password.
    url: Annotated[str, shapes.STORAGE_URL] = field(default="sqlite:///var/relay.db", repr=False)
    keep_days: Annotated[int, shapes.whole(1, 36500)] = 30


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What becomes of a message that may or may not have arrived, and how long messages follow the page."""

    ambiguous: Annotated[str, shapes.choice("resend", "drop")] = "resend"
    edits_for: Duration = timedelta(hours=48)
    edit_quiet: Duration = timedelta(seconds=20)


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The HTTP side. `dashboard_password_env` names an environment variable."""

    listen: Annotated[str, shapes.LISTEN_ADDRESS] = "127.0.0.1:8080"
    public_url: OptionalWebAddress = ""
    dashboard_password_env: OptionalEnvironmentName = ""


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Telegram user ids of those who may do more than read. Admins are editors too."""

    admins: tuple[UserId, ...] = ()
    editors: tuple[UserId, ...] = ()
    second_approval: Switch = False


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a blog inherits where it says nothing itself."""

    schedule: Annotated[Schedule, ReadSchedule] = EVERY_30_SECONDS
    hold: Duration = timedelta(0)
    on_withdrawal: Annotated[str, shapes.choice("notice", "strike", "delete", "keep")] = "notice"
    correction_reply: Switch = False
    text: Annotated[str, shapes.choice("headline", "summary", "full")] = "summary"
    max_chars: Annotated[int, shapes.whole(50, 3500, ", the most that fits a message")] = 600
    credit: Title = ""


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Blog(Defaults):
    """One live blog. An empty `title` means the page's own; `was` is the blog's former id."""

    id: Id
    url: Annotated[str, shapes.PAGE_ADDRESS]
    title: Title = ""
    timezone: Annotated[str, shapes.TIMEZONE] = "UTC"
    language: Annotated[str, shapes.LANGUAGE] = "en"
    format: Annotated[str, shapes.choice("auto", *FORMAT_NAMES)] = "auto"
    identity: Annotated[str, shapes.choice(*IDENTITIES)] = "auto"
    websub: Switch = False
    intake_secret_env: OptionalEnvironmentName = ""
    bot: Text = MAIN_BOT
    was: OptionalId = ""
    topics: tuple[Annotated[Topic, ReadTopic], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def style(self) -> Style:
        """How its posts are to look."""
        return Style(
            text=self.text,
            max_chars=self.max_chars,
            credit=self.credit,
            on_withdrawal=self.on_withdrawal,
            timezone=self.timezone,
            language=self.language,
        )

    def topic(self, id_: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.id == id_), None)


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot of Telegram's; its token stands in the environment variable that `token_env` names."""

    name: Id
    token_env: EnvironmentName


MAIN = Bot(name=MAIN_BOT, token_env=MAIN_TOKEN)


@table
@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The file as it is written, before blogs inherit the defaults."""

    about: About = About()
    telegram: Telegram = Telegram()
    storage: Storage = Storage()
    delivery: Delivery = Delivery()
    web: Web = Web()
    access: Access = Access()
    defaults: Defaults = Defaults()
    blogs: tuple[Blog, ...] = ()
    bots: tuple[Bot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the file and the environment say. The first of `bots` is "main"."""

    about: About = About()
    telegram: Telegram = Telegram()
    storage: Storage = Storage()
    delivery: Delivery = Delivery()
    web: Web = Web()
    access: Access = Access()
    blogs: tuple[Blog, ...] = ()
    bots: tuple[Bot, ...] = (MAIN,)
    path: Path | None = field(default=None, compare=False)
    unset: tuple[str, ...] = field(default=(), compare=False)  # variables that the file names and nobody has set
    twins: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # bots that have the same token

    @property
    def kept_for(self) -> timedelta:
        """How long posts and deliveries are kept: what messages still follow edits of is not pruned."""
        return max(timedelta(days=self.storage.keep_days), self.delivery.edits_for)

    def blog(self, id_: str) -> Blog | None:
        return next((blog for blog in self.blogs if blog.id == id_), None)

    def of(self, bot: str) -> Settings:
        """What concerns one bot: these settings with its blogs alone. None are those of a bot that left the file."""
        if all(blog.bot == bot for blog in self.blogs):
            return self
        return replace(self, blogs=tuple(blog for blog in self.blogs if blog.bot == bot))

    def bot(self, name: str) -> Bot | None:
        return next((bot for bot in self.bots if bot.name == name), None)

    def is_admin(self, user_id: int) -> bool:
        return user_id in self.access.admins

    def is_editor(self, user_id: int) -> bool:
        return user_id in self.access.editors or self.is_admin(user_id)
