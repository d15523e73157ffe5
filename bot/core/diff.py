"""What a snapshot says is different: from what is remembered of a blog to a verdict. Decides, and touches nothing.

The rules stand in `absence` (order, holes, backfill), `relink` (known posts under other keys), `judge` (one post beside
what is remembered of it) and `decide` (what is to be done about it); here they are put in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core import absence, alarms, judge, nameless, relink
from bot.core.absence import POLLS_UNTIL_BELIEVED, Standing
from bot.core.decide import Case, Intent, decide, told, withdrawal
from bot.core.identity import same_address
from bot.core.judge import Sight, blog_key, own_key
from bot.core.model import Change, ChangeKind, Memory, PageMemory, Post, Snapshot, SnapshotKind, Verdict
from bot.core.relink import NO_LINKS, Links

IGNORED_AT_MOST = 2
"""How many stale copies in a row are ignored; the next one is believed."""


def diff(memory: Memory, snapshot: Snapshot, now: datetime) -> Verdict:
    """Compare a snapshot with what is remembered of its blog and of its page.

    `now` is when the page was fetched. The first sight of a blog is a baseline. A verdict that is not accepted leaves
    everything as it was, except that `page`, where it is given, counts the stale copies ignored.
    """
    page = memory.page
    if page is not None and _shows_nothing(page, snapshot):
        return Verdict(accepted=False, alarm=alarms.shows_nothing())
    snapshot = nameless.as_known(page, snapshot)
    sights = judge.look(memory, _posts_once(memory, snapshot))
    if not memory.started:
        return _baseline(memory, snapshot, sights, now)
    if page is None:
        return _continue(memory, snapshot, sights, now)
    if page.format == snapshot.format and (why := nameless.why_not(memory, page, snapshot, sights)) is not None:
        return _without_ids(memory, replace(page, ids_fail=True), nameless.without_ids(snapshot), now, why)
    if page.format == snapshot.format and judge.have_moved(sights):
        return Verdict(accepted=False, alarm=alarms.ids_have_moved())
    stale = _is_stale(page, snapshot, [sight for sight in sights if not judge.is_elsewheres(memory, sight)])
    if stale and page.ignored < IGNORED_AT_MOST:
        return Verdict(accepted=False, page=replace(page, ignored=page.ignored + 1), alarm=_doubt(page))
    return _compare(memory, page, snapshot, sights, now, believed=stale)


def needs_all(memory: Memory, snapshot: Snapshot) -> bool:
    """Whether a diff may look among all posts the blog ever had, and not only at those the page or snapshot lists.

    It does where posts may stand under other keys: on a page never accepted before, where another reader reads it,
    where nearly every key is new, or where the page's ids are none.
    """
    page = memory.page
    if page is None or page.format != snapshot.format:
        return memory.started
    sights = judge.look(memory, _posts_once(memory, nameless.as_known(page, snapshot)))
    if page.ids_fail:
        return bool(relink.unseen(sights))
    return relink.may_be_renumbered(sights) or judge.have_moved(sights)


def confirm(memory: Memory, now: datetime) -> Verdict:
    """The page is "not modified", or its body is the one last accepted: the last snapshot once more at `now`.

    Its holes stood in one more poll. Not accepted where there is nothing to confirm.
    """
    page = memory.page
    if page is None or not memory.started:
        return Verdict(accepted=False)
    standing = absence.stand_again(page)
    fresh = replace(page, order=standing.order, missing=standing.missing, doubted=standing.doubted, ignored=0)
    return _verdict(memory, fresh, _vanished(memory, standing), said=(_doubt(standing),))


def says_anything(verdict: Verdict) -> bool:
    """Whether there is anything to tell or to remember."""
    about_posts = verdict.changes or verdict.stored or verdict.seen or verdict.aliases
    return bool(not verdict.accepted or verdict.baseline or about_posts or verdict.page or verdict.alarm)


def remember(memory: Memory, verdict: Verdict) -> Memory:
    """What is remembered once a verdict was written."""
    page = verdict.page or memory.page
    if not verdict.accepted:
        return replace(memory, page=page)
    seen = {**memory.seen, **{one.key: one for one in verdict.seen}}
    return replace(memory, seen=seen, aliases={**memory.aliases, **verdict.aliases}, page=page, started=True)


# --- reading the snapshot --------------------------------------------------------------------------------------------


def _posts_once(memory: Memory, snapshot: Snapshot) -> tuple[Post, ...]:
    """The snapshot's posts under the keys they are remembered by, each once, newest first."""
    once: dict[str, Post] = {}
    for listed in snapshot.posts:
        post = replace(listed, key=own_key(memory, listed.key))
        once[post.key] = _merged(once[post.key], post) if post.key in once else post
    return absence.newest_first(tuple(once.values()), memory.page.order if memory.page else ())


