"""How everything stands at one moment, as the dashboard tells it. Values only; `watching` gathers them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.nodes import Nodes
from bot.core.publishing import Progress
from bot.core.signs import Stuck
from bot.core.standing import Alarm
from bot.vitals import Now
from config.settings import Blog
from storage import Backup, BlogState, Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A blog of the file with what is known of it. Instants in seconds since 1970."""

    blog: Blog
    state: BlogState
    polled: float | None = None
    next_poll: float | None = None

    @property
    def title(self) -> str:
        return self.blog.title or self.state.title or self.blog.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A push, and how far it is; `progress` None where that is still being counted."""

    push: Sent
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`stuck`: nothing leaves although something waits; `backup`: the last one that was made; `nodes`: how they are,
    None where there is one alone."""

    at: float
    now: Now
    blogs: tuple[Watched, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    ended: tuple[Alarm, ...] = ()  # lately, the last first
    pushes: tuple[Pushed, ...] = ()  # the newest first
    all_held: bool = False
    stuck: Stuck | None = None
    backup: Backup | None = None
    nodes: Nodes | None = None

    def blog(self, id_: str) -> Watched | None:
        return next((one for one in self.blogs if one.blog.id == id_), None)

    @property
    def waiting(self) -> int:
        return sum(self.now.queue.values())
