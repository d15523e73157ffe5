"""The languages that there are texts in, and which of them fits a language that somebody's client names.

A language has its catalogue in `bot/locales/<language>/LC_MESSAGES/relay.po`; the English is in the code.
"""

from __future__ import annotations

from types import MappingProxyType

from babel import Locale, UnknownLocaleError

# By their codes, in the order they are offered in, each by its own name as its readers write it.
LANGUAGES = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "es": "Español",
        "fr": "Français",
        "id": "Bahasa Indonesia",
        "it": "Italiano",
        "pl": "Polski",
        "pt": "Português",
        "tr": "Türkçe",
        "ru": "Русский",
        "uk": "Українська",
        "ar": "العربية",
        "fa": "فارسی",
        "hi": "हिन्दी",
        "ja": "日本語",
        "zh": "简体中文",
    }
)

# Those whose catalogues must say everything that the code says: a test holds them to it.
COMPLETE = frozenset({"en", "de", "es", "fr", "id", "it", "pl", "pt", "tr", "ru", "uk", "ar", "fa", "hi", "ja", "zh"})


def language_for(name: str | None) -> str | None:
    """The language of ours that `name` ("pt-BR", "zh-Hant", "in") belongs to; None where there is none."""
    locale = locale_of(name or "")
    return locale.language if locale is not None and locale.language in LANGUAGES else None


def locale_of(name: str) -> Locale | None:
    """The locale a client means, as exactly as it can be known: apps add words of their own behind a language's."""
    words = name.strip()[:32].replace("-", "_").split("_")
    for count in range(len(words), 0, -1):
        try:
            return Locale.parse("_".join(words[:count]))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None
