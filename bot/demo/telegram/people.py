"""What people say and press, and the answers they wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.demo.telegram.arguments import Arguments, Upload
from bot.demo.telegram.finding import find_entities
from bot.demo.telegram.keyboard import read_markup
from bot.demo.telegram.menus import menu
from bot.demo.telegram.objects import message_json
from bot.demo.telegram.places import Places
from bot.demo.telegram.values import PATIENCE, Answer, InlineAnswer, Json, LocalMessage, Media
from bot.demo.telegram.world import LocalBot, LocalChat, Question

_NAMES = {
    "video": ("film.mp4", "video/mp4"),
    "animation": ("loop.mp4", "video/mp4"),
    "audio": ("sound.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "document": ("file.pdf", "application/pdf"),
}


class People(Places):
    """Everything a test or the chat page may do in the place of people. Wrong use raises LookupError or ValueError."""

    # --- what people say -----------------------------------------------------------------------------------------

    def say(
        self,
        user_id: int,
        chat_id: int,
        text: str = "",
        *,
        thread: int = 0,
        reply_to: int | None = None,
        entities: Iterable[Json] | None = None,
        photo: bytes | str | None = None,
        caption: str | None = None,
        kind: str = "photo",
        album: str | None = None,
        bot: str | None = None,
        anonymous: bool = False,
        channel: int | None = None,
        ephemeral: bool = False,
    ) -> int:
        """A person writes; the message id. `photo` is a picture's bytes or address, `caption` its text; it is a file of
        another `kind` ("video") where told so, and one of several in an `album`. Private chats are with the first bot
        unless `bot` names another; `anonymous` admins write in the name of their group, and people with a `channel` in
        its name. An `ephemeral` command only this bot and they themselves see; it has no id, and its own number is
        returned."""
        chat = self._chat(chat_id, bot)
        self._let_in(chat, user_id)
        if ephemeral:
            return self._whisper(user_id, chat, text, thread, self.bot_named(bot))
        message = self._person_message(chat, None if anonymous or channel else user_id, thread=thread)
        message.channel = channel
        message.text = text if photo is None else caption or ""
        message.entities = tuple(entities) if entities is not None else tuple(find_entities(message.text))
        message.media = self._picture(chat, photo, kind)
        message.reply_to, message.album = reply_to, album
        if not message.text and message.media is None:
            raise ValueError("nobody can send an empty message")
        self._hear(chat, message)
        return message.id

    def is_ephemeral(self, user_id: int, chat_id: int, text: str, *, bot: str | None = None) -> bool:
        """Whether an app would send this command so that nobody else sees it."""
        chat, one = self._chat(chat_id, bot), self.bot_named(bot)
        word, _, name = text.removeprefix("/").split(" ")[0].partition("@")
        if (
            chat.kind not in {"group", "supergroup"}
            or not text.startswith("/")
            or name not in ("", one.profile.username)
        ):
            return False
        offered = menu(one, self._person(user_id), chat)
        return any(command["command"] == word and command.get("is_ephemeral") for command in offered)

    def _whisper(self, user_id: int, chat: LocalChat, text: str, thread: int, bot: LocalBot) -> int:
        """An ephemeral command: https://core.telegram.org/bots/api#botcommand"""
        if not self.is_ephemeral(user_id, chat.id, text, bot=bot.token):
            raise ValueError(f"{text} is no ephemeral command here")
        message = LocalMessage(chat.id, 0, self.now(), user_id=user_id, text=text, thread=thread)
        message.entities = tuple(find_entities(text))
        message.receiver, message.ephemeral_id = bot.id, next(self.numbers)
        self.post(chat, message)
        bot.updates.put("message", message_json(chat, message, self))
        return message.ephemeral_id

    def forward(self, user_id: int, chat_id: int, message: LocalMessage, *, bot: str | None = None) -> int:
        """A person forwards a message, from whatever chat, to this one."""
        chat = self._chat(chat_id, bot)
        self._let_in(chat, user_id)
        source = self.chats[message.chat_id]
        copy = self._person_message(chat, user_id, thread=0)
        copy.text, copy.entities = message.text, message.entities
        copy.media, copy.buttons = message.media, message.buttons
        copy.origin = message.origin or self.origin(source, message)
        self._hear(chat, copy)
        return copy.id

    def edit(self, user_id: int, chat_id: int, message_id: int, text: str, *, bot: str | None = None) -> None:
        """A person changes what they said; bots get `edited_message`."""
        chat = self._chat(chat_id, bot)
        message = chat.by_id[message_id]
        if message.user_id != user_id:
            raise ValueError(f"message {message_id} is not {user_id}'s to edit")
        self.change(message, text=text, entities=tuple(find_entities(text)))
        self._spread(chat, message, "edited_channel_post" if chat.kind == "channel" else "edited_message")

    def erase(self, chat_id: int, message_id: int, *, bot: str | None = None) -> None:
        """A person deletes a message, anybody's. No bot is told."""
        chat = self._chat(chat_id, bot)
        self.delete(chat.by_id[message_id])

    def age(self, chat_id: int, message_id: int, hours: float, *, bot: str | None = None) -> None:
        """Makes a message older than it is."""
        self._chat(chat_id, bot).by_id[message_id].date -= int(hours * 3600)

    # --- buttons and inline queries ------------------------------------------------------------------------------

    async def press(
        self,
        user_id: int,
        chat_id: int,
        message_id: int,
        data: str,
        *,
        bot: str | None = None,
        seconds: float = PATIENCE,
    ) -> Answer:
        """Presses the button with this data and waits for the bot's answer. An ephemeral message is meant by its own
        number below zero."""
        chat = self._chat(chat_id, bot)
        message = chat.ephemeral.get(-message_id) if message_id < 0 else chat.by_id.get(message_id)
        if message is None or message.deleted or message.bot is None:
            raise LookupError(f"no message of a bot with the id {message_id} stands in chat {chat_id}")
        if message.receiver not in (None, user_id):
            raise LookupError(f"{user_id} does not see message {message_id}")
        known = [button["callback_data"] for row in message.buttons for button in row if "callback_data" in button]
        if data not in known:
            raise LookupError(f"message {message_id} has no button for {data!r}, but {known}")
        asked = self.bot_named(message.bot)
        query: Json = {"from": self._person(user_id).user(), "message": message_json(chat, message, self)}
        query |= {"chat_instance": str(abs(chat.id) * 7919), "data": data}
        what = f"the press on {data!r} in chat {chat_id}"
        answer = await self._ask(asked, "callback_query", query, chat, message, what, seconds)
        assert isinstance(answer, Answer)
        return answer

    async def tap(
        self, user_id: int, chat_id: int, label: str, *, bot: str | None = None, seconds: float = PATIENCE
    ) -> Answer:
        """Presses the newest button on the screen with this label."""
        for message in reversed(self._chat(chat_id, bot).messages):
            for row in message.buttons if message.visible else ():
                for button in row:
                    if button["text"] == label and "callback_data" in button:
                        number = message.id or -message.ephemeral_id
                        return await self.press(
                            user_id, chat_id, number, button["callback_data"], bot=bot, seconds=seconds
                        )
        raise LookupError(f"no button {label!r} in chat {chat_id}")

    async def inline(
        self, user_id: int, words: str, *, bot: str | None = None, offset: str = "", seconds: float = PATIENCE
    ) -> InlineAnswer:
        """Types `@bot words` somewhere and waits for the results."""
        asked = self.bot_named(bot)
        if not asked.profile.inline:
            raise LookupError(f"{asked} takes no inline queries")
        query: Json = {"from": self._person(user_id).user(), "query": words, "offset": offset, "chat_type": "sender"}
        what = f"the inline query {words!r}"
        answer = await self._ask(asked, "inline_query", query, None, None, what, seconds)
        assert isinstance(answer, InlineAnswer)
        return answer

    def choose(self, user_id: int, chat_id: int, result: Json, *, bot: str | None = None) -> int:
        """Sends one of the results of `inline` into a chat; the message id."""
        chosen = self.bot_named(bot)
        chat = self._chat(chat_id, bot)
        self._let_in(chat, user_id)
        message = self._person_message(chat, user_id, thread=0)
        message.text, message.entities = result["sends"]
        message.via_bot = chosen.user
        message.buttons, _ = read_markup(Arguments(result))
        if result["type"] == "photo":
            message.media = self.files.named(chosen.id, "photo", result.get("photo_url") or result["photo_file_id"])
        self._hear(chat, message)
        return message.id

    async def _ask(
        self,
        bot: LocalBot,
        kind: str,
        query: Json,
        chat: LocalChat | None,
        message: LocalMessage | None,
        what: str,
        seconds: float,
    ) -> object:
        answered: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        number = str(next(self.numbers) + (bot.id << 32))

        def settle(answer: object) -> None:
            if not answered.done():
                answered.set_result(answer)

        bot.questions[number] = Question(chat.id if chat else 0, message, settle)
        if chat is not None:
            bot.presses[number] = (chat.id, query["from"]["id"], self.now())
        bot.updates.put(kind, {"id": number, **query})
        try:
            return await asyncio.wait_for(answered, seconds)
        except TimeoutError as error:
            raise AssertionError(f"{what} was not answered within {seconds} s\n{self.screens()}") from error
        finally:
            bot.questions.pop(number, None)

    # --- how it is done

    def _let_in(self, chat: LocalChat, user_id: int) -> None:
        """Writing in a private chat starts (and unblocks) the bot; writing in a group makes one a member."""
        self._person(user_id)
        if chat.kind == "channel" and chat.members.get(user_id) not in {"creator", "administrator"}:
            raise ValueError(f"{user_id} is no admin of channel {chat.id}")
        if chat.person is None:
            chat.members.setdefault(user_id, "member")
            return
        if chat.id != user_id:
            raise ValueError(f"{user_id} cannot write in the private chat of {chat.id}")
        for bot_id, standing in chat.bots.items():
            if standing == "kicked":
                self._move(chat, next(bot for bot in self.bots.values() if bot.id == bot_id), "member", user_id)
            chat.bots[bot_id] = "member"

    def _picture(self, chat: LocalChat, photo: bytes | str | None, kind: str) -> Media | None:
        if photo is None:
            return None
        bot_id = next(iter(chat.bots), self.first_bot.id)
        if isinstance(photo, str):
            return self.files.named(bot_id, kind, photo)
        name, mime = _NAMES.get(kind, ("photo.jpg", "image/jpeg"))
        return self.files.keep(bot_id, kind, Upload(name, mime, photo))
