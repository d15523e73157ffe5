"""Who and where: people, chats and topics, and what happens to the bots in them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.demo.telegram.objects import bot_member, chat_json, message_json
from bot.demo.telegram.utf16 import part
from bot.demo.telegram.values import ChatKind, Json, LocalMessage, Topic
from bot.demo.telegram.world import WRITING, LocalBot, LocalChat, Person, World

TELEGRAM: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}


def usual_standing(kind: ChatKind) -> str:
    """Bots are members of groups, but only administrators can be in a channel."""
    return "administrator" if kind == "channel" else "member"


class Places(World):
    """The people's side, as far as it concerns chats. Wrong use raises LookupError or ValueError."""

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
        standing = bot_status or usual_standing(kind)
        within = list(self.bots.values()) if bots is None else [self.bot_named(name) for name in bots]
        chat = LocalChat(chat_id, kind, title or kind.title(), username, forum, members)
        chat.brief = chat_json(chat)
        self.chats[chat_id] = chat
        if username:
            self.names[username.lower()] = chat
        if username:  # of a public chat every bot knows
            chat.bots = {bot.id: "left" for bot in self.bots.values()}
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
            if chat.bots.get(one.id, "left") != "left":
                self._move(chat, one, status, self._admin(chat, by))

    def readmit(self, chat_id: int, adder_id: int, *, bot: str | None = None, bot_status: str | None = None) -> None:
        """The bots (or one) are added to a group or channel, for the first time or again."""
        chat = self._chat(chat_id)
        self._person(adder_id)
        chat.members.setdefault(adder_id, "member")
        for one in self._bots(bot):
            self._move(chat, one, bot_status or usual_standing(chat.kind), adder_id)
            if chat.kind != "channel":
                notice = {"new_chat_participant": one.user, "new_chat_member": one.user, "new_chat_members": [one.user]}
                self._notice(chat, adder_id, notice)

    def promote(
        self, chat_id: int, by: int | None = None, *, bot: str | None = None, without: Iterable[str] = ()
    ) -> None:
        """The bots (or one) become administrators, without these rights ("can_manage_topics")."""
        chat = self._chat(chat_id)
        chat.lacking = frozenset(without)
        for one in self._bots(bot):
            self._move(chat, one, "administrator", self._admin(chat, by))

    def restrict(
        self, chat_id: int, by: int | None = None, *, bot: str | None = None, what: Iterable[str] = ()
    ) -> None:
        """The bots (or one) lose the right to send, or to send `what` ("photos", "text messages", …); `unrestrict` or
        `promote` gives it back."""
        chat = self._chat(chat_id)
        chat.unwelcome = frozenset(what)
        for one in self._bots(bot):
            self._move(chat, one, "restricted", self._admin(chat, by))

    def unrestrict(self, chat_id: int, by: int | None = None, *, bot: str | None = None) -> None:
        """They may send again, as members (in channels: as administrators)."""
        chat = self._chat(chat_id)
        for one in self._bots(bot):
            self._move(chat, one, usual_standing(chat.kind), self._admin(chat, by))

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
        for bot in self.bots.values():  # they join the new one, but never hear that they left the old
            if old.bots.get(bot.id) in WRITING:
                new.bots[bot.id] = "left"
                self._move(new, bot, old.bots[bot.id], by)
        self._notice(old, by, {"migrate_to_chat_id": new_id})
        old.migrated_to = new_id
        self._notice(new, by, {"migrate_from_chat_id": group_id})
        self.happened("chat", new_id)
        return new_id

    def charge(self, chat_id: int, stars: int) -> None:
        """The group takes this many Stars for every message, which no bot can pay; 0: nothing any more."""
        self._chat(chat_id).refuses = f"ALLOW_PAYMENT_REQUIRED_{stars}" if stars else ""

    def censor(self, chat_id: int) -> None:
        """Telegram itself lets nobody write there any more. No bot is told."""
        self._chat(chat_id).refuses = "CHAT_RESTRICTED"

    def delete_chat(self, chat_id: int) -> None:
        """The group or channel is gone. No bot is told."""
        chat = self._chat(chat_id)
        chat.gone = True
        self.happened("chat", chat.id)

    def close_topic(self, chat_id: int, thread: int) -> None:
        """Only administrators may still write there. 0 is the topic called General."""
        self._turn_topic(chat_id, thread, closed=True)

    def reopen_topic(self, chat_id: int, thread: int) -> None:
        self._turn_topic(chat_id, thread, closed=False)

    def _turn_topic(self, chat_id: int, thread: int, *, closed: bool) -> None:
        chat = self._chat(chat_id)
        if thread:
            chat.topics[thread].closed = closed
        else:
            chat.general_closed = closed
        self.happened("chat", chat.id)
        notice: Json = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
        self._notice(chat, next(iter(chat.members), None), notice, thread)

    def link(self, group_id: int, channel_id: int) -> None:
        """The group becomes the place where the channel is discussed."""
        self._chat(group_id).linked, self._chat(channel_id).linked = channel_id, group_id

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

    def _person_message(self, chat: LocalChat, user_id: int | None, *, thread: int) -> LocalMessage:
        if thread and (thread not in chat.topics or chat.topics[thread].deleted):
            raise LookupError(f"chat {chat.id} has no topic {thread}")
        message = self.new_message(chat, thread=thread)
        message.user_id = user_id
        return message

    def _notice(self, chat: LocalChat, by: int | None, notice: Json, thread: int = 0) -> None:
        """What Telegram calls a service message; all bots in the chat hear it."""
        message = self._person_message(chat, by, thread=thread)
        message.notice = notice
        self._hear(chat, message)

    def _hear(self, chat: LocalChat, message: LocalMessage) -> None:
        self.post(chat, message)
        self._spread(chat, message, "channel_post" if chat.kind == "channel" else "message")

    def hear_from(self, bot: LocalBot, chat: LocalChat, message: LocalMessage) -> None:
        """A service message that a bot's own call caused: all bots but that one hear it."""
        self.post(chat, message)
        self._spread(chat, message, "message", but=bot)

    def _spread(self, chat: LocalChat, message: LocalMessage, kind: str, but: LocalBot | None = None) -> None:
        standing = {*WRITING, "restricted"}
        hearers = [bot for bot in self.bots.values() if chat.bots.get(bot.id) in standing and bot is not but]
        body: Json | None = None
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
