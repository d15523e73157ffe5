"""How the nodes are, in words and as JSON: for `cluster status`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.nodes import Node, Nodes, Wrong, wrong
from bot.core.sharing import SHARDS
from bot.core.standing import Kind
from bot.core.texts import Texts
from bot.core.writing import line

ALONE = (
    "One node on SQLite does everything, so there is no cluster; `liveblog-relay status` says how it is. Several nodes "
    "need storage.url = postgresql://…"
)
DISKS = {"older": "its own file is older than that", "different": "its own file is another"}


def nodes_json(nodes: Nodes) -> dict[str, Any]:
    found = wrong(nodes)
    return {
        "ok": not found,
        "wrong": [{"kind": one.kind.value, "part": one.part, "text": one.text} for one in found],
        "file": {"name": nodes.file, "at": _iso(nodes.file_at), "who": nodes.file_who} if nodes.file else None,
        "nodes": [_node_json(one, nodes) for one in nodes.here],
        "gone": [_node_json(one, nodes) for one in nodes.gone],
        "lanes": [_lane_json(bot, nodes) for bot in nodes.bots],
        "unowned": [bot for bot in nodes.bots if bot not in nodes.lanes],
        "shards": {"all": SHARDS, "held": SHARDS - len(nodes.unheld), "unheld": list(nodes.unheld)},
        "jobs": dict(sorted(nodes.jobs.items())),
    }


def alone_json() -> dict[str, Any]:
    """The same shape where there is nothing to say."""
    shards = {"all": SHARDS, "held": 0, "unheld": list[int]()}
    empty: dict[str, Any] = {name: [] for name in ("wrong", "nodes", "gone", "lanes", "unowned")}
    return {"ok": True, "alone": True, "file": None, **empty, "shards": shards, "jobs": {}}


def _node_json(node: Node, nodes: Nodes) -> dict[str, Any]:
    return {
        "name": node.name,
        "session": node.session,
        "version": node.version,
        "since": _iso(node.started_at),
        "file": node.file,
        "newest": node.file == nodes.file,
        "disk": node.disk or "same",
        "lanes": list(node.lanes),
        "shards": node.shards,
        "trouble": node.trouble or None,
        "clock_ahead": round(node.ahead, 3),
        "said_seconds_ago": round(node.silent_for, 1),
    }


def _lane_json(bot: str, nodes: Nodes) -> dict[str, Any]:
    owner, since = nodes.owner(bot), nodes.lanes.get(bot)
    return {
        "bot": bot,
        "owner": owner.name if owner else None,
        "session": owner.session if owner else None,
        "since": _iso(since) if since else None,
    }


def _iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def nodes_lines(nodes: Nodes) -> Iterator[str]:
    """What is wrong first."""
    for one in wrong(nodes):
        yield f"WRONG: {_subject(one)}{line(one.text)}"
    for node in nodes.here:
        yield from _node(node, nodes)
    if not nodes.here:
        yield "no node is there"
    for bot in nodes.bots:
        yield f"lane {bot}: {_owner(bot, nodes)}"
    yield f"poll shards: {SHARDS - len(nodes.unheld)} of {SHARDS} are held{_some(nodes.unheld)}"
    waiting = [f"{name} {count:,}" for name, count in sorted(nodes.jobs.items()) if count]
    yield f"jobs waiting: {', '.join(waiting) if waiting else 'none'}"
    yield f"file in force: {nodes.file}, {_iso(nodes.file_at)} ({nodes.file_who})" if nodes.file else "no file was kept"


def _subject(one: Wrong) -> str:
    if not one.part:
        return ""
    return f"bot {one.part}: " if one.kind is Kind.LANE else f"node {one.part}: "


def _node(node: Node, nodes: Nodes) -> Iterator[str]:
    since, has = _ago(nodes.at - node.started_at), [f"lane {bot}" for bot in node.lanes]
    shards = f"{node.shards} poll shard{'' if node.shards == 1 else 's'}"
    yield f"node {nodes.label(node)}: version {node.version}, started {since}, {', '.join([*has, shards])}"
    follows = "the file in force" if node.file == nodes.file else f"another file than the one in force, {node.file}"
    disk = f"; {DISKS[node.disk]}" if node.disk in DISKS else ""
    yield f"  follows {follows}{disk}; said so {node.silent_for:.0f} s ago"


def _owner(bot: str, nodes: Nodes) -> str:
    if bot not in nodes.lanes:
        return "nobody has it"
    owner, since = nodes.owner(bot), nodes.lanes[bot]
    named = nodes.label(owner) if owner else "a node that has not said so yet"
    return f"{named} has it, taken {_ago(nodes.at - since)}" if since else f"{named} has it"


def _some(shards: tuple[int, ...]) -> str:
    return f"; nobody has {', '.join(str(one) for one in shards)}" if shards else ""


def _ago(seconds: float) -> str:
    return Texts.of("en").ago(timedelta(seconds=max(0.0, seconds)))
