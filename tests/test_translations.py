"""The catalogues against the code: nothing missing, nothing that cannot be filled, nothing that Telegram refuses."""

from __future__ import annotations

import re
import unicodedata
from string import Formatter

import pytest
from babel.core import get_global
from babel.messages.catalog import Catalog, Message

from bot.core.entities import units
from bot.core.languages import COMPLETE, LANGUAGES
from tests import translating
from tests.translating import ROOT, TEMPLATE, TRANSLATED

COMMAND = re.compile(r"(?<![\w/<>])/[a-z]+")
FORMATS = {"\u200c", "\u00ad"}  # the joiner that Persian spells with; and no other invisible character


@pytest.fixture(scope="module")
def fresh() -> Catalog:
    return translating.template()


def catalogues() -> list[tuple[str, Catalog]]:
    return [(language, translating.catalogue(language)) for language in TRANSLATED]


CATALOGUES = catalogues()
TRANSLATIONS = [(language, message) for language, one in CATALOGUES for message in one if message.id]
each = pytest.mark.parametrize(("language", "catalog"), CATALOGUES, ids=TRANSLATED)


def english_of(message: Message, form: int, catalog: Catalog) -> list[str]:
    """The sentences that a form stands for: a form for one count alone may leave the number out."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def translated(catalog: Catalog) -> list[tuple[Message, int, str]]:
    return [
        (message, form, said) for message in catalog if message.id for form, said in enumerate(forms(message)) if said
    ]


def names(sentence: str) -> set[str]:
    return {name for _, name, spec, conversion in Formatter().parse(sentence) if name is not None}


# --- what the code says --------------------------------------------------------------------------------------------


def test_sentences_are_found_wherever_the_code_says_them() -> None:
    code = """
def said(t, who):
    t.gettext("A {b}", b=where.t.gettext("nested"))
    # Translators: about ships
    target.said(who, N_("You sail."), N_("{who} sails."), "not this")
    t.ngettext("{n} ship", "{n} ships", 3)
    Command(name="no", form="words", does=N_("yes"))
    t.gettext(
        "in two "
        "pieces"
    )
"""
    found = {one.id: one for one in translating.said_in(code, "a.py")}

    assert set(found) == {
        "A {b}", "nested", "You sail.", "{who} sails.", ("{n} ship", "{n} ships"), "words", "yes", "in two pieces",
    }  # fmt: skip
    assert found["You sail."].note == "about ships"
    assert found["nested"].where == "a.py said"


def test_the_template_holds_what_the_code_says(fresh: Catalog) -> None:
    """`make texts` brings it up to date."""
    assert TEMPLATE.read_bytes() == translating.written(fresh, comments=True)


def test_every_language_is_offered_under_its_own_name() -> None:
    assert set(TRANSLATED) | {"en"} == set(LANGUAGES)
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
    assert set(LANGUAGES) >= COMPLETE


# --- every catalogue -----------------------------------------------------------------------------------------------


@each
def test_a_catalogue_has_the_sentences_of_the_template(language: str, catalog: Catalog, fresh: Catalog) -> None:
    """`make texts` brings it up to date."""
    assert translating.path_of(language).read_bytes() == translating.written(
        translating.updated(language, fresh), comments=False
    )


@each
def test_a_complete_language_says_everything(language: str, catalog: Catalog) -> None:
    if language in COMPLETE:
        assert [message.id for message in catalog if message.id and not translating.is_translated(message)] == []


@each
def test_a_language_has_its_own_number_of_plural_forms(language: str, catalog: Catalog) -> None:
    own = Catalog(locale=language)
    assert (catalog.num_plurals, catalog.plural_expr) == (own.num_plurals, own.plural_expr)
    assert all(len(forms(one)) == own.num_plurals for one in catalog if one.id and not isinstance(one.id, str))


@each
def test_placeholders_are_those_of_the_english(language: str, catalog: Catalog) -> None:
    """A plural form that is for one count only ("ein Beitrag") may do without the number."""
    for_one = {form for form, counts in enumerate(translating.counts_of(catalog)) if len(counts) == 1}
    for message, form, said in translated(catalog):
        wanted = names(message.id if isinstance(message.id, str) else message.id[1])
        spared = {"n"} if not isinstance(message.id, str) and form in for_one else set[str]()
        assert wanted - spared <= names(said) <= wanted, f"{message.id} says {said}"


@each
def test_commands_stay_as_they_are(language: str, catalog: Catalog) -> None:
    for message, _, said in translated(catalog):
        english = message.id if isinstance(message.id, str) else message.id[1]
        assert sorted(COMMAND.findall(said)) == sorted(COMMAND.findall(english)), f"{english} says {said}"


@each
def test_no_translation_has_characters_that_cannot_be_seen(language: str, catalog: Catalog) -> None:
    for message, _, said in translated(catalog):
        unseen = [char for char in said if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} and char != "\n"]
        assert set(unseen) <= FORMATS, f"{message.id} says {said!r}"
        assert unicodedata.is_normalized("NFC", said), f"{message.id} says {said!r}"


@each
def test_a_translation_begins_and_ends_as_the_english_does(language: str, catalog: Catalog) -> None:
    for message, _, said in translated(catalog):
        english = message.id if isinstance(message.id, str) else message.id[1]
        assert said == said.strip() or english != english.strip(), f"{english!r} says {said!r}"
        assert said.count("\n") == english.count("\n"), f"{english!r} says {said!r}"
        assert english.endswith("…") == said.endswith("…"), f"{english!r} says {said!r}"
        assert english.endswith(("?", "？")) == said.endswith(("?", "？", "؟")), f"{english!r} says {said!r}"


@each
def test_quotation_marks_and_spaces_are_those_of_print(language: str, catalog: Catalog) -> None:
    """French keeps its high punctuation to the word before; a line must not begin with it."""
    for message, _, said in translated(catalog):
        assert not {"'", '"'} & set(said), f"{message.id} says {said}"
        assert language != "fr" or not re.search(r" [:;?!»]|« ", said), f"{message.id} says {said!r}"
        assert language != "es" or ("?" in said) == ("¿" in said), f"{message.id} says {said}"


@each
def test_a_translation_is_not_much_longer_than_the_english(language: str, catalog: Catalog) -> None:
    """Buttons are read at a glance, toasts are cut off at two hundred, and menus hold descriptions of 256."""
    for message, _, said in translated(catalog):
        english = message.id if isinstance(message.id, str) else message.id[1]
        assert units(said) <= max(2 * units(english) + 16, 24), f"{english} says {said}"
        assert units(said) <= 200 or units(english) > 120, f"{english} says {said}"


def test_the_documentation_shows_each_language_and_whether_it_is_complete() -> None:
    lines = (ROOT / "docs" / "translating.md").read_text().splitlines()
    for code, name in LANGUAGES.items():
        assert f"| {code} | {name} | {'yes' if code in COMPLETE else 'not yet'} |" in lines


def test_every_language_of_ours_is_known_to_those_who_know_languages() -> None:
    assert all(code in get_global("likely_subtags") for code in LANGUAGES)
