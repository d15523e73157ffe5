"""Perform one action in one chat. Its outcome is a value, never an exception.

Method and parameter names are the Bot API's (https://core.telegram.org/bots/api).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import aiohttp
import orjson

from bot.core.albums import BLANK, WHOLE, Step, checksum, kind_of, next_step, pictures
from bot.core.answers import PATIENCE_WITHOUT_A_WORD, bad_pictures, outcome_of
from bot.core.blocks import RichMessage, as_json
from bot.core.model import Done, Entity, Outcome, Refused, Rendered, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, OnScreen, Pin, Send
from bot.pictures import Pictures
from bot.request import AiohttpRequest, AnswerLost, NotSent
from bot.richness import Richness


@dataclass(frozen=True, slots=True)
class Body:
    """A request without its chat: JSON that begins behind the chat's id, or a form where a file goes along."""

    method: str
    rest: bytes
    kind: str = "text"  # what stands in the chat then
    photos: tuple[str, ...] = ()  # addresses of its pictures
    shows: tuple[int, ...] = ()  # and their checksums
    step: Step = WHOLE  # of an edit or a deletion
    form: bool = False
    rich: RichMessage | None = None  # the form in which it is asked for
    unpins: bool = False  # the message is unpinned first, if it is that


class Telegram:
    """One bot's way out. `paid` sets the flag that raises its allowance beyond 30 messages a second, for money; `rich`
    is whether messages that have a rich form are sent in it.
    """

    def __init__(
        self, request: AiohttpRequest, *, api_base: str, token: str, paid: bool = False, rich: bool = False
    ) -> None:
        self._request = request
        self._address = f"{api_base.rstrip('/')}/bot{token}/"
        self.paid = paid
        self.rich = rich
        self.pictures = Pictures()
        self.richness = Richness()

    # --- what to say: the same for every chat

    def body(
        self,
        action: Action,
        rendered: Rendered,
        *,
        revision: int = 0,
        plain: bool = False,
        thread: int = 0,
        silent: bool = False,
    ) -> Body:
        """What asks for this action in any chat, as far as is known of its pictures now: see `files_of`.

        Where an album changes it asks for the first step towards the post's `revision`.
        """
        match action:
            case Send():
                place = _place(thread, silent=silent, paid=self.paid)
                if self.rich and (form := self._form(rendered, plain)) is not None:
                    return _worded("sendRichMessage", place, rendered, form)
                return self._send(rendered, place)
            case Edit(message=message) if message.kind == "photo":
                step = next_step(message, rendered, revision=revision, plain=plain)
                return replace(self._step(message, step, rendered), step=step)
            case Edit(rows=rows) if rows[0].card and rows[0].wanted == 0:
                return replace(_json("editMessageText", _text(rendered)), unpins=True)
            case Edit(message=message):
                form = self._form(rendered, plain) if message.kind == "rich" else None
                return _worded("editMessageText", {}, rendered, form)
            case Pin():
                return _json("pinChatMessage", {"disable_notification": True}, kind="pin")
            case Delete(message=message):
                return _deletion(Step(places=tuple(range(1 + len(message.others))), removes=True))

    def files_of(self, rendered: Rendered) -> tuple[str | None, ...]:
        """Telegram's file ids of its pictures, and of the blank one, where known; a rich message has addresses."""
        if rendered.rich is not None and not rendered.photo:
            return ()
        return tuple([self.pictures.known(one) for one in (rendered.photo or BLANK, *rendered.others)])

    def _form(self, rendered: Rendered, plain: bool) -> RichMessage | None:
        """The rich form in which it may be said now; None: only plainly."""
        return None if plain else self.richness.form_of(rendered.rich)

    def _send(self, rendered: Rendered, place: dict[str, Any]) -> Body:
        """An album has no buttons: it cannot."""
        if rendered.copied is not None:
            from_chat, message = rendered.copied
            original = {"from_chat_id": from_chat, "message_id": message}
            return _json("copyMessage", place | original | _buttons(rendered), kind="copy")
        if rendered.photo is None:
            return _worded("sendMessage", place, rendered, None)
        shown = pictures(rendered)
        if rendered.others:
            media = [self._media(one, kind_of(rendered, one)) for one in shown]
            return _json("sendMediaGroup", place | {"media": [media[0] | _caption(rendered), *media[1:]]}, shown)
        kind = kind_of(rendered, rendered.photo)
        file = {kind: self._file(rendered.photo)}
        return _json(f"send{kind.title()}", place | file | _caption(rendered) | _buttons(rendered), shown)

    def _step(self, message: OnScreen, step: Step, rendered: Rendered) -> Body:
        """A text stays a text, a photo a photo: a message keeps its place in the chat and its notifications."""
        if step.removes:
            return _deletion(step)
        if step.places != (0,):
            return self._replace(step.picture, {}, kind_of(rendered, step.picture))
        if step.picture and message.picture == checksum(step.picture):
            return _json("editMessageCaption", _caption(rendered) | _buttons(rendered), (step.picture,))
        return self._replace(step.picture, _caption(rendered), kind_of(rendered, step.picture))

    def _replace(self, picture: str | None, caption: dict[str, Any], kind: str) -> Body:
        """Another picture. A withdrawn one must not stay, and a photo cannot become a text: the blank one is shown."""
        if picture is None and self.pictures.known(BLANK) is None:
            media = self._media(f"attach://{BLANK}") | caption
            return Body("editMessageMedia", orjson.dumps(media), "photo", (BLANK,), (checksum(BLANK),), form=True)
        return _json("editMessageMedia", {"media": self._media(picture or BLANK, kind) | caption}, (picture or BLANK,))

    def _media(self, address: str, kind: str = "photo") -> dict[str, Any]:
        return {"type": kind, "media": self._file(address)}

    def _file(self, address: str) -> str:
        return self.pictures.known(address) or address

    # --- saying it

    async def perform(
        self, body: Body, *, chat: int, messages: Sequence[int] = (), answers: int | None = None
    ) -> Outcome:
        """Do it in this chat (Telegram's id), once; `messages` are the numbers of those to change, `answers` is the
        one that a new message replies to, if it is still there."""
        if body.unpins:
            unpinned = await self._once(_UNPIN, chat, messages, None)
            if isinstance(unpinned, TryLater | Unknown):  # all else is no reason to keep the message as it is
                return unpinned
        return await self._once(body, chat, messages, answers)

    async def _once(self, body: Body, chat: int, messages: Sequence[int], answers: int | None) -> Outcome:
        try:
            status, answer = await self._post(body, chat, messages, answers)
        except NotSent as error:
            return TryLater(why=str(error), after=PATIENCE_WITHOUT_A_WORD)
        except AnswerLost as error:
            return Unknown(why=str(error))
        outcome = outcome_of(status, answer, body.kind, body.shows)
        if body.rich is not None:
            return self._taken_richly(body.rich, status, outcome)
        return self._learned(body, outcome, answer) if body.photos else outcome

    def _taken_richly(self, form: RichMessage, status: int, outcome: Outcome) -> Outcome:
        """Where it was not, the next attempt is in a form that is."""
        if status == 404 and isinstance(outcome, TryLater):
            self.richness.unknown()
            return Refused(why=f"this server knows no rich messages: {outcome.why}", otherwise=True)
        if isinstance(outcome, Refused):
            self.richness.refused(form)
            return replace(outcome, otherwise=True)
        return outcome

    async def _post(self, body: Body, chat: int, messages: Sequence[int], answers: int | None) -> tuple[int, bytes]:
        url = self._address + body.method
        if body.form:
            return await self._request.post_form(url, _form(body, chat, messages[0]))
        whom = _whom(chat, messages) if answers is None else _whom(chat, messages) + _REPLY % answers
        return await self._request.post_json(url, whom + body.rest)

    def _learned(self, body: Body, outcome: Outcome, answer: bytes) -> Outcome:
        """What Telegram's answer says of the pictures: other chats are to get them, too."""
        if isinstance(outcome, Done) and any(self.pictures.known(one) is None for one in body.photos):
            self.pictures.took(body.photos, orjson.loads(answer).get("result"))
        if not isinstance(outcome, Refused):
            return outcome
        bad = [body.photos[place] for place in bad_pictures(outcome.why, len(body.photos))]
        self.pictures.refused(bad)
        return replace(outcome, otherwise=bool(bad) and BLANK not in bad)


