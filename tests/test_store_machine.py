"""Any course of events: once it is quiet, every chat shows what it should, once and as it is now, and nothing waits.

The model keeps who is owed which post and what stands in doubt; the store is the real one, Telegram a record.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.choices import Quiet
from bot.core.model import ChatClosed, ChatMoved, Gone, Outcome, Refused, TryLater, Unknown, Volume
from bot.core.plan import Delete, Edit, Send
from storage import Claim, expansion, open_store
from tests.ledger import BLOG, Ledger

CHATS = st.integers(0, 4)
POSTS = st.integers(0, 30)
TOPICS = st.sampled_from([(), ("nato",), ("kyiv",)])
FAILURES: dict[str, Outcome] = {
    "later": TryLater(why="Internal Server Error", after=5.0),
    "flood": TryLater(why="Too Many Requests", after=30.0, flood=True),
    "refused": Refused(why="Bad Request: odd"),
    "closed": ChatClosed(why="Forbidden: blocked"),
    "gone": Gone(why="message to edit not found"),
    "lost": Unknown(why="timed out"),
}

Pair = tuple[int, str]  # a chat of ours (its place in the model), a post's key


class StoreMachine(RuleBasedStateMachine):
    """Chats are known here by a small number; Telegram's id of each changes when it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.mkdtemp()
        self.ledger = Ledger(open_store(self.url))
        self.usual_chunk, expansion.CHUNK = expansion.CHUNK, 2
        self.telegram_ids = {chat: -500 - chat for chat in range(5)}
        self.ours: dict[int, int] = {}  # chat -> our number of it
        self.open: set[int] = set()
        self.follows: dict[int, tuple[str, ...]] = {}  # chat -> topics
        self.topics: dict[str, tuple[str, ...]] = {}  # key of a post -> its topics
        self.waits_until: dict[str, float] = {}
        self.withdrawn: set[str] = set()
        self.pruned: set[str] = set()
        self.held = False
        self.owed: set[Pair] = set()  # must stand there in the end
        self.excused: set[Pair] = set()  # may not: refused, taken away by people, missed, lost
        self.claims: list[Claim] = []
        self.moves = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/relay.db"

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(act)

    def teardown(self) -> None:
        try:
            self.be_quiet()
            self.check()
        finally:
            expansion.CHUNK = self.usual_chunk
            self.do(self.ledger.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    @initialize(how=st.sampled_from(["notice", "delete", "keep"]), chats=st.sets(CHATS, min_size=2))
    def begin(self, how: str, chats: set[int]) -> None:
        self.ledger.on_withdrawal = how
        for chat in sorted(chats):
            self.follow(chat, ())

    # --- people ----------------------------------------------------------------------------------------------------

    @rule(chat=CHATS, topics=TOPICS)
    def follow(self, chat: int, topics: tuple[str, ...]) -> None:
        """Says /subscribe, with which a closed chat opens."""
        self.tick()
        self.ours[chat] = self.do(self.ledger.follow(self.telegram_ids[chat], *topics, kind="group"))
        self.open.add(chat)
        before = self.follows.get(chat)
        self.follows[chat] = topics
        if before is not None and topics and before != topics:  # what waits for other topics is dropped
            self.excuse(chat, (key for key, its in self.topics.items() if not set(its) & set(topics)))

    @rule(chat=CHATS)
    def leave(self, chat: int) -> None:
        if chat in self.ours:
            self.do(self.ledger.leave(self.ours[chat]))
            self.follows.pop(chat, None)
            self.excuse(chat)

    @rule(chat=CHATS)
    def close(self, chat: int) -> None:
        if chat in self.ours:
            self.do(self.ledger.store.close_chat(self.ours[chat], "blocked", self.ledger.now))
            self.open.discard(chat)
            self.excuse(chat)

    @rule(chat=CHATS)
    def reopen(self, chat: int) -> None:
        if chat in self.ours:
            self.do(self.ledger.store.reopen_chat(self.ours[chat]))
            self.open.add(chat)

    @rule(chat=CHATS)
    def forget(self, chat: int) -> None:
        if chat in self.ours:
            self.do(self.ledger.store.forget(self.ours.pop(chat)))
            self.ledger.screens.chats.pop((self.telegram_ids[chat], 0), None)
            self.telegram_ids[chat] -= 1_000  # whoever comes back is somebody else to the model
            self.open.discard(chat)
            self.follows.pop(chat, None)
            self.owed = {pair for pair in self.owed if pair[0] != chat}
            self.excused |= {(chat, key) for key in self.topics}

    @rule(
        chat=CHATS,
        quiet=st.sampled_from([None, Quiet(start=0, end=1439), Quiet(start=900, end=930)]),
        muted=st.sampled_from([0.0, 30.0]),
    )
    def choose(self, chat: int, quiet: Quiet | None, muted: float) -> None:
        """What waits now or later waits longer, and comes all the same."""
        if chat in self.ours:
            self.do(self.ledger.choose(self.ours[chat], quiet=quiet, muted_until=self.ledger.now + muted))

    @rule(chat=CHATS, volume=st.sampled_from([Volume.EVERYTHING, Volume.DIGEST]))
    def hear(self, chat: int, volume: Volume) -> None:
        if chat in self.ours:
            self.do(self.ledger.hear(self.ours[chat], volume, digest="5m"))

    # --- the page --------------------------------------------------------------------------------------------------

    @rule(topics=TOPICS, hold=st.sampled_from([0.0, 0.0, 60.0]))
    def publish(self, topics: tuple[str, ...], hold: float) -> None:
        self.tick()
        key = f"p{len(self.topics)}"
        self.do(self.ledger.publish(key, topics=topics, hold=hold))
        self.topics[key] = topics
        self.waits_until[key] = self.ledger.now + hold
        self.owe(key)

    def owe(self, key: str) -> None:
        """To whoever follows it now. While it is held its audience is not known yet: then nobody is owed it."""
        topics = set(self.topics[key])
        if key in self.pruned or self.held or self.ledger.now < self.waits_until[key]:
            return
        for chat, wanted in self.follows.items():
            if chat in self.open and (not wanted or topics & set(wanted)):
                self.owed.add((chat, key))

    @rule(which=POSTS, topics=TOPICS, quiet=st.sampled_from([0.0, 20.0]))
    def edit(self, which: int, topics: tuple[str, ...], quiet: float) -> None:
        """Topics that it gains are news to who follows them; that they are, other tests say."""
        if (key := self.pick(which)) and key not in self.withdrawn:
            self.tick()
            topics = tuple(dict.fromkeys((*self.topics[key], *topics)))
            self.do(self.ledger.edit(key, topics=topics, edit_quiet=quiet))
            self.topics[key] = topics

    @rule(which=POSTS)
    def withdraw(self, which: int) -> None:
        if key := self.pick(which):
            self.tick()
            self.do(self.ledger.withdraw(key))
            self.withdrawn.add(key)
            self.owed = {pair for pair in self.owed if pair[1] != key}

    @rule(which=POSTS)
    def restore(self, which: int) -> None:
        if (key := self.pick(which)) in self.withdrawn:
            self.tick()
            self.do(self.ledger.restore(str(key), topics=self.topics[str(key)]))
            self.withdrawn.discard(str(key))
            self.owe(str(key))

    @rule()
    def hold(self) -> None:
        self.do(self.ledger.store.hold(BLOG, self.ledger.now))
        self.held = True

    @rule()
    def release(self) -> None:
        self.do(self.ledger.store.release(BLOG, self.ledger.now))
        self.held = False

    @rule(seconds=st.sampled_from([1.0, 10.0, 60.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.ledger.now += seconds

    @rule(age=st.sampled_from([1.0, 30.0, 300.0]))
    def prune(self, age: float) -> None:
        """What goes was where it was owed, as it was in the end; from then on nothing is owed and nothing happens."""
        before = {key: self.do(self.ledger.store.post(number)) for key, number in self.ledger.numbers.items()}
        self.do(self.prune_all(age))
        for key, post in before.items():
            if post is not None and self.do(self.ledger.store.post(post.id)) is None:
                self.pruned.add(key)
                assert not any(key in self.keys_of(claim) for claim in self.claims), f"{key} is on its way"
                for chat, owed in self.owed - self.excused:
                    if owed == key and chat in self.open:
                        assert self.ledger.revisions(self.telegram_ids[chat], key) == [post.revision]
        self.owed = {pair for pair in self.owed if pair[1] not in self.pruned}

    async def prune_all(self, age: float) -> None:
        async for _ in self.ledger.store.prune(self.ledger.now - age):
            pass

    # --- the sender ------------------------------------------------------------------------------------------------

    @rule()
    def expand(self) -> None:
        self.do(self.ledger.store.expand(self.ledger.now))

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        busy = [claim.telegram_id for claim in self.claims]
        self.claims += self.do(self.ledger.claim(limit, busy))

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), works=st.booleans(), failure=st.sampled_from([*FAILURES, "moved"]))
    def answer(self, which: int, works: bool, failure: str) -> None:
        claim = self.claims.pop(which % len(self.claims))
        chat = self.chat_of(claim)
        if chat is None:  # forgotten meanwhile; the store must not mind
            self.do(self.ledger.settle(claim, FAILURES["later"]))
        elif works or not self.can_be(claim, failure):
            self.do(self.ledger.settle(claim, self.ledger.screens.perform(claim)))
        elif failure == "moved":
            self.move(chat, claim)
        else:
            self.fail(chat, claim, failure)

    def can_be(self, claim: Claim, failure: str) -> bool:
        """Whether Telegram could say that. What is lost arrived here in half of the cases: every other message."""
        return failure != "gone" or not isinstance(claim.action, Send)

    def fail(self, chat: int, claim: Claim, failure: str) -> None:
        keys = self.keys_of(claim)
        match failure:
            case "refused" if all(row.plain for row in claim.action.rows):
                self.excused |= {(chat, key) for key in keys}
            case "closed":
                self.open.discard(chat)
                self.excuse(chat)
            case "gone":
                assert isinstance(claim.action, Edit | Delete)
                self.ledger.screens.chats[claim.telegram_id, 0].pop(claim.action.message.message_id)
                self.excused |= {(chat, key) for key in keys}
            case "lost" if isinstance(claim.action, Edit):
                self.ledger.screens.perform(claim)
            case _:
                pass
        self.do(self.ledger.settle(claim, FAILURES[failure]))

    def move(self, chat: int, claim: Claim) -> None:
        """What stood in the group is dead, and its posts are not sent again."""
        self.moves += 1
        old, new = self.telegram_ids[chat], -100_000 - self.moves
        self.excused |= {(chat, key) for key in self.shown(chat)}
        self.ledger.screens.chats.pop((old, 0), None)
        self.telegram_ids[chat] = new
        self.do(self.ledger.settle(claim, ChatMoved(to=new)))

    @rule()
    def give_back(self) -> None:
        self.do(self.ledger.store.release_claims(self.claims))
        self.claims = []

    @rule(ambiguous=st.sampled_from(["resend", "drop"]))
    def crash(self, ambiguous: str) -> None:
        """Nothing that was under way had arrived. With "drop" first sends are taken for sent."""
        if ambiguous == "drop":
            for claim in self.claims:
                if (chat := self.chat_of(claim)) is not None and isinstance(claim.action, Send):
                    self.excused |= {(chat, key) for key in self.keys_of(claim)}
        self.claims = []
        self.do(self.ledger.store.close())
        self.ledger.store = open_store(self.url)
        self.do(self.ledger.store.recover("main", ambiguous, self.ledger.now))

    # --- what must be true -----------------------------------------------------------------------------------------

    @invariant()
    def no_post_stands_twice_in_a_chat(self) -> None:
        for chat in self.ours:
            shown = self.shown(chat)
            assert len(shown) == len(set(shown)), (chat, shown)

    def be_quiet(self) -> None:
        """Holds and quiet hours end, time passes, and everything works."""
        self.release()
        self.give_back()
        for chat in self.ours.values():
            self.do(self.ledger.choose(chat))
        for _ in range(4):
            self.ledger.now += 1000.0
            self.do(self.ledger.run())

    def check(self) -> None:
        assert self.do(self.ledger.waiting()) == 0, self.do(self.ledger.store.queue("main"))
        assert self.do(self.ledger.store.next_due("main", self.ledger.now)) is None
        assert self.do(self.ledger.store.recover("main", "resend", self.ledger.now)) == 0
        for chat in self.open & self.ours.keys():
            for key in self.topics.keys() - self.pruned:
                self.check_pair(chat, key)

    def check_pair(self, chat: int, key: str) -> None:
        shown = self.ledger.revisions(self.telegram_ids[chat], key)
        post = self.do(self.ledger.store.post(self.ledger.numbers[key]))
        excused = (chat, key) in self.excused
        if (chat, key) in self.owed and not excused:
            assert len(shown) == 1, f"chat {chat} lacks {key}"
        if key in self.withdrawn and self.ledger.on_withdrawal == "keep":
            return
        if not excused:
            assert set(shown) <= {post.revision}, f"chat {chat} shows {key} at {shown}, not at {post.revision}"
        if key in self.withdrawn and self.ledger.on_withdrawal == "delete" and not excused:
            assert all(len(one) > 1 for one in self.ledger.screens.of(self.telegram_ids[chat]) if _has(one, post.id))

    # --- the model's own -------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """No two things happen at the same instant."""
        self.ledger.now += 0.5

    def pick(self, which: int) -> str | None:
        return f"p{which % len(self.topics)}" if self.topics else None

    def chat_of(self, claim: Claim) -> int | None:
        return next((chat for chat, one in self.telegram_ids.items() if one == claim.telegram_id), None)

    def keys_of(self, claim: Claim) -> list[str]:
        keys = {number: key for key, number in self.ledger.numbers.items()}
        return [keys[post.id] for post in claim.posts]

    def shown(self, chat: int) -> list[str]:
        return [key for one in self.ledger.shown(self.telegram_ids[chat]) for key in one.split("+")]

    def excuse(self, chat: int, keys: Any = None) -> None:
        """These posts, as far as they do not stand there, need not come any more. What stands there still follows."""
        there = set(self.shown(chat))
        self.owed -= {(chat, key) for key in (list(self.topics) if keys is None else keys) if key not in there}


def _has(carried: tuple[tuple[int, int], ...], post: int) -> bool:
    return any(number == post for number, _ in carried)


StoreMachine.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=40)
TestAnyCourseOfEvents = StoreMachine.TestCase
