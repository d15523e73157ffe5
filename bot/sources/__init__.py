"""Bytes to `Snapshot`: finds the reader for a page, and lets it read.

One small module per format behind one shape (`bot.sources.shape`). Nothing here touches network, clock or store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.formats import FORMAT_NAMES, FORMATS
from bot.core.model import Page, Snapshot
from bot.sources import (
    aljazeera,
    amp,
    arena,
    bbc,
    cnn,
    feed,
    guardian,
    jsonfeed,
    jsonld,
    live24,
    microdata,
    nyt,
    reach,
    reddit,
    scribblelive,
    sourcefabric,
    text,
    tickaroo,
    wordpress,
)
from bot.sources.believing import believable
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source

__all__ = ["FORMATS", "READERS", "NotReadable", "ReadRules", "Reader", "Source", "read"]

READERS: tuple[Reader, ...] = (
    feed.ATOM,
    feed.RSS,
    jsonfeed.READER,
    guardian.READER,  # whose LiveBlogPosting cuts bodies, and has neither headlines nor times of their own
    jsonld.READER,
    bbc.READER,
    reach.READER,
    amp.READER,
    wordpress.READER,
    sourcefabric.READER,
    reddit.READER,
    aljazeera.READER,
    live24.READER,
    arena.READER,
    scribblelive.READER,
    tickaroo.READER,
    microdata.READER,
    cnn.READER,
    nyt.READER,
    text.READER,
)
"""In the order of trust: of several that could read a page, the first that finds posts is taken."""


_PLAIN = ReadRules()


def read(page: Page, rules: ReadRules = _PLAIN) -> Snapshot:
    """The live blog of a page, by the reader the rules name, else by the one kept, else by what the bytes look like.

    Raises `NotReadable`, and nothing else, whatever the bytes.
    """
    source = Source(page=page)
    if not page.body.strip():
        raise NotReadable("it is empty: no live blog to read")
    found = _read_as(rules.format, source, rules) if rules.format != "auto" else _read_as_what_it_is(source, rules)
    return believable(found, page.fetched_at)


def _read_as_what_it_is(source: Source, rules: ReadRules) -> Snapshot:
    snapshots = []
    refusals: list[str] = []
    for reader, why in _candidates(source, rules, refusals):
        try:
            snapshots.append(replace(reader.read(source, rules), why=why, identity=rules.identity))
        except NotReadable as refusal:
            refusals.append(f"{reader.name}: {refusal}")
            continue
        if snapshots[-1].posts:
            return snapshots[-1]
    if snapshots:
        return snapshots[0]
    raise NotReadable(_nothing(source, refusals))


def _read_as(name: str, source: Source, rules: ReadRules) -> Snapshot:
    reader = next((one for one in READERS if one.name == name), None)
    if reader is None:
        raise NotReadable(f'format "{name}" is none that can be read; there are {", ".join(FORMAT_NAMES)}')
    try:
        why = reader.sees(source)
        snapshot = reader.read(source, rules)
    except NotReadable as refusal:
        raise NotReadable(f'it was to be read as "{name}": {refusal}') from None
    return replace(snapshot, identity=rules.identity, why=f'format = "{name}"' + (f": {why}" if why else ""))


def _candidates(source: Source, rules: ReadRules, refusals: list[str]) -> Iterator[tuple[Reader, str]]:
    """Readers that would read a source and why, the kept one first, those that follow descriptions alone last.

    None looks before those ahead of it have failed.
    """
    described = []
    for reader in sorted(READERS, key=lambda one: one.name != rules.kept):
        try:
            why = reader.sees(source)
        except NotReadable as refusal:
            refusals.append(f"{reader.name}: {refusal}")
            continue
        if why and reader.name == rules.kept:
            yield reader, f"{why}, as last time"
        elif why and FROM_DESCRIPTION in why:
            described.append((reader, why))
        elif why:
            yield reader, why
    yield from described


def _nothing(source: Source, refusals: list[str]) -> str:
    """One line: what was looked for, and what was found."""
    reasons = "; ".join(dict.fromkeys(refusal.partition(": ")[2] for refusal in refusals))
    looked_for = ", ".join(reader.name for reader in READERS)
    found = f"found {_looks_like(source)}" + (f" ({reasons})" if reasons else "")
    return f"no live blog: looked for {looked_for}; {found}"


def _looks_like(source: Source) -> str:
    if source.is_html:
        return "an HTML page"
    if source.is_feed:
        return f"a feed whose first element is <{source.prolog.name}>"
    if source.start.startswith(("{", "[")):
        return "JSON"
    if source.start.startswith("<"):
        return f"mark-up whose first element is <{source.prolog.name}>" if source.prolog.name else "broken mark-up"
    return "text without posts that begin with a time"
