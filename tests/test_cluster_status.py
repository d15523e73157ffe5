"""How several nodes are, as `cluster status`, the alarms, the dashboard and the metrics say it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from bot.cluster import together
from bot.core.nodes import Node, Nodes, wrong
from bot.core.sharing import SHARDS
from bot.core.standing import Kind
from bot.nodes_status import nodes_json, nodes_lines
from bot.nodes_watch import PATIENCE, NodesWatch
from storage import AppliedFile, Store
from storage.postgres.place import Place
from storage.postgres.survey import nodes
from tests.alarming import AtOnce, alarms_into
from tests.cluster import cluster
from tests.cluster_house import MAIN_TOKEN, House, Member, house

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()
A = Node(session=11, name="a", version="1", file="f", started_at=NOON - 60, lanes=("main",), shards=32)
B = Node(session=12, name="b", version="1", file="f", started_at=NOON - 60, lanes=("es",), shards=32)
WELL = Nodes(
    at=NOON,
    here=(A, B),
    bots=("main", "es"),
    lanes={"main": NOON - 120, "es": NOON - 120},
    file="f",
    file_at=NOON - 90,
    file_who="saved",
)


# --- the rule ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        (WELL, []),
        (replace(WELL, here=(A, replace(B, disk="older"))), []),
        (replace(WELL, here=(A,), gone=(B,)), [(Kind.NODE, "b")]),
        (replace(WELL, here=(A, replace(B, trouble="no"))), [(Kind.TROUBLE, "b")]),
        (replace(WELL, here=(A, replace(B, file="e"))), [(Kind.TROUBLE, "b")]),
        (replace(WELL, here=(A, replace(B, silent_for=11.0))), [(Kind.TROUBLE, "b")]),
        (replace(WELL, here=(A, replace(B, ahead=-2.5))), [(Kind.CLOCK, "b")]),
        (replace(WELL, here=(A, replace(B, ahead=1.9))), []),
        (replace(WELL, lanes={"main": NOON}), [(Kind.LANE, "es")]),
        (replace(WELL, unheld=(3,)), [(Kind.SHARDS, "")]),
        (replace(WELL, here=(A, replace(B, name="a", trouble="no"))), [(Kind.TROUBLE, "a (12)")]),
    ],
)
def test_what_is_not_as_it_should_be_is_found(nodes: Nodes, found: list[tuple[Kind, str]]) -> None:
    assert [(one.kind, one.part) for one in wrong(nodes)] == found


def test_what_is_wrong_is_said_in_a_line_each_and_first() -> None:
    ill = replace(WELL, lanes={"main": NOON - 120}, unheld=tuple(range(SHARDS)), here=(A, replace(B, ahead=3.0)))
    lines = list(nodes_lines(ill))
    assert [line[:30] for line in lines[:3]] == [
        "WRONG: node b: its clock is 3 s"[:30],
        "WRONG: bot es: no node sends for it"[:30],
        "WRONG: no live blog is polled; their"[:30],
    ]
    assert "lane es: nobody has it" in lines
    assert "lane main: a has it, taken 2 minutes ago" in lines
    said = nodes_json(ill)
    assert (said["ok"], said["unowned"], said["shards"]["held"]) == (False, ["es"], 0)
    assert [one["part"] for one in said["wrong"]] == ["b", "es", ""]


# --- what the admins hear ------------------------------------------------------------------------------------------


class Watch:
    """Nodes and a clock that are the test's."""

    def __init__(self, store: Store) -> None:
        self.nodes: Nodes | None = WELL
        self.now = 0.0
        self.told: list[str] = []
        self.alarms: AtOnce = alarms_into(self.told, store)
        self.watch = NodesWatch(lambda: self.nodes, self.alarms, lambda: self.now)

    async def looks(self, nodes: Nodes | None, seconds: float) -> list[str]:
        """What is told while they are so."""
        before, self.nodes = len(self.told), nodes
        for _ in range(int(seconds // 5)):
            await self.watch.look()
            self.now += 5.0
        await self.watch.look()
        return self.told[before:]


@pytest.fixture
def watch(store: Store) -> Watch:
    return Watch(store)


async def test_a_node_that_went_without_a_goodbye_is_told_once_with_its_end(watch: Watch) -> None:
    gone = replace(WELL, here=(A,), gone=(B,))
    assert await watch.looks(gone, PATIENCE[Kind.NODE] - 10) == [], "it may be started again"
    (said,) = await watch.looks(gone, 300)
    assert said.startswith("Node b is gone: it went without a goodbye")
    (said,) = await watch.looks(WELL, 10)
    assert said.startswith("Over: Node b is gone; it is back")


async def test_a_restart_tells_nobody(watch: Watch) -> None:
    for _ in range(5):
        assert await watch.looks(replace(WELL, here=(A,), gone=(B,), unheld=(1, 2)), 15) == []
        assert await watch.looks(replace(WELL, here=(A,), lanes={"main": NOON}), 10) == []
        assert await watch.looks(WELL, 10) == []


@pytest.mark.parametrize(
    ("ill", "begins", "ends"),
    [
        (
            replace(WELL, here=(A, replace(B, ahead=9.0))),
            "The clock of node b is wrong: its clock is 9 s ahead",
            "Over",
        ),
        (replace(WELL, lanes={"main": NOON}), "Nobody sends for the bot es: no node sends for it", "Over"),
        (replace(WELL, unheld=tuple(range(SHARDS))), "Nobody polls: no live blog is polled", "Over: Nobody polls; all"),
        (replace(WELL, here=(A, replace(B, trouble="no disk"))), "Node b is in trouble: no disk", "Over: Node b is in"),
    ],
)
async def test_what_lasts_is_told_once_with_its_end(watch: Watch, ill: Nodes, begins: str, ends: str) -> None:
    (said,) = await watch.looks(ill, 200)
    assert said.startswith(begins)
    (said,) = await watch.looks(WELL, 10)
    assert said.startswith(ends)


async def test_a_node_that_says_nothing_is_told_once_however_long_that_lasts(watch: Watch) -> None:
    for seconds in range(11, 200, 10):
        await watch.looks(replace(WELL, here=(A, replace(B, silent_for=float(seconds)))), 10)
    assert len(watch.told) == 1


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.LISTEN])
async def test_what_was_wrong_on_a_node_is_of_no_concern_once_the_node_is_gone(watch: Watch, kind: Kind) -> None:
    await watch.alarms.raised(kind, "", "it is bad", part="b", subject="The new file on b is refused")
    assert await watch.looks(WELL, 10) == []
    assert len(watch.told) == 1
    (said,) = await watch.looks(replace(WELL, here=(A,)), 10)
    assert said.startswith("Over: The new file on b is refused; its node is gone")


