"""Following and leaving: /subscribe, /unsubscribe, and the buttons that do the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.model import Button, Rendered
from bot.core.state import State
from bot.core.wishes import Wish
from bot.core.words import shown, typed
from bot.core.writing import cut
from handlers.arguments import Name
from handlers.asked import N_, Asked, Effect, Pressed, Where, Wrong
from handlers.blogs import Known
from handlers.forums import is_forum, own_topic, with_topics
from handlers.naming import all_blogs, topics_known
from handlers.targets import Target, chosen, own, target_of
from handlers.wishing import check, doubt, quoted, to_type, what, wished
from storage import Subscription

MOST_BUTTONS = 50  # Telegram takes a hundred; nobody reads fifty
MOST_TOGETHER = 4  # words that stand side by side in a text as they do in a search
WORD = "+"  # before a word that a button follows; no topic begins so
_DATA = 64  # bytes that a button can carry: core.telegram.org/bots/api#inlinekeyboardbutton
_LABEL = 40


async def subscribe(asked: Asked) -> Rendered:
    """`[blog] [topic…] [word…] [-word…]`."""
    target, words = await target_of(asked)
    before = await asked.house.store.subscriptions(target.chat.id, target.thread)
    wanted = await wished(asked, " ".join(words), _topics(before))
    if wanted.known is not None:
        followed = await _follow(asked, target, wanted.known, wanted.wish)
        beside = [(own_topic(asked, wanted.known),)] if not words and is_forum(asked) else []
        return asked.say(" ".join(filter(None, (followed.said, doubt(asked, wanted), followed.then))), beside)
    if target.channel:
        raise Wrong(asked.t.gettext("Name the live blog as well, as in /subscribe blog @channel; /blogs lists them."))
    if not (wanted.wish.is_whole and not wanted.wish.without):
        raise Wrong(asked.t.gettext("Name the live blog as well, as in /subscribe blog word; /blogs lists them."))
    blogs = await all_blogs(asked)
    buttons = follow_buttons(blogs)
    return asked.say(
        asked.t.gettext("Which live blog?"), with_topics(asked, buttons, blogs) if is_forum(asked) else buttons
    )


async def unsubscribe(asked: Asked) -> Rendered:
    target, words = await target_of(asked)
    before = await asked.house.store.subscriptions(target.chat.id, target.thread)
    if not words:
        return await _offer_to_leave(asked, target, before)
    unwanted = await wished(asked, " ".join(words), _topics(before))
    if unwanted.known is None:
        raise Wrong(asked.t.gettext("Name the live blog as well, as in /unsubscribe blog word."))
    return asked.say(await _leave(asked, target, unwanted.known, unwanted.wish))


def _topics(followed: Sequence[Subscription]) -> list[str]:
    return [topic for one in followed for topic in one.topics]


# --- follow --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of it, in words: what is followed, and what will happen. `then` is empty where nothing changed;
    `short` is for the screen where what is said has no room there."""

    said: str
    then: str = ""
    short: str = ""


async def _follow(where: Where, target: Target, known: Known, asked: Wish) -> Followed:
    """Topics and words are added to those followed before; the whole blog takes their place."""
    before = await _subscription(where, target, known)
    wanted = before.wish.with_(asked) if before else asked
    if before is not None and wanted == before.wish:
        what_ = await what(where, known, wanted if wanted.is_whole or asked.is_whole else asked)
        already = target.said(where, N_("You already follow {what}."), N_("{who} already follows {what}."), what_)
        if wanted.is_whole and not asked.is_whole:
            return Followed(said=_narrowing(where, known, asked), short=already)
        return Followed(said=already)
    check(where, known, wanted)
    await _keep(where, target, known, wanted)
    what_ = await what(where, known, wanted)
    now = target.said(where, N_("You now follow {what}."), N_("{who} now follows {what}."), what_)
    return Followed(said=now, then=_then(where, target, known))


