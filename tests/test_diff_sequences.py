"""Any sequence of publishing, editing and polling: nothing lost, nothing twice, nothing withdrawn without reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import ChangeKind, KeyKind, Post, Snapshot, SnapshotKind
from tests.blog_builders import Blog, at, page, post

UNTIMED = settings(deadline=None, max_examples=60)

ACTS = st.lists(st.one_of(st.just("publish"), st.tuples(st.just("edit"), st.integers(0, 30))), max_size=4)
POLLS = st.lists(ACTS, max_size=25)
WINDOWS = st.integers(4, 12)
SETTINGS = st.tuples(WINDOWS, st.booleans(), st.booleans())


@dataclass
class Publisher:
    """A blog as its publisher has it; `window` posts of it are shown, newest first unless told."""

    window: int
    oldest_first: bool = False
    dated: bool = True
    posts: list[Post] = field(default_factory=list)
    edits: int = 0
    gone: set[str] = field(default_factory=set)

    def publish(self) -> None:
        number = len(self.posts)
        self.posts.append(post(f"k{number}", published_at=at(number) if self.dated else None, modified_at=at(0)))

    def act(self, act: str | tuple[str, int]) -> None:
        if act == "publish":
            self.publish()
            return
        shown = self.shown()
        if shown:
            one = shown[int(act[1]) % len(shown)]
            self.edits += 1
            fresh = replace(one, text=f"Version {self.edits} of {one.key}.", modified_at=at(self.edits))
            self.posts[int(one.key[1:])] = fresh

    def shown(self) -> list[Post]:
        standing = [one for one in self.posts if one.key not in self.gone]
        return standing[: -self.window - 1 : -1]

    def snapshot(self, kind: SnapshotKind = SnapshotKind.WINDOW) -> Snapshot:
        posts = self.shown()
        return page(*(reversed(posts) if self.oldest_first else posts), kind=kind, modified_at=at(self.edits))


def _unfold(publisher: Publisher, blog: Blog, acts: list[str | tuple[str, int]]) -> None:
    """No more is published between two polls than the window holds, so that everything is shown once."""
    for act in acts:
        publisher.act(act)
    blog.poll(publisher.snapshot())


@UNTIMED
@given(SETTINGS, POLLS)
def test_every_post_is_new_once_and_none_is_withdrawn(
    settings: tuple[int, bool, bool], polls: list[list[str | tuple[str, int]]]
) -> None:
    window, oldest_first, _ = settings
    publisher, blog = Publisher(window, oldest_first), Blog()
    for _ in range(3):
        publisher.publish()
    blog.poll(publisher.snapshot())
    for acts in polls:
        _unfold(publisher, blog, acts)
    news = [change.key for change in blog.told if change.kind is ChangeKind.NEW]
    assert news == [one.key for one in publisher.posts[3:]]
    assert blog.count(ChangeKind.WITHDRAWN) == 0
    assert blog.last.alarm is None
    assert {one.key: blog.memory.seen[one.key].text for one in publisher.shown()} == {
        one.key: one.text for one in publisher.shown()
    }


@UNTIMED
@given(SETTINGS, POLLS)
def test_an_edit_is_told_where_a_text_shown_differs_from_the_one_before(
    settings: tuple[int, bool, bool], polls: list[list[str | tuple[str, int]]]
) -> None:
    window, oldest_first, dated = settings
    publisher, blog = Publisher(window, oldest_first and dated, dated), Blog()
    told, expected = {}, 0
    for acts in [["publish"], *polls]:
        _unfold(publisher, blog, acts)
        for one in publisher.shown():
            expected += told.get(one.key, one.text) != one.text
            told[one.key] = one.text
    assert blog.count(ChangeKind.EDITED) == expected


@UNTIMED
@given(SETTINGS, POLLS, st.data())
def test_the_same_snapshot_again_changes_nothing(
    settings: tuple[int, bool, bool], polls: list[list[str | tuple[str, int]]], data: st.DataObject
) -> None:
    window, oldest_first, dated = settings
    publisher, blog = Publisher(window, oldest_first and dated, dated), Blog()  # undated, a page is read from its top
    for acts in polls:
        publisher.gone |= {f"k{number}" for number in data.draw(st.sets(st.integers(0, 40), max_size=2))}
        _unfold(publisher, blog, acts)
        for _ in range(3):
            told = blog.poll(publisher.snapshot())
            assert not [one for one in told if not one.startswith("withdrawn")]
        assert blog.poll(publisher.snapshot()) == []


@UNTIMED
@given(st.lists(st.sets(st.sampled_from("abcdefghijklmnopqrst"), max_size=12), max_size=20), st.booleans())
def test_no_poll_withdraws_more_than_may_vanish_at_once(gone: list[set[str]], is_full: bool) -> None:
    kind = SnapshotKind.FULL if is_full else SnapshotKind.WINDOW
    keys = "tsrqponmlkjihgfedcba"
    blog = Blog.after(page(*keys, kind=kind))
    remembered = 20
    for absent in gone:
        shown = [key for key in keys if key not in absent]
        told = blog.poll(page(*shown, kind=kind))
        assert sum(one.startswith("withdrawn") for one in told) <= max(2, remembered // 5)
        assert blog.memory.page is not None
        remembered = len(blog.memory.page.order)


NOISE = st.lists(st.sampled_from(["confirm", "stale", "stale page", "empty", "delta"]), max_size=2)


@UNTIMED
@given(WINDOWS, POLLS, st.data())
def test_confirmations_stale_copies_and_empty_pages_change_no_total(
    window: int, polls: list[list[str | tuple[str, int]]], data: st.DataObject
) -> None:
    publisher, quiet, noisy = Publisher(window), Blog(), Blog()
    before = publisher.snapshot()
    for acts in [["publish", "publish", "publish"], *polls]:
        for act in acts:
            publisher.act(act)
        quiet.poll(publisher.snapshot())
        noisy.poll(publisher.snapshot())
        for noise in data.draw(NOISE):
            _disturb(noisy, noise, before)
        before = publisher.snapshot()
    assert [change.key for change in noisy.told] == [change.key for change in quiet.told]
    assert noisy.count(ChangeKind.WITHDRAWN) == 0


def _disturb(blog: Blog, noise: str, before: Snapshot) -> None:
    if noise == "confirm":
        blog.confirm()
    elif noise == "delta":
        blog.poll(page(kind=SnapshotKind.DELTA))
    elif noise == "empty" or not before.posts:
        blog.poll(page())
    elif noise == "stale page":
        blog.poll(replace(before, modified_at=at(-1)))
    elif noise == "stale":
        blog.poll(replace(before, posts=tuple(replace(one, modified_at=at(-1), text="Old.") for one in before.posts)))


@UNTIMED
@given(WINDOWS, st.integers(0, 11), st.lists(st.sampled_from(["poll", "confirm"]), min_size=2, max_size=8))
def test_a_post_taken_from_inside_is_withdrawn_exactly_once(window: int, place: int, polls: list[str]) -> None:
    publisher, blog = Publisher(window), Blog()
    for _ in range(window + 3):
        publisher.publish()
    blog.poll(publisher.snapshot())
    shown = publisher.shown()
    gone = shown[place % (len(shown) - 1)].key
    publisher.window -= 1  # the window does not reach further back for it
    publisher.gone.add(gone)
    blog.poll(publisher.snapshot())
    for how in polls:
        if how == "poll":
            blog.poll(publisher.snapshot())
        else:
            blog.confirm()
    assert [(change.kind, change.key) for change in blog.told] == [(ChangeKind.WITHDRAWN, gone)]


WILD_POSTS = st.builds(
    post,
    st.sampled_from("abcdefgh"),
    st.sampled_from(["", "Goal!", "The bridge is closed to all traffic.", "The bridge is open to all\ufffdtraffic."]),
    title=st.sampled_from([None, "Goal!", "Summary", "The bridge over the river"]),
    title_is_derived=st.booleans(),
    key_kind=st.sampled_from(list(KeyKind)),
    text_is_whole=st.booleans(),
    published_at=st.one_of(st.none(), st.integers(0, 5).map(at)),
    modified_at=st.one_of(st.none(), st.integers(0, 5).map(at)),
    pinned=st.booleans(),
    struck=st.booleans(),
    withdrawn=st.booleans(),
)
WILD_PAGES = st.builds(
    Snapshot,
    format=st.sampled_from(["jsonld", "dom"]),
    kind=st.sampled_from(list(SnapshotKind)),
    posts=st.lists(WILD_POSTS, max_size=10).map(tuple),
    modified_at=st.one_of(st.none(), st.integers(0, 5).map(at)),
    ended=st.booleans(),
    next_url=st.sampled_from([None, "https://blog.example/2"]),
)


@UNTIMED
@given(st.lists(st.one_of(WILD_PAGES, st.sampled_from(["confirm", "turn"])), max_size=12))
def test_whatever_pages_show_what_is_told_is_consistent(polls: list[Snapshot | str]) -> None:
    blog = Blog()
    for poll in polls:
        if isinstance(poll, Snapshot):
            blog.poll(poll)
        elif poll == "confirm":
            blog.confirm()
        else:
            blog.turn_page()
        _is_consistent(blog)
    state: dict[str, ChangeKind] = {}
    for change in blog.told:
        if change.key:
            _follows(state.get(change.key), change.kind)
            state[change.key] = change.kind


def _is_consistent(blog: Blog) -> None:
    told = [one.key for one in blog.last.changes if one.key] + [one.key for one in blog.last.stored]
    assert len(told) == len(set(told))
    assert blog.last.accepted or not (blog.last.changes or blog.last.stored or blog.last.seen)
    assert set(blog.memory.aliases.values()) <= blog.memory.seen.keys()
    if (remembered := blog.memory.page) is not None:
        assert len(remembered.order) == len(set(remembered.order))
        assert {*remembered.missing, *remembered.doubted} <= {*remembered.order} <= blog.memory.seen.keys()
        assert not remembered.doubted.intersection(remembered.missing)


def _follows(before: ChangeKind | None, now: ChangeKind) -> None:
    """A post is new first or never, and after its withdrawal only restored."""
    if now is ChangeKind.NEW:
        assert before is None
    elif before is ChangeKind.WITHDRAWN:
        assert now is ChangeKind.RESTORED
    elif now is ChangeKind.RESTORED:
        assert before is ChangeKind.WITHDRAWN
