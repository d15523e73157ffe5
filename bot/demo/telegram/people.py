"""The people's side: what they say, press, block and do to chats, and the updates bots get for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from bot.demo.telegram.arguments import Upload
from bot.demo.telegram.finding import find_entities
from bot.demo.telegram.objects import bot_member, chat_json, message_json
from bot.demo.telegram.utf16 import part
from bot.demo.telegram.values import (
    Answer,
    ChatKind,
    InlineAnswer,
    Json,
    LocalMessage,
    Media,
    Topic,
    Version,
)
from bot.demo.telegram.world import WRITING, LocalBot, LocalChat, Person, Question, World


class People(World):
    """Everything a test or the chat page may do in the place of people. Wrong use raises LookupError or ValueError."""

    # --- who and what there is -----------------------------------------------------------------------------------

    def add_user(
        self,
        user_id: int,
        first_name: str = "Reader",
        language_code: str = "en",
        username: str | None = None,
        *,
        started: bool = False,
    ) -> None:
        """A person with a private chat with every bot. Before they write (or `started`) no bot may write to them."""
        if user_id <= 0:
            raise ValueError(f"a person's id is positive, not {user_id}")
        person = self.people[user_id] = Person(user_id, first_name, language_code, username)
        for bot in self.bots.values():
            standing = "member" if started else "stranger"
            chat = LocalChat(user_id, "private", first_name, username, bots={bot.id: standing}, person=person)
            chat.brief = chat_json(chat)
            bot.private[user_id] = chat
        self.chats[user_id] = self.first_bot.private[user_id]
        self.happened("chat", user_id)

    def add_chat(
        self,
        chat_id: int,
        kind: ChatKind = "supergroup",
        title: str = "",
        forum: bool = False,
        admins: Iterable[int] = (),
        username: str | None = None,
        *,
        bots: Iterable[str] | None = None,
        bot_status: str | None = None,
        added_by: int | None = None,
    ) -> LocalChat:
        """A chat that all bots (or those named in `bots`) are in: as members in groups, as administrators in channels,
        unless `bot_status` says otherwise. The first of `admins` owns it. With `added_by` the bots are told that they
        were added."""
        if kind == "private":
            self.add_user(chat_id, title or "Reader", username=username)
            return self.chats[chat_id]
        if chat_id >= 0:
            raise ValueError(f"the id of a {kind} is negative, not {chat_id}")
        members = {user_id: "administrator" if n else "creator" for n, user_id in enumerate(admins)}
        standing = bot_status or ("administrator" if kind == "channel" else "member")
        within = list(self.bots.values()) if bots is None else [self.bot_named(name) for name in bots]
        chat = LocalChat(chat_id, kind, title or kind.title(), username, forum, members)
        chat.brief = chat_json(chat)
        self.chats[chat_id] = chat
        if username:
            self.names[username.lower()] = chat
        for bot in within:
            chat.bots[bot.id] = "left" if added_by is not None else standing
        if added_by is not None:
            self.readmit(chat_id, added_by, bot_status=standing)
        self.happened("chat", chat_id)
        return chat

    def add_topic(self, chat_id: int, name: str) -> int:
        """A topic in a forum, opened by a person; its thread id."""
        chat = self._chat(chat_id)
        opener = next(iter(chat.members), None)
        notice = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        message = self._person_message(chat, opener, thread=0)
        message.thread, message.notice = message.id, notice
        chat.topics[message.id] = Topic(message.id, name)
        self._hear(chat, message)
        return message.id

    def add_member(self, chat_id: int, user_id: int, status: str = "member") -> None:
        """Joins, leaves, becomes an administrator: any status of a ChatMember. Bots are not told."""
        self._person(user_id)
        self._chat(chat_id).members[user_id] = status

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
        bot: str | None = None,
        anonymous: bool = False,
    ) -> int:
        """A person writes; the message id. `photo` is a picture's bytes or address, `caption` its text. Private chats
        are with the first bot unless `bot` names another; `anonymous` admins write in the name of their group."""
        chat = self._chat(chat_id, bot)
        self._let_in(chat, user_id)
        message = self._person_message(chat, None if anonymous else user_id, thread=thread)
        message.text = text if photo is None else caption or ""
        message.entities = tuple(entities) if entities is not None else tuple(find_entities(message.text))
        message.media = self._picture(chat, photo)
        message.reply_to = reply_to
        if not message.text and message.media is None:
            raise ValueError("nobody can send an empty message")
        self._hear(chat, message)
        return message.id

    def forward(self, user_id: int, chat_id: int, message: LocalMessage, *, bot: str | None = None) -> int:
        """A person forwards a message, from whatever chat, to this one."""
        chat = self._chat(chat_id, bot)
        self._let_in(chat, user_id)
        source = self.chats[message.chat_id]
        copy = self._person_message(chat, user_id, thread=0)
        copy.text, copy.entities, copy.media, copy.buttons = (
            message.text,
            message.entities,
            message.media,
            message.buttons,
        )
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
        self, user_id: int, chat_id: int, message_id: int, data: str, *, bot: str | None = None, seconds: float = 10
    ) -> Answer:
        """Presses the button with this data and waits for the bot's answer."""
        chat = self._chat(chat_id, bot)
        message = chat.by_id.get(message_id)
        if message is None or message.deleted or message.bot is None:
            raise LookupError(f"no message of a bot with the id {message_id} stands in chat {chat_id}")
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
        self, user_id: int, chat_id: int, label: str, *, bot: str | None = None, seconds: float = 10
    ) -> Answer:
        """Presses the newest button on the screen with this label."""
        for message in reversed(self._chat(chat_id, bot).messages):
            for row in message.buttons if message.visible else ():
                for button in row:
                    if button["text"] == label and "callback_data" in button:
                        return await self.press(
                            user_id, chat_id, message.id, button["callback_data"], bot=bot, seconds=seconds
                        )
        raise LookupError(f"no button {label!r} in chat {chat_id}")

    async def inline(
        self, user_id: int, words: str, *, bot: str | None = None, offset: str = "", seconds: float = 10
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
        bot.updates.put(kind, {"id": number, **query})
        try:
            return await asyncio.wait_for(answered, seconds)
        except TimeoutError as error:
            raise AssertionError(f"{what} was not answered within {seconds} s\n{self.screens()}") from error
        finally:
            bot.questions.pop(number, None)

    # --- what people do to bots and chats ------------------------------------------------------------------------

    def block(self, user_id: int, *, bot: str | None = None) -> None:
        """The person blocks the bot (all bots, unless one is named)."""
        for one in self._bots(bot):
            self._move(one.private[user_id], one, "kicked", user_id)

    def unblock(self, user_id: int, *, bot: str | None = None) -> None:
        for one in self._bots(bot):
            self._move(one.private[user_id], one, "member", user_id)

    def deactivate(self, user_id: int) -> None:
        """The person deletes their account. No bot is told."""
        self._person(user_id).deactivated = True

    def kick(self, chat_id: int, by: int | None = None, *, bot: str | None = None, status: str = "kicked") -> None:
        """The bots (or one) are thrown out of a group or channel."""
        chat = self._chat(chat_id)
        for one in self._bots(bot):
            if one.id in chat.bots:
                self._move(chat, one, status, self._admin(chat, by))

    def readmit(self, chat_id: int, adder_id: int, *, bot: str | None = None, bot_status: str | None = None) -> None:
        """The bots (or one) are added to a group or channel, for the first time or again."""
        chat = self._chat(chat_id)
        self._person(adder_id)
        chat.members.setdefault(adder_id, "member")
        for one in self._bots(bot):
            self._move(chat, one, bot_status or ("administrator" if chat.kind == "channel" else "member"), adder_id)
            if chat.kind != "channel":
                notice = {"new_chat_participant": one.user, "new_chat_member": one.user, "new_chat_members": [one.user]}
                self._notice(chat, adder_id, notice)

    def promote(self, chat_id: int, by: int | None = None, *, bot: str | None = None) -> None:
        """The bots (or one) become administrators."""
        chat = self._chat(chat_id)
        for one in self._bots(bot):
            self._move(chat, one, "administrator", self._admin(chat, by))

    def restrict(self, chat_id: int, by: int | None = None, *, bot: str | None = None) -> None:
        """The bots (or one) lose the right to send; `readmit` or `promote` gives it back."""
        chat = self._chat(chat_id)
        for one in self._bots(bot):
            self._move(chat, one, "restricted", self._admin(chat, by))

    def migrate(self, group_id: int) -> int:
        """A basic group becomes a supergroup; its new id. Messages of the old one can no longer be touched."""
        old = self._chat(group_id)
        if old.kind != "group" or old.migrated_to is not None:
            raise ValueError(f"chat {group_id} is no basic group any more")
        new_id = -(1_000_000_000_000 + abs(group_id))
        new = LocalChat(new_id, "supergroup", old.title, members=dict(old.members), migrated_from=group_id)
        new.brief = chat_json(new)
        self.chats[new_id] = new
        by = next(iter(old.members), None)
        self._notice(old, by, {"migrate_to_chat_id": new_id})
        new.bots, old.migrated_to = dict(old.bots), new_id
        self._notice(new, by, {"migrate_from_chat_id": group_id})
        self.happened("chat", new_id)
        return new_id

    def close_topic(self, chat_id: int, thread: int) -> None:
        """Only administrators may still write there."""
        chat = self._chat(chat_id)
        chat.topics[thread].closed = True
        self._notice(chat, next(iter(chat.members), None), {"forum_topic_closed": {}}, thread)

    def reopen_topic(self, chat_id: int, thread: int) -> None:
        chat = self._chat(chat_id)
        chat.topics[thread].closed = False
        self._notice(chat, next(iter(chat.members), None), {"forum_topic_reopened": {}}, thread)

    def delete_topic(self, chat_id: int, thread: int, *, forgotten: bool = False) -> None:
        """The topic and its messages go; no bot is told. `forgotten`: Telegram does not even know that it was there."""
        chat = self._chat(chat_id)
        chat.topics[thread].deleted, chat.topics[thread].forgotten = True, forgotten
        for message in chat.messages:
            if message.thread == thread and not message.deleted:
                self.delete(message)

    # --- how it is done ------------------------------------------------------------------------------------------

    def _chat(self, chat_id: int, bot: str | None = None) -> LocalChat:
        chat = self.chat_of(self.bot_named(bot), chat_id)
        if chat is None:
            raise LookupError(f"there is no chat {chat_id}; add_user or add_chat makes one")
        return chat

    def _person(self, user_id: int) -> Person:
        if user_id not in self.people:
            raise LookupError(f"there is nobody with the id {user_id}; add_user makes one")
        return self.people[user_id]

    def _bots(self, name: str | None) -> list[LocalBot]:
        return list(self.bots.values()) if name is None else [self.bot_named(name)]

    def _admin(self, chat: LocalChat, by: int | None) -> int | None:
        return by if by is not None else next(iter(chat.members), None)

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

    def _person_message(self, chat: LocalChat, user_id: int | None, *, thread: int) -> LocalMessage:
        if thread and (thread not in chat.topics or chat.topics[thread].deleted):
            raise LookupError(f"chat {chat.id} has no topic {thread}")
        message = self.new_message(chat, thread=thread)
        message.user_id = user_id
        return message

    def _picture(self, chat: LocalChat, photo: bytes | str | None) -> Media | None:
        if photo is None:
            return None
        bot_id = next(iter(chat.bots), self.first_bot.id)
        if isinstance(photo, str):
            return self.files.named(bot_id, "photo", photo)
        return self.files.keep(bot_id, "photo", Upload("photo.jpg", "image/jpeg", photo))

    def _notice(self, chat: LocalChat, by: int | None, notice: Json, thread: int = 0) -> None:
        """What Telegram calls a service message; all bots in the chat hear it."""
        message = self._person_message(chat, by, thread=thread)
        message.notice = notice
        self._hear(chat, message)

    def _hear(self, chat: LocalChat, message: LocalMessage) -> None:
        self.post(chat, message)
        self._spread(chat, message, "channel_post" if chat.kind == "channel" else "message")

    def _spread(self, chat: LocalChat, message: LocalMessage, kind: str) -> None:
        hearers = [bot for bot in self.bots.values() if chat.bots.get(bot.id) in {*WRITING, "restricted"}]
        body: dict[str, Any] | None = None
        for bot in hearers:
            if self._hears(bot, chat, message):
                body = body or message_json(chat, message, self)
                bot.updates.put(kind, body)

    def _hears(self, bot: LocalBot, chat: LocalChat, message: LocalMessage) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode"""
        if chat.kind in {"private", "channel"} or message.notice or not bot.profile.privacy:
            return True
        if chat.bots[bot.id] == "administrator":
            return True
        answered = chat.by_id.get(message.reply_to or 0)
        if answered is not None and answered.bot == bot.profile.username:
            return True
        return any(self._means(bot, message.text, entity) for entity in message.entities)

    def _means(self, bot: LocalBot, text: str, entity: Json) -> bool:
        words = part(text, entity["offset"], entity["length"]).lower()
        name = f"@{bot.profile.username.lower()}"
        if entity["type"] == "bot_command":
            return "@" not in words or words.endswith(name)
        return entity["type"] == "mention" and words == name

    def _move(self, chat: LocalChat, bot: LocalBot, status: str, by: int | None) -> None:
        """The bot's standing in a chat changes, and it is told."""
        before = bot_member(chat, bot)
        chat.bots[bot.id] = status
        self.happened("chat", chat.id)
        actor = self.people[by].user() if by is not None else {"id": 777000, "is_bot": False, "first_name": "Telegram"}
        change: Json = {"chat": chat.brief, "from": actor, "date": self.now(), "old_chat_member": before}
        bot.updates.put("my_chat_member", {**change, "new_chat_member": bot_member(chat, bot)})

    # --- changes that bots make as well --------------------------------------------------------------------------

    def change(
        self,
        message: LocalMessage,
        *,
        text: str | None = None,
        entities: tuple[Json, ...] | None = None,
        media: Media | None = None,
        buttons: tuple[tuple[Json, ...], ...] | None = None,
    ) -> None:
        """A new version of a message; what is None stays."""
        before = Version(message.text, message.entities, message.media, message.buttons, message.edited or message.date)
        message.edits.append(before)
        message.text = message.text if text is None else text
        message.entities = message.entities if entities is None else entities
        message.media = message.media if media is None else media
        message.buttons = message.buttons if buttons is None else buttons
        message.edited = self.now()
        self.happened("edited", message.chat_id, message)

    def delete(self, message: LocalMessage) -> None:
        message.deleted = True
        message.pinned = False
        self.happened("deleted", message.chat_id, message)

    def origin(self, chat: LocalChat, message: LocalMessage) -> Json:
        """The Bot API's MessageOrigin of what is forwarded."""
        if chat.kind == "channel":
            return {"type": "channel", "chat": chat.brief, "message_id": message.id, "date": message.date}
        if message.bot is not None:
            return {"type": "user", "sender_user": self.bot_named(message.bot).user, "date": message.date}
        if message.user_id is None:
            return {"type": "chat", "sender_chat": chat.brief, "date": message.date}
        return {"type": "user", "sender_user": self.people[message.user_id].user(), "date": message.date}

    def screens(self) -> str:
        """All screens, for a failed assertion."""
        shown = []
        for chat in self.chats.values():
            with suppress(StopIteration):
                lines = "\n".join(f"    {line}" for text in chat.screen() for line in (text.splitlines() or [""]))
                shown.append(f"  {chat.kind} {chat.id} {chat.title!r}:\n{lines or '    (empty)'}")
        return "\n".join(shown[:50])
