"""What is given away: the wheel has what the relay needs and nothing else, and runs where there is nothing but it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email.parser import HeaderParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import bot
import config
import handlers
import storage
from bot.fetch import AGENT
from bot.version import VERSION
from tests import manual
from tests.publisher import update

ROOT = Path(__file__).parents[1]
PACKAGES = {"bot": bot, "handlers": handlers, "storage": storage, "config": config}
SITE = Path(sysconfig.get_paths()["purelib"])
TESTED = os.environ.get("TESTED_WHEEL", "")  # of `make test-wheel`: the one that is installed here
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel these tests run in, or one of this tree."""
    if TESTED:
        return Path(TESTED)
    folder = tmp_path_factory.mktemp("dist")
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def place(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with the wheel, and other people's packages within reach, but no tree."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--no-index", "--no-compile", str(wheel)], check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(f"{SITE}\n")  # a path that is named there brings no editable installs along
    return folder


def relay(place: Path, folder: Path, *words: str) -> str:
    """What `liveblog-relay` of that venv says, from a folder that has nothing to do with us."""
    done = subprocess.run(
        [place / "bin" / "liveblog-relay", *words],
        cwd=folder,
        env=_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}


# --- what is in it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_the_packages_is_in_the_wheel_and_no_other(names: set[str], package: str) -> None:
    folder = Path(PACKAGES[package].__path__[0])
    files = {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    ours = {f"{package}/{path.relative_to(folder).as_posix()}" for path in files} - {"bot/web/vendored.py"}
    assert {name for name in names if name.startswith(f"{package}/")} == ours


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    beside = {name.split("/", 1)[1] for name in names if name.split("/")[0] not in PACKAGES}
    assert beside == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"),
        "data/share/man/man1/liveblog-relay.1",
        "data/share/bash-completion/completions/liveblog-relay",
        "data/share/zsh/site-functions/_liveblog-relay",
        "data/share/fish/vendor_completions.d/liveblog-relay.fish",
    }


@pytest.mark.parametrize(
    "name",
    [
        "config/relay.toml.default",
        "bot/blank.png",
        "bot/demo/harbour.toml",
        "bot/demo/static/chat.html",
        "bot/locales/uk/LC_MESSAGES/relay.po",
        "bot/web/vendor/htmx.min.js",
        "bot/web/vendor/uplot.min.css",
        "bot/py.typed",
    ],
)
def test_what_is_no_code_is_in_the_wheel_too(names: set[str], name: str) -> None:
    assert name in names


def test_the_wheel_says_what_it_needs_and_not_what_only_we_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        about = HeaderParser().parsestr(archive.read(path).decode())
    assert (about["Name"], about["Version"]) == (PROJECT["name"], PROJECT["version"])
    needs = about.get_all("Requires-Dist") or []
    always = [need for need in needs if "extra ==" not in need]
    assert len(always) == len(PROJECT["dependencies"])
    assert len(needs) - len(always) == len(PROJECT["optional-dependencies"]["cluster"])
    assert not {"django", "hatchling", "pytest"} & {need.split()[0].lower() for need in needs}


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_tested_is_the_wheel_or_else_the_tree_around_the_tests(package: str) -> None:
    assert Path(PACKAGES[package].__path__[0]) == (SITE if TESTED else ROOT) / package
    assert (ROOT / package).exists() is not bool(TESTED)


def test_no_other_distribution_has_packages_of_our_names() -> None:
    owners = packages_distributions()
    assert {owner for name in PACKAGES for owner in owners.get(name, [])} <= {"liveblog-relay"}


# --- it runs by itself ----------------------------------------------------------------------------------------------


def test_it_knows_its_version(place: Path, tmp_path: Path) -> None:
    assert relay(place, tmp_path, "--version") == f"liveblog-relay, version {PROJECT['version']}\n"


def test_it_writes_a_file_and_says_what_it_means(place: Path, tmp_path: Path) -> None:
    assert "written" in relay(place, tmp_path, "init")
    assert "polls" in relay(place, tmp_path, "check")
    assert "queue: empty" in relay(place, tmp_path, "status")


def test_it_reads_a_saved_page(place: Path, tmp_path: Path) -> None:
    posts = [update(key) | {"url": f"https://blog.example/live#post-{key}"} for key in "ba"]
    (tmp_path / "page.json").write_text(
        json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "liveBlogUpdate": posts})
    )
    assert "2 posts, read as jsonld" in relay(place, tmp_path, "read", "page.json")