def _merged(one: Post, other: Post) -> Post:
    """A post that stands twice: the listed copy, with the marks of both."""
    return replace(
        other if one.pinned and not other.pinned else one,
        pinned=one.pinned or other.pinned,
        key_event=one.key_event or other.key_event,
        struck=one.struck or other.struck,
        withdrawn=one.withdrawn or other.withdrawn,
    )


def _listed(sights: Iterable[Sight]) -> list[Post]:
    """The posts that count for order: neither pinned nor marked as deleted."""
    return [sight.post for sight in sights if not sight.post.pinned and not sight.post.withdrawn]


def _shows_nothing(page: PageMemory, snapshot: Snapshot) -> bool:
    """A page that had posts and has none lost its structure, not its posts. A delta without posts is just quiet."""
    return not snapshot.posts and snapshot.kind is not SnapshotKind.DELTA and bool(page.order or page.pinned)


def _is_stale(page: PageMemory, snapshot: Snapshot, sights: Iterable[Sight]) -> bool:
    """A copy from before the last accepted snapshot, by the page's own mark or by what one of its posts says.

    Of what another reader saw, only the times of posts whose words differ can be compared.
    """
    if page.format != snapshot.format:
        return any(judge.is_older_version(sight) for sight in sights)
    if snapshot.kind is SnapshotKind.DELTA:  # it is as young as the youngest of what it tells, which may be little
        return any(judge.is_stale(sight) for sight in sights)
    if judge.is_older(snapshot.modified_at, page.modified_at) or any(judge.is_stale(sight) for sight in sights):
        return True
    newer = judge.is_newer(snapshot.modified_at, page.modified_at)
    return not newer and any(judge.is_listed_again(sight) for sight in sights)


# --- the three ways to look at a page --------------------------------------------------------------------------------


def _baseline(memory: Memory, snapshot: Snapshot, sights: Sequence[Sight], now: datetime) -> Verdict:
    """The first sight of a blog: everything is stored, nobody is told."""
    case = Case(memory=memory, now=now, quiet={sight.post.key for sight in sights})
    fresh = _page_after(None, snapshot, sights, _first_standing(snapshot, sights))
    return replace(_verdict(memory, fresh, decide(sights, case)), baseline=True)


def _continue(memory: Memory, snapshot: Snapshot, sights: Sequence[Sight], now: datetime) -> Verdict:
    """A page that goes on where another page of the blog left off: no baseline, and what moved over is not new.

    As long as it has no posts it is not remembered, so that those it takes over are recognised when they come.
    """
    if not sights:
        return Verdict(accepted=True)
    links = relink.republished(memory, sights, now)
    # a page that had moved when it was met is left at once: with this one, the first sight of the blog is complete
    quiet = {post.key for post in relink.unseen(sights)} if memory.met_late else frozenset[str]()
    case = Case(memory=memory, now=now, links=links, quiet=quiet)
    fresh = _page_after(None, snapshot, sights, _first_standing(snapshot, sights))
    verdict = _verdict(memory, fresh, decide(sights, case), case.links, _about_the_blog(None, snapshot))
    return replace(verdict, continued=not memory.met_late)


