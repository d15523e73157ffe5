"""The catalogues: from the code to the template to sixteen languages and back. See docs/translating.md.

`python -m tests.translating update`: what the code says now, in the template and in every catalogue.
`python -m tests.translating missing de > de.json`: what is not translated yet.
`python -m tests.translating take de < de.json`: the same file with its "says" filled, into the catalogue.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gettext import c2py  # type: ignore[attr-defined]
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import bot
from bot.core.languages import LANGUAGES

ROOT = Path(__file__).parents[1]
CODE = Path(bot.__path__[0]).parent  # the same folder, unless it is the installed wheel that is looked at
LOCALES = CODE / "bot" / "locales"
TEMPLATE = LOCALES / "relay.pot"
PACKAGES = ("bot", "handlers", "storage", "config")
TRANSLATED = [language for language in LANGUAGES if language != "en"]

KEYWORDS = {"gettext": 1, "N_": 1, "ngettext": 2}  # how many of the first arguments are sentences
FIELDS = {"Command": "form"}  # an argument that is said as well
NOTE = "# Translators: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One sentence of the code: its English, the plural where it counts, who says it, and a word to translators."""

    id: str | tuple[str, str]
    where: str
    note: str = ""


# --- what the code says --------------------------------------------------------------------------------------------


def found() -> Iterator[Found]:
    """Every sentence, in the order of the files."""
    for package in PACKAGES:
        for path in sorted((CODE / package).rglob("*.py")):
            yield from said_in(path.read_text(), str(path.relative_to(CODE)))


def said_in(code: str, path: str) -> Iterator[Found]:
    """The parser is Python's own, since sentences stand within the arguments of other sentences."""
    lines = code.splitlines()
    for node, inside in _calls(ast.parse(code), ""):
        note = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
        for id_ in _sentences(node):
            where = f"{path} {inside}".strip()
            yield Found(id=id_, where=where, note=note.removeprefix(NOTE) if note.startswith(NOTE) else "")


def _calls(node: ast.AST, inside: str) -> Iterator[tuple[ast.Call, str]]:
    for child in ast.iter_child_nodes(node):
        name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else inside
        if isinstance(child, ast.Call):
            yield child, inside
        yield from _calls(child, name)


