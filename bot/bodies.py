"""What goes over the wire, made once per (revision, language, style) however many chats get it.

Only the chat is put in for each message, and the message's number where one is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.core.answers import checksum
from bot.core.model import Relayed, Rendered, Style
from bot.core.plan import Action, Edit, Send
from bot.core.render import message, plainest
from bot.core.render_lists import merged
from bot.core.texts import Texts
from bot.core.writing import CAPTION, MESSAGE
from bot.telegram import Body, Telegram
from config.settings import Settings
from storage import Claim

MOST = 1000  # kept ready


class Bodies:
    """`titles` are what the pages call themselves, by blog, for those that the file leaves without one."""

    def __init__(self, telegram: Telegram, settings: Callable[[], Settings], titles: dict[str, str]) -> None:
        self._telegram, self._settings, self._titles = telegram, settings, titles
        self._made_for = settings()
        self._styles: dict[str | None, Style] = {}
        self._rendered: dict[Any, Rendered] = {}
        self._bodies: dict[Any, Body] = {}

    def of(self, claim: Claim) -> Body:
        """The body for this claim's chat. What was made under another configuration is made anew."""
        self._forget_what_is_old()
        looks = self._looks(claim)
        rendered = self._rendered.get(looks)
        if rendered is None:
            rendered = self._rendered[looks] = self._render(claim)
        row = claim.action.rows[0]
        about = (looks, type(claim.action), row.thread, row.silent, self._telegram.file_of(rendered))
        body = self._bodies.get(about)
        if body is None:
            body = self._telegram.body(claim.action, rendered, thread=row.thread, silent=row.silent)
            self._bodies[about] = body
        return body

    def _forget_what_is_old(self) -> None:
        if self._made_for is not self._settings() or len(self._bodies) > MOST:
            self._made_for = self._settings()
            for made in (self._styles, self._rendered, self._bodies):
                made.clear()

    def _looks(self, claim: Claim) -> tuple[Any, ...]:
        """All that the rendering depends on."""
        revisions = tuple([(post.id, post.revision, post.withdrawn_at) for post in claim.posts])
        return revisions, claim.language, _shown(claim), _is_plain(claim), self._title(claim.posts)

    def _render(self, claim: Claim) -> Rendered:
        language = claim.language or self._style(claim.posts[0].blog).language
        texts, limit = Texts.of(language), CAPTION if _under_photo(claim) else MESSAGE
        rendered = self._message(claim.posts, texts, limit)
        if not _is_plain(claim):
            return rendered
        return replace(plainest(rendered, limit), photo=_picture_kept(claim.action, rendered))

    def _message(self, posts: Sequence[Relayed], texts: Texts, limit: int) -> Rendered:
        if len(posts) == 1:
            return message(posts[0], self._style(posts[0].blog), texts, limit)
        return merged(posts, lambda post: self._style(post.blog), texts, self._title(posts))

    def _title(self, posts: Sequence[Relayed]) -> str | None:
        """What several posts of one blog stand under: its title in the file, else the page's own, else its id."""
        blog = _common_blog(posts)
        return blog and (self._title_in_file(blog) or self._titles.get(blog) or blog)

    def is_nameless(self, claim: Claim) -> bool:
        """Whether its posts stand under a title that the file leaves to the page."""
        blog = _common_blog(claim.posts)
        return blog is not None and not self._title_in_file(blog)

    def _title_in_file(self, blog: str) -> str:
        found = self._settings().blog(blog)
        return found.title if found else ""

    def _style(self, blog: str | None) -> Style:
        style = self._styles.get(blog)
        if style is None:
            found = self._settings().blog(blog) if blog is not None else None
            style = self._styles[blog] = found.style if found else Style()
        return style


def _common_blog(posts: Sequence[Relayed]) -> str | None:
    """The blog that several posts are all of."""
    blogs = {post.blog for post in posts} if len(posts) > 1 else set()
    return blogs.pop() if len(blogs) == 1 else None


def _picture_kept(action: Action, rendered: Rendered) -> str | None:
    """The picture that stands there stays where it is still the post's; another may be what Telegram refused."""
    if isinstance(action, Edit) and rendered.photo and action.message.picture == checksum(rendered.photo):
        return rendered.photo
    return None


def _under_photo(claim: Claim) -> bool:
    return isinstance(claim.action, Edit) and claim.action.message.kind == "photo"


def _shown(claim: Claim) -> tuple[str, int | None] | None:
    """What kind of message is changed, and which picture it has."""
    return None if isinstance(claim.action, Send) else (claim.action.message.kind, claim.action.message.picture)


def _is_plain(claim: Claim) -> bool:
    return any(row.plain for row in claim.action.rows)
