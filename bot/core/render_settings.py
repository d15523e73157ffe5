"""The screens of /settings: what a chat has chosen, and buttons for what it may choose. Pure.

A button's data is `set:<chat>:<act>:<arguments>`; the chat is left out where it is the one the message stands in.
Small letters open a screen, capitals change something: all that a press needs is in it and in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zlib import crc32

from bot.core.choices import Choices, Quiet
from bot.core.habits import parse_digest
from bot.core.languages import LANGUAGES
from bot.core.model import Button, Rendered, Volume
from bot.core.texts import Texts
from bot.core.wishes import Wish
from bot.core.words import shown
from bot.core.writing import Writing, cut, isolated
from bot.core.zones import city

N_ = str  # marks a sentence for the catalogue where it is not translated yet
Row = tuple[Button, ...]

DIGESTS = ("30m", "1h", "3h", "6h", "08:00", "08:00 18:00")
QUIETS = ((22 * 60, 7 * 60), (23 * 60, 6 * 60), (0, 8 * 60))
MUTES = (1, 3, 8)  # hours
MORNING = 7 * 60
MOST_BUTTONS = 40  # of subscriptions, or of words
_LABEL = 40

VOLUMES = MappingProxyType({"e": Volume.EVERYTHING, "k": Volume.KEY, "c": Volume.CARD, "d": Volume.DIGEST})
_NAMES = MappingProxyType(
    {
        Volume.EVERYTHING: N_("Everything"),
        Volume.KEY: N_("Key events"),
        Volume.CARD: N_("One card"),
        Volume.DIGEST: N_("Digests"),
    }
)
_MEANT = MappingProxyType(
    {
        Volume.EVERYTHING: N_("Every post arrives."),
        Volume.KEY: N_("Only key events arrive."),
        Volume.CARD: N_("One message, kept up to date, instead of single posts."),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One subscription as its screen shows it. `said` is what is followed, in words; `titles` those of its topics."""

    blog: str
    title: str
    said: str
    wish: Wish
    titles: Mapping[str, str]
    volume: Volume
    digest: str
    sound: bool
    pictures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A chat's settings as somebody looks at them.

    `key` is Telegram's id of a channel that is spoken of elsewhere, else "". `name` is what the chat calls itself,
    None for a person's own. `zone` is the one in force; `shared`: what is the chat's own holds for all its topics.
    """

    t: Texts
    now: datetime
    key: str
    name: str | None
    choices: Choices
    zone: str
    followed: tuple[Followed, ...]
    shared: bool = False

    def button(self, text: str, act: str, *words: str) -> Button:
        return Button(text=cut(text, (), _LABEL)[0], data=":".join(("set", self.key, act, *words)))

    def picked(self, chosen: bool, text: str, act: str, *words: str) -> Button:
        """One of several, marked where it is the one."""
        return self.button(f"✓ {text}" if chosen else text, act, *words)

    def screen(self, heading: str, lines: Sequence[str], rows: Sequence[Row]) -> Rendered:
        text = Writing(rtl=self.t.rtl).sentence(heading, "bold")
        for line in filter(None, lines):
            text.newline().sentence(line)
        return text.rendered(buttons=[row for row in rows if row])


def home(view: View) -> Rendered:
    """What the chat follows, and its own; where that is one blog, all of it on one screen."""
    t = view.t
    if len(view.followed) == 1:
        return subscription(view, view.followed[0])
    nothing = "" if view.followed else t.gettext("Nothing is followed here yet; /subscribe changes that.")
    rows = [(view.button(one.title, "s", one.blog),) for one in view.followed[:MOST_BUTTONS]]
    heading = t.gettext("Settings of {chat}", chat=view.name) if view.key and view.name else t.gettext("Settings")
    return view.screen(heading, [nothing, *_own_lines(view)], [*rows, *_own_rows(view), (_done(view),)])


def closed(view: View) -> Rendered:
    return view.screen(view.t.gettext("Settings"), [view.t.gettext("Kept. /settings opens them again.")], [])


# --- one subscription ----------------------------------------------------------------------------------------------


def subscription(view: View, one: Followed) -> Rendered:
    t, alone = view.t, len(view.followed) == 1
    rows = [
        tuple(_volume(view, one, code) for code in "ek"),
        tuple(_volume(view, one, code) for code in "cd"),
        (view.button(t.gettext("When digests come"), "d", one.blog),) if one.volume is Volume.DIGEST else (),
        (
            view.button(
                t.gettext("Sound: on") if one.sound else t.gettext("Sound: off"), "N", one.blog, _not(one.sound)
            ),
            view.button(
                t.gettext("Pictures: on") if one.pictures else t.gettext("Pictures: off"),
                "P",
                one.blog,
                _not(one.pictures),
            ),
        ),
        (
            *((view.button(t.gettext("Topics and words"), "f", one.blog),) if one.wish != Wish() else ()),
            view.button(t.gettext("Unsubscribe"), "u", one.blog),
        ),
        *(_own_rows(view) if alone else ()),
        (_done(view),) if alone else _back(view),
    ]
    return view.screen(one.said, [arrives(one, t), *(_own_lines(view) if alone else ())], rows)


def _volume(view: View, one: Followed, code: str) -> Button:
    volume = VOLUMES[code]
    return view.picked(one.volume is volume, view.t.gettext(_NAMES[volume]), "V", one.blog, code)


def _not(on: bool) -> str:
    return "0" if on else "1"


def arrives(one: Followed, t: Texts) -> str:
    """What its volume means, in a sentence."""
    if one.volume is not Volume.DIGEST:
        return t.gettext(_MEANT[one.volume])
    digest = parse_digest(one.digest)
    if digest.times:
        return t.gettext("Digests arrive at {times}.", times=t.listed([t.hour(at) for at in digest.times]))
    return t.gettext("Digests arrive every {length}.", length=t.duration(timedelta(minutes=digest.every)))


def digest(view: View, one: Followed) -> Rendered:
    """When digests come. To choose a time is to want digests."""
    t = view.t
    typed = "/digest {0} 45m{1}", "/digest {0} 07:30 19:00{1}"
    length, times = (form.format(one.blog, " @channel" if view.key else "") for form in typed)
    other = t.gettext(
        "Others are typed: {length} or {times}.",
        length=isolated(length, rtl=t.rtl),
        times=isolated(times, rtl=t.rtl),
    )
    buttons = [
        view.picked(one.volume is Volume.DIGEST and one.digest == choice, _when(choice, t), "D", one.blog, str(at))
        for at, choice in enumerate(DIGESTS)
    ]
    return view.screen(
        one.said,
        [t.gettext("When should digests come?"), arrives(one, t), other],
        [*_in_rows(buttons, 2), _back(view, "s", one.blog)],
    )


def _when(choice: str, t: Texts) -> str:
    chosen = parse_digest(choice)
    if chosen.times:
        return t.listed([t.hour(at) for at in chosen.times])
    return t.duration(timedelta(minutes=chosen.every))


def filters(view: View, one: Followed) -> Rendered:
    """Topics and words, each with a button that takes it away."""
    t = view.t
    named = [(topic, one.titles.get(topic, topic)) for topic in one.wish.topics]
    named += [(f"+{word}", t.gettext("“{word}”", word=shown(word))) for word in one.wish.words]
    named += [(f"-{word}", t.gettext("without “{word}”", word=shown(word))) for word in one.wish.without]
    rows = [(view.button(f"✕ {label}", "F", one.blog, mark(word)),) for word, label in named[:MOST_BUTTONS]]
    hint = t.gettext("A press takes one away. More: /subscribe {id} word, or -word to leave it out.", id=one.blog)
    return view.screen(one.said, [hint], [*rows, _back(view, "s", one.blog)])


def mark(word: str) -> str:
    """A topic or a signed word as a button carries it, however long it is."""
    return f"{crc32(word.encode()):08x}"


def leaving(view: View, one: Followed) -> Rendered:
    t = view.t
    yes, no = view.button(t.gettext("Stop it"), "U", one.blog), view.button(t.gettext("Keep it"), "s", one.blog)
    return view.screen(one.said, [t.gettext("Stop following this?")], [(yes, no)])


# --- the chat's own ------------------------------------------------------------------------------------------------


def _own_lines(view: View) -> list[str]:
    t = view.t
    shared = t.gettext("Quiet hours, mute, time zone and language are the whole group's.") if view.shared else ""
    return [quiet_said(view), zone_said(view), muted_said(view), shared]


def quiet_said(view: View) -> str:
    t, quiet = view.t, view.choices.quiet
    if quiet is None:
        return t.gettext("Quiet hours: none.")
    start, end = t.hour(quiet.start), t.hour(quiet.end)
    if quiet.breaking:
        return t.gettext("Quiet hours: {start} to {end}; breaking news comes through.", start=start, end=end)
    return t.gettext("Quiet hours: {start} to {end}.", start=start, end=end)


def zone_said(view: View) -> str:
    t, zone = view.t, view.choices.timezone
    if zone is None:
        return t.gettext("Time zone: each live blog's own.")
    place, time = isolated(city(zone, t.language), rtl=t.rtl), t.clock(view.now, zone)
    return t.gettext("Time zone: {place}, where it is {time}.", place=place, time=time)


def muted_said(view: View) -> str:
    """Until when it is mute, "" where it is not."""
    t, until = view.t, datetime.fromtimestamp(view.choices.muted_until, UTC)
    if until <= view.now:
        return ""
    time = isolated(t.moment(until, view.zone, view.now), rtl=t.rtl)
    return t.gettext("Muted until {time}.", time=time)


def _own_rows(view: View) -> list[Row]:
    t = view.t
    return [
        (view.button(t.gettext("Quiet hours"), "q"), view.button(t.gettext("Mute"), "m")),
        (view.button(t.gettext("Time zone"), "z"), view.button(t.gettext("Language"), "l")),
    ]


def quiet(view: View) -> Rendered:
    t, chosen = view.t, view.choices.quiet
    times = (chosen.start, chosen.end) if chosen else None
    presets = [
        view.picked(times == each, f"{t.hour(each[0])} – {t.hour(each[1])}", "Q", f"{each[0]}-{each[1]}")
        for each in QUIETS
    ]
    off = view.picked(times is None, t.gettext("No quiet hours"), "Q", "off")
    breaking = (_breaking(view, chosen),) if chosen else ()
    zone = () if view.choices.timezone else (view.button(t.gettext("Time zone"), "z"),)
    lines = [
        quiet_said(view),
        t.gettext("New posts wait until they are over. Others are typed: /quiet 22:30-6:15."),
        t.gettext("The times are those of each live blog, until you choose a time zone.") if zone else "",
    ]
    return view.screen(t.gettext("Quiet hours"), lines, [*_in_rows([*presets, off], 2), breaking, zone, _back(view)])


def _breaking(view: View, chosen: Quiet) -> Button:
    t = view.t
    words = t.gettext("Breaking news: comes through") if chosen.breaking else t.gettext("Breaking news: waits as well")
    return view.button(words, "B", _not(chosen.breaking))


def zones(view: View, likely: Sequence[str]) -> Rendered:
    """`likely` are offered, with the time it is there."""
    t, chosen = view.t, view.choices.timezone
    offered = dict.fromkeys([*([chosen] if chosen else []), *likely])
    buttons = [
        view.picked(zone == chosen, f"{city(zone, t.language)} · {t.clock(view.now, zone)}", "Z", zone)
        for zone in offered
    ]
    own = view.picked(chosen is None, t.gettext("Each live blog's own"), "Z", "-")
    lines = [zone_said(view), t.gettext("Other places are typed: /timezone Kyiv.")]
    return view.screen(t.gettext("Time zone"), lines, [*_in_rows(buttons, 2), (own,), _back(view)])


def languages(view: View, private: bool) -> Rendered:
    t, chosen = view.t, view.choices.language
    buttons = [view.picked(chosen == code, name, "L", code) for code, name in LANGUAGES.items()]
    same = t.gettext("As my Telegram") if private else t.gettext("As each live blog")
    lines = [t.gettext("For what I say. Posts stay in the language they are written in.")]
    rows = [(view.picked(chosen is None, same, "L", "-"),), *_in_rows(buttons, 2), _back(view)]
    return view.screen(t.gettext("Language"), lines, rows)


def mute(view: View) -> Rendered:
    t, muted = view.t, muted_said(view)
    buttons = [view.button(t.duration(timedelta(hours=hours)), "M", f"{hours}h") for hours in MUTES]
    buttons.append(view.button(t.gettext("until {time}", time=t.hour(MORNING)), "M", "morning"))
    off = (view.button(t.gettext("Unmute"), "M", "off"),) if muted else ()
    lines = [
        muted or t.gettext("For how long should nothing new arrive?"),
        t.gettext("Others are typed: /mute 90 min."),
    ]
    return view.screen(t.gettext("Mute"), lines, [*_in_rows(buttons, 2), off, _back(view)])


# --- rows ----------------------------------------------------------------------------------------------------------


def _in_rows(buttons: Sequence[Button], width: int) -> list[Row]:
    return [tuple(buttons[at : at + width]) for at in range(0, len(buttons), width)]


def _back(view: View, act: str = "h", *words: str) -> Row:
    return (view.button(view.t.gettext("Back"), act, *words), _done(view))


def _done(view: View) -> Button:
    return view.button(view.t.gettext("Done"), "x")
