"""The container and the units call what there is: files, verbs, variables, folders."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

import bot
from tests.manual import ENVIRONMENT, call

ROOT = Path(__file__).parents[1]
CODE = Path(bot.__path__[0]).parent
UNITS = ROOT / "docs" / "systemd"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
STATE = "/var/lib/liveblog-relay"
CONFIG = "/etc/liveblog-relay/relay.toml"


def unit(name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(UNITS / name)
    return found


SERVICES = sorted(path.name for path in UNITS.glob("*.service"))


# --- systemd --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_calls_a_verb_that_there_is(name: str) -> None:
    program, *words = shlex.split(unit(name)["Service"]["ExecStart"])
    assert program == "/opt/liveblog-relay/bin/liveblog-relay"
    assert f"python3 -m venv {program.removesuffix('/bin/liveblog-relay')}" in (ROOT / "docs/installing.md").read_text()
    call(words)


@pytest.mark.parametrize("name", SERVICES)
def test_units_share_user_folder_and_file(name: str) -> None:
    service = unit(name)["Service"]
    assert (service["User"], service["StateDirectory"]) == ("liveblog-relay", "liveblog-relay")
    assert service["WorkingDirectory"].replace("%S", "/var/lib") == STATE
    assert f"LIVEBLOG_RELAY_CONFIG={CONFIG}" in (UNITS / name).read_text().replace("%E", "/etc")


@pytest.mark.parametrize("name", SERVICES)
def test_variables_in_a_unit_are_ours(name: str) -> None:
    set_there = re.findall(r"^Environment=(\w+)=", (UNITS / name).read_text(), re.MULTILINE)
    assert set(set_there) <= set(ENVIRONMENT)


def test_the_service_reads_the_token_that_it_is_handed() -> None:
    text = (UNITS / "liveblog-relay.service").read_text()
    (name,) = re.findall(r"^LoadCredential=(\w+):", text, re.MULTILINE)
    assert f"TELEGRAM_BOT_TOKEN_FILE=%d/{name}\n" in text


def test_the_timer_has_its_service() -> None:
    assert {path.with_suffix(".service").name for path in UNITS.glob("*.timer")} <= set(SERVICES)


@pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_little_that_a_unit_could_do_without(name: str) -> None:
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(UNITS / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- containers -----------------------------------------------------------------------------------------------------


def test_what_the_image_is_made_of_is_there_and_not_kept_out() -> None:
    copied = [name for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1]]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed
    assert [name for name in copied if not ((ROOT / name).exists() or (CODE / name).exists())] == []


def test_the_image_begins_with_a_verb_that_there_is() -> None:
    assert 'ENTRYPOINT ["liveblog-relay"]' in DOCKERFILE
    (words,) = re.findall(r'^CMD \["(\w+)"\]$', DOCKERFILE, re.MULTILINE)
    call([words])


def test_variables_of_the_containers_are_ours() -> None:
    ours = set(re.findall(r"\b((?:LIVEBLOG|TELEGRAM)_\w+)[=:]", DOCKERFILE + COMPOSE))
    named = {"LIVEBLOG_RELAY_CONFIG", "LIVEBLOG_RELAY_NODE", "LIVEBLOG_RELAY_LISTEN", "TELEGRAM_BOT_TOKEN_FILE"}
    assert ours == named <= set(ENVIRONMENT)


def test_what_compose_calls_is_there_and_stands_where_the_image_looks() -> None:
    calls = re.findall(r"liveblog-relay ([a-z][^;\"]*);", COMPOSE)
    assert calls
    for words in calls:
        call(shlex.split(words))
    assert f"data:{STATE}\n" in COMPOSE
    assert f"./config:{Path(CONFIG).parent}:ro" in COMPOSE
    assert f"LIVEBLOG_RELAY_CONFIG={CONFIG}" in DOCKERFILE
    assert f"WORKDIR {STATE}\n" in DOCKERFILE


def test_the_same_user_everywhere() -> None:
    (uid,) = set(re.findall(r"USER (\d+):", DOCKERFILE)) | set(re.findall(r"--uid (\d+)", DOCKERFILE))
    assert f'user: "{uid}:{uid}"' in COMPOSE
    assert f"chown {uid} " in (ROOT / "docs/installing.md").read_text()


def test_nothing_runs_on_an_image_that_may_be_any() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", image) for image in images)
    others = set(re.findall(r"^ +image: (\S+)", COMPOSE, re.MULTILINE)) - {"liveblog-relay"}
    assert {image.split(":")[0] for image in others} == {"postgres", "haproxy"}
    assert all(re.fullmatch(r"\w+:\d+(\.\d+)?-\w+", image) for image in others)


# --- several nodes --------------------------------------------------------------------------------------------------

SERVICE = re.compile(r"^  ([\w-]+):\n((?:    .*\n|\n)+)", re.MULTILINE)
SERVED = dict(SERVICE.findall(COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]))
PROXY = (ROOT / "docs" / "haproxy.cfg").read_text()


def test_nothing_of_several_nodes_starts_unless_it_is_asked_for() -> None:
    asked_for = {name for name, text in SERVED.items() if "profiles: [cluster]" in text or "<<: *node\n" in text}
    assert set(SERVED) - asked_for == {"relay", "backup"}
    assert "profiles: [cluster]" in COMPOSE.partition("x-node: &node\n")[2].partition("\n\n")[0]


def test_every_node_has_a_name_and_the_proxy_knows_them_all() -> None:
    nodes = {name: text for name, text in SERVED.items() if "<<: *node\n" in text}
    names = [re.findall(r"LIVEBLOG_RELAY_NODE: (\S+)", text) for text in nodes.values()]
    assert sorted(name for (name,) in names) == ["a", "b"]
    for backend in re.split(r"^backend ", PROXY, flags=re.MULTILINE)[1:]:
        assert set(re.findall(r"^ +server (\S+) \1:8080$", backend, re.MULTILINE)) == set(nodes)
    assert "LIVEBLOG_RELAY_LISTEN: 0.0.0.0:8080" in COMPOSE
    assert "./docs/haproxy.cfg:" in COMPOSE


def test_every_secret_that_a_container_is_given_is_a_file_beside_compose() -> None:
    given = {one for names in re.findall(r"secrets: \[([\w, ]+)\]", COMPOSE) for one in names.split(", ")}
    assert given == set(re.findall(r"^    file: \./secrets/(\w+)$", COMPOSE, re.MULTILINE))


@pytest.mark.skipif(which("haproxy") is None, reason="HAProxy is not installed")
def test_the_proxy_takes_its_file() -> None:
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(ROOT / "docs" / "haproxy.cfg")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
