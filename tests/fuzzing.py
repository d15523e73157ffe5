"""`make fuzz`: one reader for a while, with a fuzzer that sees which lines each input reached.

    python -m tests.fuzzing READER [--seconds 60] [--seed N]

Needs `pip install atheris`, which no lock holds: it is large, and has builds for few Pythons. What breaks a rule of
`tests.soundness`, raises anything, or takes too long is written to var/fuzz/, each cause once; the search goes on.
Exit code 1 where something was found. `python -m tests.fuzzing READER --again FILE` shows one of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

FOUND = Path("var/fuzz")
LONGEST = 1.0  # CPU seconds for a page of a few KB
LARGEST = 20_000  # bytes


def main() -> int:
    asked = _arguments()
    if asked.again:
        return _again(asked.reader, asked.again)
    if asked.child:
        _fuzz(asked.reader, asked.seconds, asked.seed, asked.child)
        return 0  # never reached: the fuzzer ends the process
    names = _readers() if asked.reader == "all" else [asked.reader]
    return max([_look(name, asked.seconds, asked.seed or secrets.randbelow(2**31) + 1) for name in names])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing")
    parser.add_argument("reader", help='the name of a reader, or "all"')
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="0: one by chance, which is printed")
    parser.add_argument("--again", type=Path, help="read this file once more and show what it does")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _readers() -> list[str]:
    from tests.every_format import EVERY

    return sorted(EVERY)


def _again(reader: str, path: Path) -> int:
    from bot.sources import ReadRules
    from tests.soundness import read_soundly

    found = read_soundly(path.read_bytes(), ReadRules(format=reader))
    print("refused" if found is None else f"{len(found.posts)} posts as {found.format}")
    return 0


def _look(reader: str, seconds: int, seed: int) -> int:
    """One run in a process of its own, and a line about it."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.json"
        command = [sys.executable, "-m", "tests.fuzzing", reader, "--seconds", str(seconds), "--seed", str(seed)]
        run = subprocess.run([*command, "--child", str(notes)], capture_output=True, text=True, check=False)
        if not notes.exists():
            print(run.stderr[-3000:], file=sys.stderr)
            return 1
        counts = json.loads(notes.read_text())
    covered = re.findall(r"cov: (\d+)", run.stderr)
    runs = re.search(r"Done (\d+) runs", run.stderr)
    print(
        f"{reader:14} seed {seed}: {runs[1] if runs else counts['runs']} runs, {counts['read']} read,",
        f"{counts['refused']} refused, {covered[-1] if covered else '?'} places reached,",
        f"{len(counts['causes'])} causes",
        *(f"\n    {times} x {cause}" for cause, times in counts["causes"].items()),
        flush=True,
    )
    died = run.returncode != 0
    if died:
        print(run.stderr[-2000:], file=sys.stderr)
    return int(died or bool(counts["causes"]))


# --- in the process that is looked at ------------------------------------------------------------------------------


def _fuzz(reader: str, seconds: int, seed: int, notes: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["bot.sources", "bot.core"]):
        from tests import every_format, soundness
    from bot.sources import ReadRules
    from tests.mutations import PIECES, mutated
    from tests.pages import snapshot

    seeds = [every_format.EVERY[reader], *([every_format.RICHER[reader]] if reader in every_format.RICHER else [])]
    before, rules = snapshot(seeds[-1]), ReadRules(format=reader)
    counts: Counter[str] = Counter()
    causes: Counter[str] = Counter()

    def one(body: bytes) -> None:
        counts["runs"] += 1
        start = time.process_time()
        try:
            counts["refused" if soundness.read_soundly(body, rules, before=before) is None else "read"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            _note(reader, body, _cause(error), causes)
        if (took := time.process_time() - start) > LONGEST:
            _note(reader, body, f"took {took:.0f} s", causes)
        if counts["runs"] % 200 == 1:
            notes.write_text(json.dumps({**_zeros(), **counts, "causes": causes}))

    def mutate(body: bytes, largest: int, number: int) -> bytes:
        rng = Random(number)
        return mutated(body, rng)[:largest] if rng.random() < 0.6 else atheris.Mutate(body, largest)

    corpus = notes.parent / "corpus"
    corpus.mkdir()
    for number, body in enumerate(seeds):
        (corpus / str(number)).write_text(body)
    words = notes.parent / "words"
    words.write_text("".join(f'"{_quoted(piece)}"\n' for piece in PIECES))
    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LARGEST}", f"-dict={words}", "-timeout=60"]
    atheris.Setup(["fuzzing", *options, "-rss_limit_mb=3000", str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


def _zeros() -> dict[str, int]:
    return {"runs": 0, "read": 0, "refused": 0}


def _quoted(piece: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in piece.encode("utf-8", "replace")[:60])


def _cause(error: Exception) -> str:
    """What went wrong and where, so that one cause is noted once; what the page said in it is left out."""
    frames = [
        one for one in traceback.extract_tb(error.__traceback__) if "/bot/" in one.filename or "/tests/" in one.filename
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}: {re.sub(chr(39) + '.*|:.*', '', str(error))[:60]}"


def _note(reader: str, body: bytes, cause: str, causes: Counter[str]) -> None:
    causes[cause] += 1
    if causes[cause] == 1:
        FOUND.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(cause.encode()).hexdigest()[:8]
        (FOUND / f"{reader}-{name}").write_bytes(body)


if __name__ == "__main__":
    sys.exit(main())
