"""What goes over the wire, made once per (revision, language, style) however many chats get it.

Only the chat is put in for each message, and the message's number where one is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.core.albums import checksum, pictures
from bot.core.blocks import without_pictures
from bot.core.card import Card
from bot.core.model import Relayed, Rendered, Style
from bot.core.plan import Action, Edit, Send
from bot.core.render import message, plainest
from bot.core.render_card import card_message, farewell
from bot.core.render_lists import merged
from bot.core.render_rich import digest
from bot.core.texts import Texts
from bot.core.writing import CAPTION, MESSAGE
from bot.pictures import unpictured, without
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
        looks, rendered = self._looked_up(claim)
        row, silent = claim.action.rows[0], all(one.silent for one in claim.action.rows)
        sent = (self._telegram.files_of(rendered), self._telegram.rich, self._telegram.richness.version)
        about = (looks, type(claim.action), row.thread, silent, *sent)
        body = self._bodies.get(about)
        if body is None:
            body = self._bodies[about] = self._telegram.body(
                claim.action,
                rendered,
                revision=claim.posts[0].revision if claim.posts else 0,
                plain=_is_plain(claim),
                thread=row.thread,
                silent=silent,
            )
        return body

    def messages_of(self, claim: Claim) -> int:
        """How many messages it is for Telegram's limits: one, or the pictures of an album, or a pin as well."""
        if _is_left(claim):
            return 2
        if len(claim.posts) != 1 or not isinstance(claim.action, Send):
            return 1
        if max(len(claim.posts[0].pictures), len(claim.posts[0].media)) < 2:
            return 1
        return 1 + len(self._looked_up(claim)[1].others)

    def _looked_up(self, claim: Claim) -> tuple[tuple[Any, ...], Rendered]:
        """What it depends on, and the rendering."""
        self._forget_what_is_old()
        refused = self._telegram.pictures.refused_among(claim.posts)
        looks = self._looks(claim, refused)
        rendered = self._rendered.get(looks)
        if rendered is None:
            rendered = self._rendered[looks] = self._render(claim, refused)
        return looks, rendered

    def _forget_what_is_old(self) -> None:
        if self._made_for is not self._settings() or len(self._bodies) > MOST:
            self._made_for = self._settings()
            for made in (self._styles, self._rendered, self._bodies):
                made.clear()

    def _looks(self, claim: Claim, refused: frozenset[str]) -> tuple[Any, ...]:
        """All that the rendering depends on."""
        revisions = tuple([(post.id, post.revision, post.withdrawn_at) for post in claim.posts])
        how = (_shown(claim), _is_pictured(claim), _is_plain(claim), _is_left(claim))
        return revisions, claim.language, how, self._title(claim.posts), refused

    def _render(self, claim: Claim, refused: frozenset[str]) -> Rendered:
        language = claim.language or self._style(claim.posts[0].blog).language
        texts, limit = Texts.of(language), CAPTION if _under_photo(claim) else MESSAGE
        posts = [without(post, refused) for post in claim.posts] if refused else claim.posts
        posts = posts if _is_pictured(claim) else [unpictured(post) for post in posts]
        rendered = farewell(texts) if _is_left(claim) else self._message(claim, posts, texts, limit)
        if not _is_plain(claim):
            return rendered
        return _with_pictures_kept(plainest(rendered, limit), claim.action, rendered)

    def _message(self, claim: Claim, posts: Sequence[Relayed], texts: Texts, limit: int) -> Rendered:
        if claim.card is not None:
            card = self._card(claim.card, posts[0].blog or "", texts)
            return card if _is_pictured(claim) or card.rich is None else replace(card, rich=without_pictures(card.rich))
        if len(posts) == 1:
            return message(posts[0], self._style(posts[0].blog), texts, limit)
        title, style_of = self._title(posts), self._style_of
        plain = merged(posts, style_of, texts, title)
        if not (self._telegram.rich or _is_rich(claim)):
            return plain
        return replace(plain, rich=digest(posts, style_of, texts, title, self._topic_titles(_common_blog(posts))))

    def _card(self, card: Card, blog: str, texts: Texts) -> Rendered:
        title = self._title_in_file(blog) or card.title or blog
        return card_message(card, title, self._style(blog), texts, self._topic_titles(blog))

    def _topic_titles(self, blog: str | None) -> Callable[[str], str]:
        """What topics are called: as in the file, else by their id."""
        found = self._settings().blog(blog) if blog is not None else None
        titles = {one.id: one.title for one in found.topics} if found else {}
        return lambda id_: titles.get(id_, id_)

    def _style_of(self, post: Relayed) -> Style:
        return self._style(post.blog)

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


def _with_pictures_kept(plain: Rendered, action: Action, rendered: Rendered) -> Rendered:
    """The pictures that stand there stay where they are still the post's; another may be what Telegram refused."""
    if not isinstance(action, Edit):
        return plain
    standing = {action.message.picture, *(one.picture for one in action.message.others)}
    kept = [one for one in pictures(rendered) if checksum(one) in standing]
    return replace(plain, photo=kept[0], others=tuple(kept[1:])) if kept else plain


def _under_photo(claim: Claim) -> bool:
    return isinstance(claim.action, Edit) and claim.action.message.kind == "photo"


def _is_pictured(claim: Claim) -> bool:
    """A message that has pictures keeps them, and a text stays a text, whatever its chat wants of the next ones."""
    if isinstance(claim.action, Send) or claim.action.message.kind == "rich":  # which may lose them and have them again
        return all(row.pictures for row in claim.action.rows)
    return claim.action.message.kind != "text"


def _shown(claim: Claim) -> tuple[Any, ...] | None:
    """What kind of message is changed, which pictures it has, and how far an album has come."""
    if isinstance(claim.action, Send):
        return None
    message = claim.action.message
    return message.kind, message.picture, tuple([one.picture for one in message.others]), message.revision


def _is_left(claim: Claim) -> bool:
    """Whether its message is to go and can only be rewritten."""
    if not isinstance(claim.action, Edit):
        return False
    unwanted = {row.post for row in claim.action.rows if row.wanted == 0}
    return unwanted.issuperset(claim.action.message.posts)


def _is_rich(claim: Claim) -> bool:
    return isinstance(claim.action, Edit) and claim.action.message.kind == "rich"


def _is_plain(claim: Claim) -> bool:
    return any(row.plain for row in claim.action.rows)