async def _keep(where: Where, target: Target, known: Known, wish: Wish) -> None:
    await where.house.store.subscribe(
        chat=target.chat.id,
        thread=target.thread,
        blog=known.id,
        topics=wish.topics,
        words=wish.words,
        without=wish.without,
        now=where.house.clock(),
    )


def _then(where: Where, target: Target, known: Known) -> str:
    """What will happen, and how to see something at once."""
    t = where.t
    latest = "/latest" if len(where.house.blogs()) == 1 else f"/latest {known.id}"
    if known.state_at(where.house.now()) is State.ENDED:
        return t.gettext(
            "It has ended; should it go on, new posts follow. {latest} shows the last ones.", latest=latest
        )
    if target.channel:
        return t.gettext("New posts appear there by themselves.")
    return t.gettext("New posts arrive here by themselves; {latest} shows the newest.", latest=latest)


async def _subscription(where: Where, target: Target, known: Known) -> Subscription | None:
    followed = await where.house.store.subscriptions(target.chat.id, target.thread)
    return next((one for one in followed if one.blog == known.id), None)


# --- by button -----------------------------------------------------------------------------------------------------


def follow_buttons(blogs: Sequence[Known]) -> list[tuple[Button, ...]]:
    """One for each blog."""
    return [(Button(text=labelled(one.title), data=f"follow:{one.id}"),) for one in blogs[:MOST_BUTTONS]]


def topic_button(where: Where, known: Known, topic: Name, *, alone: bool) -> Button:
    """Follows one topic of one blog. A tag too long for a button is carried by its beginning."""
    data = f"follow:{known.id}:{topic.id}".encode()[:_DATA].decode(errors="ignore")
    words = where.t.gettext("Follow {topic}", topic=topic.title)
    if not alone:
        words = where.t.gettext("Follow {topic} in {blog}", topic=topic.title, blog=known.title)
    return Button(text=labelled(words), data=data)


def word_button(where: Where, known: Known, text: str) -> tuple[Button, ...]:
    """Follows what was searched for, as one word or several side by side. Empty where that is nothing to follow."""
    word = typed(text)
    data = f"follow:{known.id}:{WORD}{word}"
    if not word or word.count("_") >= MOST_TOGETHER or len(data.encode()) > _DATA:
        return ()
    if len(where.house.blogs()) == 1:
        return (Button(text=labelled(where.t.gettext("Follow “{word}”", word=shown(word))), data=data),)
    words = where.t.gettext("Follow “{word}” in {blog}", word=shown(word), blog=known.title)
    return (Button(text=labelled(words), data=data),)


def labelled(text: str) -> str:
    return cut(text, (), _LABEL)[0]


async def press_follow(pressed: Pressed) -> Effect:
    """`follow:<blog>`, `follow:<blog>:<topic>` or `follow:<blog>:+<word>`."""
    blog, _, begun = pressed.argument.partition(":")
    target = await own(pressed)
    known = next((one for one in await all_blogs(pressed) if one.id == blog), None)
    if known is None:
        raise Wrong(pressed.t.gettext("That live blog is not here any more."))
    if begun.startswith(WORD):
        wish = Wish(words=(typed(begun),))
    else:
        topics = await _topic_begun(pressed, known, begun) if begun else []
        wish = Wish(topics=tuple(topic.id for topic in topics))
    followed = await _follow(pressed, target, known, wish)
    more = followed.then or followed.short
    said = pressed.say(f"{followed.said} {followed.then}".strip()) if more else None
    return Effect(toast=followed.short or followed.said, said=said)


async def _topic_begun(pressed: Pressed, known: Known, begun: str) -> list[Name]:
    names = await topics_known(pressed, [known])
    found = [name for name in names if name.id == begun] or [name for name in names if name.id.startswith(begun)]
    if not found:
        raise Wrong(pressed.t.gettext("That topic is not here any more."))
    return found[:1]


# --- leave ---------------------------------------------------------------------------------------------------------