def _json(method: str, fields: dict[str, Any], shown: tuple[str, ...] = (), kind: str = "") -> Body:
    kind = kind or ("photo" if shown else "text")
    return Body(method, b"," + orjson.dumps(fields)[1:], kind, shown, tuple([checksum(one) for one in shown]))


def _worded(method: str, place: dict[str, Any], rendered: Rendered, form: RichMessage | None) -> Body:
    """A message of words: plainly, or as this rich one."""
    if form is None:
        return _json(method, place | _text(rendered) | _buttons(rendered))
    body = _json(method, place | {"rich_message": as_json(form)} | _buttons(rendered), kind="rich")
    return replace(body, rich=form)


_UNPIN = Body("unpinChatMessage", b"}", "pin")


def _deletion(step: Step) -> Body:
    return Body("deleteMessages" if len(step.places) > 1 else "deleteMessage", b"}", step=step)


# https://core.telegram.org/bots/api#replyparameters
_REPLY = b',"reply_parameters":{"message_id":%d,"allow_sending_without_reply":true}'


def _whom(chat: int, messages: Sequence[int]) -> bytes:
    """The beginning of a JSON body: the chat, and of what stands there the message, or several."""
    match messages:
        case []:
            return b'{"chat_id":%d' % chat
        case [message]:
            return b'{"chat_id":%d,"message_id":%d' % (chat, message)
    return b'{"chat_id":%d,"message_ids":%b' % (chat, orjson.dumps(list(messages)))


def _form(body: Body, chat: int, message: int) -> aiohttp.FormData:
    form = aiohttp.FormData({"chat_id": str(chat), "message_id": str(message)})
    form.add_field("media", body.rest.decode())
    picture = files("bot").joinpath("blank.png").read_bytes()
    form.add_field(BLANK, picture, filename="blank.png", content_type="image/png")
    return form


def _place(thread: int, *, silent: bool, paid: bool) -> dict[str, Any]:
    said = {"message_thread_id": thread, "disable_notification": silent, "allow_paid_broadcast": paid}
    return {name: value for name, value in said.items() if value}


def _text(rendered: Rendered) -> dict[str, Any]:
    """Formatting goes as entities, never as mark-up, so that nothing a page says can be taken for mark-up."""
    return {
        "text": rendered.text,
        "entities": [entity_dict(one) for one in rendered.entities],
        "link_preview_options": {"is_disabled": True},
    }


def _caption(rendered: Rendered) -> dict[str, Any]:
    return {"caption": rendered.text, "caption_entities": [entity_dict(one) for one in rendered.entities]}


def entity_dict(entity: Entity) -> dict[str, Any]:
    """An entity as the Bot API's MessageEntity."""
    return {name: value for name in Entity.__slots__ if (value := getattr(entity, name)) is not None}


def _buttons(rendered: Rendered) -> dict[str, Any]:
    if not rendered.buttons:
        return {}
    rows = [
        [{"text": one.text} | ({"url": one.url} if one.url else {"callback_data": one.data}) for one in row]
        for row in rendered.buttons
    ]
    return {"reply_markup": {"inline_keyboard": rows}}