async def test_where_there_is_one_node_alone_nothing_is_looked_at(watch: Watch) -> None:
    assert await watch.looks(None, 300) == []


# --- two real ones -------------------------------------------------------------------------------------------------


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as one:
        yield one


async def cluster_status(room: House, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "cluster", "status", "--config", str(room.members["a"].config), *words),
        cwd=Path(__file__).parents[1],
        env=os.environ | {"TELEGRAM_BOT_TOKEN": MAIN_TOKEN},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, (out or err).decode()


async def test_two_nodes_that_are_well_are_shown_and_one_that_vanished_is_missed(room: House) -> None:
    text = room.file("storm")
    a, b = room.member("a", text), room.member("b", text)
    code, said = await cluster_status(room)
    assert (code, said) == (1, "no relay was started yet with the database that storage.url names\n")
    await a.start()
    await b.start()
    await room.until(lambda: _shared_out(room))
    code, said = await cluster_status(room, "--json")
    assert code == 0, said
    told = json.loads(said)
    assert [(one["name"], one["newest"], one["disk"], one["shards"]) for one in told["nodes"]] == [
        ("a", True, "same", 32),
        ("b", True, "same", 32),
    ]
    assert [(one["bot"], one["owner"] in ("a", "b")) for one in told["lanes"]] == [("main", True)]
    code, said = await cluster_status(room)
    assert code == 0
    assert "poll shards: 64 of 64 are held" in said
    await b.stop()
    assert [one.name for one in (await room.nodes()).here] == ["a"]
    assert (await room.nodes()).gone == (), "it said goodbye"
    await b.start()
    await _vanish(b)
    await room.until(lambda: _is_missed(room, "b"))
    code, said = await cluster_status(room)
    assert code == 1
    assert "WRONG: node b: it went without a goodbye" in said
    await b.start()
    assert (await room.nodes()).gone == ()


async def _vanish(member: Member) -> None:
    """It is gone without a goodbye, as if it were killed."""
    assert member.relay is not None
    assert member.relay._sharing is not None
    assert member.running is not None
    member.relay._sharing.cancel()
    await asyncio.gather(member.running, return_exceptions=True)


async def _shared_out(room: House) -> bool:
    nodes = await room.nodes()
    return not nodes.unheld and [one.shards for one in nodes.here] == [32, 32] and "main" in nodes.lanes


