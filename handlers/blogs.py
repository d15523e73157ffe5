"""The live blogs as people name them: what the file says, with what the store remembers of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model import Relayed, Style
from bot.core.state import State, state_of
from bot.core.topics import slug
from config.settings import Blog
from handlers.arguments import Name
from handlers.house import House
from storage import BlogState

FRESH = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A live blog of the file, and its state. Its title is the file's, else the page's own, else its id."""

    blog: Blog
    state: BlogState

    @property
    def id(self) -> str:
        return self.blog.id

    @property
    def title(self) -> str:
        return self.blog.title or self.state.title or self.blog.id

    def state_at(self, now: datetime) -> State:
        return state_of(self.state.life, now)

    @property
    def name(self) -> Name:
        return Name(id=self.id, title=self.title)


class Blogs:
    """The blogs of one bot. What the store says of them may be a few seconds old."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._states: dict[str, BlogState] = {}
        self._asked_at = float("-inf")

    async def all(self, *, fresh: bool = False, counted: bool = False) -> list[Known]:
        """In the order of the file. `counted`: with how many posts and subscriptions each has."""
        blogs = self._house.blogs()
        if fresh or counted or not self._is_fresh() or any(blog.id not in self._states for blog in blogs):
            self._states = {state.id: state for state in await self._house.store.blogs(counted=counted)}
            self._asked_at = self._house.clock()
        return [
            Known(blog=blog, state=self._states.get(blog.id) or BlogState(id=blog.id, title=None)) for blog in blogs
        ]

    def _is_fresh(self) -> bool:
        return 0 <= self._house.clock() - self._asked_at < FRESH

    def style_of(self, post: Relayed) -> Style:
        found = self._house.settings().blog(post.blog) if post.blog else None
        return found.style if found else Style()


def topics_of(blogs: list[Known], counts: dict[str, int]) -> list[Name]:
    """The topics people may name: the admin's, then the publisher's tags that posts have, the most used first."""
    own = {topic.id: Name(id=topic.id, title=topic.title) for known in blogs for topic in known.blog.topics}
    taken = {slug(name.title) for name in own.values()} | own.keys()
    return [*own.values(), *(Name(id=tag, title=tag) for tag in counts if tag not in taken)]
