"""Which earlier post of its blog a post goes on with, so that its message answers the earlier one's.

Two things say so beyond doubt: the post links to (or embeds) one earlier post by that post's own address, or it has an
earlier headline again behind a word like "UPDATE:". A list of links, a link to the page itself, and a headline of two
words say nothing. A reply under the wrong message misleads; none at all costs little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.identity import fold, link_key, native_key, normal_title, plain_address
from bot.core.model import Post

LONGEST = 24 * 3600.0  # seconds for which a headline is remembered as somebody else's beginning
LEAST_WORDS = 3  # of a headline that is no coincidence
LEAST_LETTERS = 8  # where there are no spaces between words
MOST_LINKS = 20  # a post with more is a list

_WORDS = (
    r"updates?|updated|correction|corrected|clarification|recasts?|more on this|"  # English
    r"aktualisiert|aktualisierung|korrektur|korrigiert|nachtrag|"  # German
    r"mise à jour|actualisé|correction|rectificatif|précision|"  # French
    r"actualización|actualizado|actualiza|corrección|rectificación|"  # Spanish
    r"atualização|atualizado|atualiza|correção|retificação|"  # Portuguese
    r"aggiornamento|aggiornato|rettifica|correzione|"  # Italian
    r"correctie|bijgewerkt|rectificatie|"  # Dutch
    r"uppdatering|uppdaterad|rättelse|oppdatering|oppdatert|opdatering|opdateret|rettelse|"  # Nordic
    r"aktualizacja|sprostowanie|aktualizováno|oprava|"  # Polish, Czech
    r"güncelleme|düzeltme|"  # Turkish
    r"обновлено|обновление|дополнено|исправлено|уточнение|"  # Russian
    r"оновлено|доповнено|виправлено|уточнення|"  # Ukrainian
    r"ενημέρωση|διόρθωση|"  # Greek
    r"تحديث|تصحيح|עדכון|תיקון|"  # Arabic, Hebrew
    r"अपडेट|更新|更正|訂正|続報|업데이트|정정"  # Hindi, Chinese, Japanese, Korean
)
_NUMBERED = r"(?: ?(?:no\.? ?|#)?\d{1,2})?"
_BEFORE = re.compile(
    rf"^(?:[\[(【]? ?(?:{_WORDS}){_NUMBERED} ?[\])】]? ?[:\-|：] ?|[\[(【] ?(?:{_WORDS}){_NUMBERED} ?[\])】] ?)",
    re.IGNORECASE,
)
_AFTER = re.compile(rf" ?(?:[\[(【] ?(?:{_WORDS}){_NUMBERED} ?[\])】]|[-|] ?(?:{_WORDS}){_NUMBERED})$", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A post of the same blog that came before. `at`: when it was first seen, in seconds since 1970."""

    id: int
    key: str
    title: str | None
    url: str | None
    at: float


def links(post: Post) -> tuple[str, ...]:
    """The addresses that a post leads to, each once; none of one that collects posts."""
    if post.pinned:
        return ()
    found = [one.url for one in post.entities if one.url] + [one.url for one in post.embeds]
    found += [one.rstrip(".,;:!?…") for one in _ADDRESS.findall(post.text)]
    addresses = dict.fromkeys(found)
    return tuple(addresses) if len(addresses) <= MOST_LINKS else ()


def tokens(addresses: Iterable[str], pages: Iterable[str]) -> tuple[str, ...]:
    """What these addresses call a post, as `identity.native_key` reads it: keys under which one may be known."""
    found = [native_key(address, page) for page in pages for address in addresses]
    return tuple(dict.fromkeys(one[0] for one in found if one is not None))


def has_old_headline(title: str | None) -> bool:
    """Whether a headline says that there was one like it before."""
    return bool(title) and _unmarked(title or "") != fold(title or "")


def continued(post: Post, pages: Sequence[str], earlier: Sequence[Earlier], now: float) -> int | None:
    """The number of the post that `post` goes on with, among those that came before it; None where that is not sure.

    `pages` are the addresses of the blog's page, as it is asked for and as readers know it: they name no post.
    """
    others = [one for one in earlier if one.key != post.key]
    return _linked(links(post), pages, others) or _retold(post.title, others, now)


def _linked(addresses: Sequence[str], pages: Sequence[str], earlier: Sequence[Earlier]) -> int | None:
    """The only one that is linked to."""
    urls = {one.id: link_key(one.url) for one in earlier if one.url}
    shared = Counter(urls.values())  # many have their page's
    own = {number: url for number, url in urls.items() if shared[url] == 1 and url not in map(link_key, pages)}
    found: set[int] = set()
    for address in addresses:
        key, named = link_key(address), _named(address, pages)
        found |= {
            one.id for one in earlier if own.get(one.id) == key or (one.key in named and _is_home(one, address, pages))
        }
    return found.pop() if len(found) == 1 else None


def _named(address: str, pages: Sequence[str]) -> frozenset[str]:
    """The keys that an address may name."""
    return frozenset(tokens([address], pages))


def _is_home(one: Earlier, address: str, pages: Sequence[str]) -> bool:
    """Whether an address is on the page where a post stands: other sites number their posts as well."""
    homes = (*pages, one.url) if one.url else pages
    return plain_address(address) in map(plain_address, homes)


def _retold(title: str | None, earlier: Iterable[Earlier], now: float) -> int | None:
    """The newest with the same headline, of a day."""
    if not has_old_headline(title):
        return None
    wanted = normal_title(_unmarked(title or ""))
    if len(wanted.split()) < LEAST_WORDS and (wanted.isascii() or len(wanted) < LEAST_LETTERS):
        return None
    same = [one for one in earlier if now - one.at <= LONGEST and normal_title(_unmarked(one.title or "")) == wanted]
    return max(same, key=lambda one: (one.at, one.id)).id if same else None


def _unmarked(title: str) -> str:
    """A headline without the words that call it an update."""
    return _AFTER.sub("", _BEFORE.sub("", fold(title))).strip()