def _without_ids(memory: Memory, page: PageMemory, snapshot: Snapshot, now: datetime, why: str) -> Verdict:
    """The poll in which a page's ids are given up: its posts are found again by what they say."""
    sights = judge.look(memory, _posts_once(memory, snapshot))
    links = replace(relink.anew(memory, page, sights), alarm=why)
    return _compare(memory, page, snapshot, sights, now, links=links)


def _compare(
    memory: Memory,
    page: PageMemory,
    snapshot: Snapshot,
    sights: Sequence[Sight],
    now: datetime,
    *,
    believed: bool = False,
    links: Links | None = None,
) -> Verdict:
    """A page that is remembered: every post is judged, then what is absent."""
    links = links or _links(memory, page, snapshot, sights)
    links = replace(links, echoes=relink.echoes_of_earlier(memory, sights, links, now))
    sights = [_under_known_key(memory, sight, links) for sight in sights]
    quiet = _not_news(memory, page, snapshot, sights, links)
    case = Case(memory=memory, now=now, links=links, quiet=quiet, believed=believed)
    standing = _standing(memory, page, snapshot, sights, links)
    renumbered = links.anew and page.format == snapshot.format
    fresh = replace(_page_after(page, snapshot, sights, standing), anew=page.anew + 1 if renumbered else 0)
    intents = [*_vanished(memory, standing), *decide(sights, case)]
    said = (_found_again(links, sights, quiet), _doubt(standing), snapshot.doubt)
    return _verdict(memory, fresh, intents, links, _about_the_blog(page, snapshot), said)


def _links(memory: Memory, page: PageMemory, snapshot: Snapshot, sights: Sequence[Sight]) -> Links:
    if snapshot.format != page.format:
        return relink.switched(memory, page, sights, snapshot.format)
    if snapshot.kind is SnapshotKind.DELTA:
        return NO_LINKS
    return relink.renumbered(memory, page, sights) or relink.derived(memory, page, sights)


def _under_known_key(memory: Memory, sight: Sight, links: Links) -> Sight:
    key = links.aliases.get(sight.post.key)
    return sight if key is None else replace(sight, post=replace(sight.post, key=key), known=memory.seen[key])


def _not_news(
    memory: Memory, page: PageMemory, snapshot: Snapshot, sights: Sequence[Sight], links: Links
) -> frozenset[str]:
    """Unseen posts that are stored but not sent: backfill, and too many at once after a change of reader or of ids."""
    back = absence.backfill(page, snapshot.kind, _listed(sights), memory.seen)
    if snapshot.kind is SnapshotKind.DELTA:
        back = absence.old_edits(page, relink.unseen(sights), memory.seen)
    left = {post.key for post in relink.unseen(sights)} - back
    return back | left if links.anew and absence.too_many(len(left), of=len(sights)) else back


def _found_again(links: Links, sights: Sequence[Sight], quiet: frozenset[str]) -> str | None:
    """The alarm of a page whose posts had to be found again, and what became of those that were not."""
    if links.alarm is None:
        return None
    return alarms.read_anew(links.alarm, sent=sum(post.key not in quiet for post in relink.unseen(sights)))


# --- what is absent ---------------------------------------------------------------------------------------------------


def _first_standing(snapshot: Snapshot, sights: Sequence[Sight]) -> Standing:
    """The order as this snapshot has it, with nothing to compare it with. A delta has none."""
    listed = [] if snapshot.kind is SnapshotKind.DELTA else _listed(sights)
    return Standing(order=tuple(post.key for post in listed), missing={}, doubted=frozenset())


def _standing(memory: Memory, page: PageMemory, snapshot: Snapshot, sights: Sequence[Sight], links: Links) -> Standing:
    """Holes are counted within one reader and one set of ids; where either changed, the order begins anew."""
    if links.anew:
        return _first_standing(snapshot, sights)
    listed = [post.key for post in _listed(sights)]
    settled = {key for key in page.order if key not in memory.seen or memory.seen[key].withdrawn}
    return absence.stand(page, snapshot.kind, listed, {sight.post.key for sight in sights}, settled)