def _sentences(call: ast.Call) -> Iterator[str | tuple[str, str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    count = KEYWORDS.get(name)
    if count == 1 and words:
        yield words[0]
    elif count == 2 and len(words) >= 2:
        yield words[0], words[1]
    for keyword in call.keywords:
        if keyword.arg == FIELDS.get(name) and isinstance(keyword.value, ast.Constant):
            yield keyword.value.value


def template() -> Catalog:
    """One message for each sentence, in the order of the alphabet, so that branches meet without quarrel."""
    catalog = Catalog(project="Liveblog Relay", charset="utf-8", fuzzy=False)
    for one in sorted(found(), key=lambda one: (_first(one.id).casefold(), _first(one.id))):
        known = catalog.get(_first(one.id))
        if known is not None and isinstance(one.id, str) and not isinstance(known.id, str):
            continue  # a plural says its singular as well
        catalog.add(one.id, auto_comments=[one.where, *([one.note] if one.note else [])])
    return catalog


def _first(id_: str | Sequence[str]) -> str:
    return id_ if isinstance(id_, str) else id_[0]


# --- files ---------------------------------------------------------------------------------------------------------


def path_of(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "relay.po"


def catalogue(language: str) -> Catalog:
    """The catalogue as it stands in its file; an empty one where there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def updated(language: str, fresh: Catalog) -> Catalog:
    """All sentences of the code, with the translations that are there already. What is said no more goes."""
    old, new = catalogue(language), Catalog(locale=language, fuzzy=False, header_comment=_header(language))
    for message in fresh:
        if message.id:
            known = old.get(_first(message.id))
            new.add(message.id, _kept(message, known, new.num_plurals), auto_comments=message.auto_comments)
    return new


def _kept(message: Message, known: Message | None, plurals: int) -> Any:
    says = known.string if known is not None and type(known.id) is type(message.id) else None
    if isinstance(message.id, str):
        return says or ""
    return says if isinstance(says, tuple | list) and len(says) == plurals else ("",) * plurals


def _header(language: str) -> str:
    return f"# {LANGUAGES[language]}. Style and fixed words: docs/translating.md"


def written(catalog: Catalog, *, comments: bool) -> bytes:
    """Without dates, authors and line numbers, which would change in every branch."""
    head = f"{catalog.header_comment}\n" if catalog.locale else "# Every sentence of the code, made by `make texts`.\n"
    facts = ["Content-Type: text/plain; charset=utf-8"]
    if catalog.locale:
        facts += [f"Language: {catalog.locale}", f"Plural-Forms: {catalog.plural_forms}"]
    lines = "".join(f'"{fact}\\n"\n' for fact in facts)
    body = _body(catalog, comments=comments)
    return f'{head}msgid ""\nmsgstr ""\n{lines}\n{body}'.encode()


def _body(catalog: Catalog, *, comments: bool) -> str:
    file = BytesIO()
    if not comments:
        for message in catalog:
            message.auto_comments = []
    write_po(file, catalog, width=0, omit_header=True, no_location=True)
    return file.getvalue().decode()


def update() -> None:
    fresh = template()
    TEMPLATE.write_bytes(written(fresh, comments=True))
    for language in TRANSLATED:
        save(language, updated(language, fresh))


def save(language: str, catalog: Catalog) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.header_comment = _header(language)
    path.write_bytes(written(catalog, comments=False))


# --- to a translator and back --------------------------------------------------------------------------------------


def missing(language: str, *, everything: bool = False) -> list[dict[str, Any]]:
    """What is to be translated, as it goes to a translator: `says` is empty, one for each plural form of the language,
    and `forms` are some counts that each of them is for."""
    fresh = template()
    catalog = updated(language, fresh)
    notes = {_first(message.id): message.auto_comments for message in fresh if message.id}
    wanted = [message for message in catalog if message.id and (everything or not is_translated(message))]
    counts = counts_of(catalog)
    return [_asked(message, notes[_first(message.id)], counts) for message in wanted]


def _asked(message: Message, notes: Sequence[str], counts: list[list[int]]) -> dict[str, Any]:
    if isinstance(message.id, str):
        return {"id": message.id, "where": list(notes), "says": message.string}
    says = list(message.string)
    return {"id": message.id[0], "plural": message.id[1], "where": list(notes), "forms": counts, "says": says}


def is_translated(message: Message) -> bool:
    said = [message.string] if isinstance(message.string, str) else message.string
    return not message.fuzzy and all(said)


def counts_of(catalog: Catalog) -> list[list[int]]:
    """By plural form: some counts that it is for."""
    which = plural_rule(catalog)
    counts: list[list[int]] = [[] for _ in range(catalog.num_plurals)]
    for count in [*range(121), 1_000, 1_000_000]:
        if len(counts[which(count)]) < 8:
            counts[which(count)].append(count)
    return counts


def plural_rule(catalog: Catalog) -> Any:
    return c2py(catalog.plural_expr)


def take(language: str, said: Sequence[dict[str, Any]]) -> list[str]:
    """Writes what a translator says into the catalogue; what it says of sentences that there are not is returned."""
    catalog, unknown = updated(language, template()), list[str]()
    for one in said:
        message = catalog.get(one["id"])
        if message is None:
            unknown.append(one["id"])
        elif one["says"]:
            says = one["says"]
            message.string = says if isinstance(says, str) else tuple(says)
    save(language, catalog)
    return unknown


def main(words: Sequence[str]) -> int:
    match list(words):
        case [] | ["update"]:
            update()
        case ["missing", language]:
            print(json.dumps(missing(language), ensure_ascii=False, indent=1))
        case ["all", language]:
            print(json.dumps(missing(language, everything=True), ensure_ascii=False, indent=1))
        case ["take", language]:
            unknown = take(language, json.load(sys.stdin))
            print(f"{len(missing(language))} still missing", *[f"not in the code: {one}" for one in unknown], sep="\n")
        case ["counts"]:
            for language in TRANSLATED:
                print(f"{language}: {len(missing(language))} missing")
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