async def test_its_demo_opens_its_page_and_ends_when_it_is_told(place: Path, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        place / "bin" / "liveblog-relay",
        "demo",
        "--port",
        "0",
        cwd=tmp_path,
        env=_environ(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        said = ""
        while not (found := re.search(r"Open (http://[\w.]+:\d+\S*)", said)):
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
        page = await asyncio.to_thread(_page, found[1])
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert "<title>" in page
    assert list(tmp_path.iterdir()) == []


def _page(address: str) -> str:
    from urllib.request import urlopen

    with urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def test_the_shell_is_told_how_a_verb_goes_on(place: Path, tmp_path: Path) -> None:
    asked = _environ() | {
        "_LIVEBLOG_RELAY_COMPLETE": "bash_complete",
        "COMP_WORDS": "liveblog-relay s",
        "COMP_CWORD": "1",
    }
    said = subprocess.run(
        [place / "bin" / "liveblog-relay"], cwd=tmp_path, env=asked, capture_output=True, text=True, check=True
    ).stdout
    assert {"plain,status", "plain,subscribers"} <= set(said.splitlines())


def test_bash_completes_with_the_file_that_is_installed(place: Path, tmp_path: Path) -> None:
    script = place / "share" / "bash-completion" / "completions" / "liveblog-relay"
    words = f"""
        . {script}
        COMP_WORDS=(liveblog-relay stat) COMP_CWORD=1
        $(complete -p liveblog-relay | sed 's/.*-F \\([^ ]*\\).*/\\1/') liveblog-relay
        echo "${{COMPREPLY[@]}}"
    """
    environ = _environ() | {"PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", words], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == "status\n", done.stderr


@pytest.mark.parametrize("name", list(manual.files()))
def test_the_manual_and_the_completions_are_those_of_the_command_line(name: str) -> None:
    assert (manual.FOLDER / name).read_text() == manual.files()[name], "run `make manual`"


def test_the_manual_says_plain_text_as_it_is() -> None:
    assert manual.escaped(".env, C:\\here, a-b") == "\\&.env, C:\\ehere, a\\-b"


# --- one version ----------------------------------------------------------------------------------------------------


def test_the_newest_heading_of_the_changelog_is_the_version() -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == PROJECT["version"]


def test_publishers_are_told_the_version() -> None:
    assert f"LiveblogRelay/{VERSION} " in AGENT


def test_the_version_is_written_nowhere_else() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *Path(bot.__path__[0]).rglob("*.py")]
    assert [page.name for page in pages if f"{PROJECT['version']}" in page.read_text(errors="replace")] == []


# --- the locks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["requirements-run.txt", "requirements-setup.txt"])
def test_a_part_of_the_lock_names_the_same_releases_as_the_whole(part: str) -> None:
    whole = _locked("requirements.txt")
    assert {name: hashes for name, hashes in _locked(part).items() if whole.get(name) != hashes} == {}


DATA = {"tzdata"}  # imported by the standard library


def test_what_is_depended_upon_is_used() -> None:
    places = packages_distributions()
    modules = (Path(file) for package in PACKAGES.values() for file in Path(str(package.__file__)).parent.rglob("*.py"))
    code = "\n".join(module.read_text() for module in modules)
    imported = {
        name for found in re.findall(r"^\s*(?:from|import) (\w+)", code, re.MULTILINE) for name in places.get(found, ())
    }
    asked_for = {re.split(r"[^\w-]", one)[0].lower() for one in PROJECT["dependencies"]}
    assert asked_for - {name.lower().replace("_", "-") for name in imported} == DATA


def test_what_runs_is_locked_without_what_only_we_need() -> None:
    names = {line.split("==")[0] for line in _locked("requirements-run.txt")}
    assert {re.split(r"[<>=;\[ ]", need)[0] for need in PROJECT["dependencies"]} <= names
    assert not names & {"pytest", "ruff", "mypy", "django", "hatchling", "playwright"}


def _locked(file: str) -> dict[str, frozenset[str]]:
    """The hashes of every release in a lock, by name and version; what markers say is not looked at."""
    found: dict[str, frozenset[str]] = {}
    for block in re.split(r"\n(?=[a-z])", (ROOT / file).read_text()):
        found[block.split()[0]] = frozenset(re.findall(r"sha256:\w+", block)) | found.get(block.split()[0], frozenset())
    return found