async def _offer_to_leave(asked: Asked, target: Target, followed: Sequence[Subscription]) -> Rendered:
    """Everything is a lot to lose by a slip: it takes a button."""
    t = asked.t
    if not followed:
        you, they = N_("You follow nothing here; /subscribe changes that."), N_("{who} follows nothing so far.")
        return asked.say(target.said(asked, you, they))
    blogs = {one.id: one for one in await asked.blogs.all()}
    each = [await what(asked, blogs[one.blog], one.wish) for one in followed if one.blog in blogs]
    each += [asked.named(one.blog) for one in followed if one.blog not in blogs]
    you, they = N_("You follow {what}. Stop all of it?"), N_("{who} follows {what}. Stop all of it?")
    question = target.said(asked, you, they, cut(t.listed(each), (), 3000)[0])
    stop = Button(text=t.gettext("Stop everything"), data=f"leave:{target.chat.telegram_id}")
    return asked.say(question, [(stop, Button(text=t.gettext("Keep it"), data="keep:"))])


async def press_leave(pressed: Pressed) -> Effect:
    """`leave:<chat>`: everything that this thread, or a channel, follows."""
    target = await chosen(pressed)
    ended = await pressed.house.store.unsubscribe(chat=target.chat.id, thread=target.thread, blog=None)
    if not ended:
        raise Wrong(pressed.t.gettext("There was nothing to stop any more."))
    said = target.said(pressed, N_("You follow nothing any more."), N_("{who} follows nothing any more."))
    kept = pressed.t.gettext("What was sent is still kept true to the page; /subscribe begins again.")
    return Effect(toast=said, rewritten=pressed.say(f"{said} {kept}"))


async def press_keep(pressed: Pressed) -> Effect:
    """The way out of a question."""
    await own(pressed)
    return Effect(rewritten=pressed.say(pressed.t.gettext("Nothing was changed.")))


async def _leave(asked: Asked, target: Target, known: Known, named: Wish) -> str:
    """Acts, and says what is followed no more, and what still is."""
    before = await _subscription(asked, target, known)
    gone = before.wish.named(named) if before else Wish()
    everything = named == Wish()
    if before is not None and not everything and gone == Wish() and before.wish.is_whole:
        raise Wrong(_narrowing(asked, known, named))
    if before is None or (not everything and gone == Wish()):
        not_there = await what(asked, known, replace(named, words=named.words + named.without, without=()))
        return target.said(asked, N_("You do not follow {what}."), N_("{who} does not follow {what}."), not_there)
    left = None if everything else before.wish.less(gone)
    if left is None:
        await asked.house.store.unsubscribe(chat=target.chat.id, thread=target.thread, blog=known.id)
    else:
        await _keep(asked, target, known, left)
    said = await _what_went(asked, target, known, before.wish if everything else gone)
    return f"{said} {await _what_stays(asked, target, known, left)}"


async def _what_went(asked: Asked, target: Target, known: Known, gone: Wish) -> str:
    if gone.without and gone.is_whole and gone != Wish():
        words = asked.t.listed(quoted(asked, gone.without))
        return asked.t.gettext("No longer left out: {words}.", words=words)
    gone_ = await what(asked, known, replace(gone, without=()))
    return target.said(asked, N_("You no longer follow {what}."), N_("{who} no longer follows {what}."), gone_)


def _narrowing(where: Where, known: Known, named: Wish) -> str:
    """All of it is followed, and some of it was named."""
    word = next(iter([*named.topics, *map(to_type, (*named.words, *named.without))]))
    return where.t.gettext(
        "All of {blog} is followed here; /subscribe {id} -{topic} leaves that out. For some topics only, first"
        " /unsubscribe {id}, then /subscribe {id} {topic}.",
        blog=where.named(known.title),
        id=known.id,
        topic=where.named(word),
    )


async def _what_stays(asked: Asked, target: Target, known: Known, left: Wish | None) -> str:
    if left is not None:
        what_ = await what(asked, known, left)
        return target.said(asked, N_("You still follow {what}."), N_("{who} still follows {what}."), what_)
    return asked.t.gettext("What was sent is still kept true to the page.")