async def _cut_off(room: House, name: str) -> None:
    """PostgreSQL ends all of its sessions."""
    wire = await asyncpg.connect(room.url)
    await wire.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1",
        f"liveblog-relay {name} %",
    )
    await wire.close()


async def _is_missed(room: House, name: str) -> bool:
    return name in [one.name for one in (await room.nodes()).gone]


async def test_two_nodes_of_one_name_are_told_apart(room: House) -> None:
    text = room.file("storm")
    await room.member("a", text).start()
    await room.member("a", text, folder="other").start()
    seen = await room.nodes()
    labels = [seen.label(one) for one in seen.here]
    assert len(set(labels)) == 2
    assert all(label.startswith("a (") for label in labels)


async def test_an_alarm_of_a_node_without_the_lane_is_told_soon_and_ended_by_another(room: House) -> None:
    text = room.file("storm")
    a, b = room.member("a", text), room.member("b", text)
    await a.start()
    await b.start()
    assert a.relay is not None
    assert b.relay is not None
    of_b, of_a = b.relay.main.alarms, a.relay.main.alarms
    await of_b.raised(Kind.FAILING, "storm", "its page is gone", subject="storm")
    await room.until(lambda: len(room.told()) == 1, 60)
    await room.until(lambda: of_a.find(Kind.FAILING, "storm"), 60)
    await of_a.ended(Kind.FAILING, "storm", "answers again")
    await room.until(lambda: len(room.told()) == 2, 60)
    await room.until(lambda: of_b.find(Kind.FAILING, "storm") is None, 60)


async def test_of_three_processes_one_that_is_killed_is_missed_until_it_is_back_and_a_renewal_is_nothing(
    tmp_path: Path,
) -> None:
    async with cluster(tmp_path) as three:
        place = Place(three.server.url(three.database))
        await three.start("a", "b", "c")
        await _until(place, lambda nodes: sorted(one.shards for one in nodes.here) == [21, 21, 22])
        await _until(place, lambda nodes: not wrong(nodes))
        await three.nodes["b"].terminate()
        assert (await _until(place, lambda nodes: len(nodes.here) == 2)).gone == ()
        await three.start("b")
        await three.nodes["c"].kill()
        await _until(place, lambda nodes: [one.name for one in nodes.gone] == ["c"])
        three.configure(f'[[blogs]]\nid = "gale"\nurl = "{three.publisher.url}?gale"\n')
        saved = AppliedFile(text=(tmp_path / "relay.toml").read_bytes(), at=0.0, who="").name
        await _until(place, lambda nodes: [one.file for one in nodes.here] == [saved, saved])
        await three.start("c")
        found = await _until(place, lambda nodes: len(nodes.here) == 3 and not wrong(nodes))
        assert {one.file for one in found.here} == {saved}


async def _until(place: Place, what: Callable[[Nodes], bool]) -> Nodes:
    async with asyncio.timeout(60):
        while (found := await nodes(place, ["main"])) is None or not what(found):  # noqa: ASYNC110 other processes
            await asyncio.sleep(0.1)
    return found


async def test_a_node_that_postgresql_did_not_answer_says_so_when_it_is_back(
    room: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "AWAY_SECONDS", 0.0)
    await room.member("a", room.file("storm")).start()
    await _cut_off(room, "a")
    await room.until(lambda: _trouble_of(room, "a", "PostgreSQL did not answer it for "))


async def _trouble_of(room: House, name: str, why: str) -> bool:
    return any(one.name == name and why in one.trouble for one in (await room.nodes()).here)


async def _having(room: House) -> str | None:
    """Who has the lane, where one has."""
    names = [one.name for one in (await room.nodes()).here if one.lanes]
    return names[0] if len(names) == 1 else None


async def test_a_node_that_stands_by_is_ready(room: House) -> None:
    text = room.file("storm", listen="127.0.0.1:0")
    a, b = room.member("a", text), room.member("b", text)
    await a.start()
    await b.start()
    having = await room.until(lambda: _having(room))
    by = b if having == "a" else a
    assert by.relay is not None
    assert by.relay.web.server is not None
    host, port = by.relay.web.server.address
    async with aiohttp.ClientSession() as visitor, visitor.get(f"http://{host}:{port}/readyz") as answer:
        assert (answer.status, (await answer.text()).strip()) == (200, "ready")


async def test_one_node_on_sqlite_is_told_how_to_ask(tmp_path: Path) -> None:
    config = tmp_path / "relay.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path}/relay.db"\n[[blogs]]\nid = "a"\nurl = "https://news.example/a"\n'
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "cluster", "status", "--config", str(config)),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"One node on SQLite does everything" in out