def _vanished(memory: Memory, standing: Standing) -> list[Intent]:
    """Withdrawals inferred from holes. A post that another page of the blog shows under its own key has only moved."""
    if not standing.withdrawn:
        return []
    echoes = ((alias, key) for alias, key in memory.aliases.items() if alias in memory.seen)
    elsewhere = {key for alias, key in echoes if not memory.seen[alias].withdrawn}
    elsewhere |= memory.later
    vanished = (memory.seen[key] for key in standing.withdrawn if key in memory.seen and key not in elsewhere)
    why = f"missing in {POLLS_UNTIL_BELIEVED} successive polls"
    return [
        Intent(change=withdrawal(known, blog_key(memory, known.key), why), seen=judge.withdrawn(known))
        for known in vanished
        if not known.withdrawn
    ]


def _doubt(standing: Standing | PageMemory) -> str | None:
    """The alarm stands as long as a doubted post is absent and was not pushed out."""
    count = len(standing.doubted)
    return alarms.vanished(count) if count else None


# --- the verdict ------------------------------------------------------------------------------------------------------


def _page_after(page: PageMemory | None, snapshot: Snapshot, sights: Iterable[Sight], standing: Standing) -> PageMemory:
    pinned = frozenset(sight.post.key for sight in sights if sight.post.pinned and not sight.post.withdrawn)
    fresh = PageMemory(
        format=snapshot.format,
        kind=snapshot.kind,
        order=standing.order,
        pinned=pinned,
        missing=standing.missing,
        doubted=standing.doubted,
        modified_at=snapshot.modified_at or (page.modified_at if page else None),
        ended=snapshot.ended,
        next_url=snapshot.next_url or (page.next_url if page else None),
        ids_fail=page is not None and page.ids_fail and page.format == snapshot.format,
        cursor=_cursor_after(page, snapshot),
    )
    if page is None or snapshot.kind is not SnapshotKind.DELTA or snapshot.format != page.format:
        return fresh
    # a delta knows nothing of the page around its posts
    return replace(
        fresh,
        kind=page.kind,
        pinned=page.pinned,
        modified_at=page.modified_at,
        ignored=0 if page.kind is SnapshotKind.DELTA else page.ignored,
        ended=fresh.ended or page.ended,
    )


def _cursor_after(page: PageMemory | None, snapshot: Snapshot) -> str | None:
    """The first snapshot sets it, then only deltas move it: a page may lack what came before its newest posts."""
    if page is None or page.format != snapshot.format:
        return snapshot.cursor
    may_move = snapshot.kind is SnapshotKind.DELTA or page.cursor is None
    return snapshot.cursor if may_move and snapshot.cursor is not None else page.cursor


def _about_the_blog(page: PageMemory | None, snapshot: Snapshot) -> tuple[Change, ...]:
    """The blog's own word that it moved, or ended; each once."""
    known = page.next_url if page else None
    said: list[Change] = []
    if snapshot.next_url and (known is None or not same_address(snapshot.next_url, known)):
        said.append(Change(kind=ChangeKind.MOVED, key="", title=snapshot.next_url))
    if snapshot.ended and not (page and page.ended):
        said.append(Change(kind=ChangeKind.ENDED, key="", title=snapshot.title))
    return tuple(said)


def _verdict(
    memory: Memory,
    fresh: PageMemory,
    intents: Sequence[Intent],
    links: Links = NO_LINKS,
    about_the_blog: Sequence[Change] = (),
    said: Sequence[str | None] = (),
) -> Verdict:
    """What people are told, and what of it all is to be remembered: only what changed."""
    return Verdict(
        accepted=True,
        changes=(*told(memory, intents), *about_the_blog),
        stored=tuple(intent.stored for intent in intents if intent.stored is not None),
        seen=tuple(intent.seen for intent in intents if intent.seen is not None),
        aliases={**links.aliases, **links.echoes},
        page=fresh if fresh != memory.page else None,
        alarm=alarms.joined(*said),
    )
