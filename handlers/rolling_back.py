"""The files that were in force last, and the way back to one of them: seen first, then pressed."""

from __future__ import annotations

import asyncio

from bot.applied import CannotWrite, Kept, NotKept
from bot.core.model import Button, Rendered
from bot.core.writing import Writing, isolated
from config.settings import BadSettings
from handlers.access import Role
from handlers.admins import lines_below
from handlers.asked import N_, Asked, Effect, Pressed, Where, Wrong
from handlers.fitting import fitting
from handlers.pushing_screens import moment

WHO = {
    "start": N_("at the start"),
    "saved": N_("saved"),
    "reload": N_("by /reload"),
    "rollback": N_("brought back"),
    "dashboard": N_("from the dashboard"),
}


async def rollback(asked: Asked) -> Rendered:
    """The kept files, the newest first, with a button for each that can be brought back."""
    return await _list(asked)


async def press_file(pressed: Pressed) -> Effect:
    """`file:list`; `file:look:<name>`: what bringing that file back would change; `file:back:<name>`: do it."""
    if pressed.role < Role.ADMIN:
        raise Wrong(pressed.t.gettext("Only admins can do that."))
    act, _, name = pressed.argument.partition(":")
    match act:
        case "list":
            return Effect(rewritten=await _list(pressed))
        case "look":
            return Effect(rewritten=await _look(pressed, name))
        case "back":
            return await _bring_back(pressed, name)
    raise Wrong(pressed.t.gettext("This button means nothing any more."))


async def _files(where: Where) -> list[Kept]:
    return await where.house.kept()


# --- the list ------------------------------------------------------------------------------------------------------


async def _list(where: Where) -> Rendered:
    t, files = where.t, await _files(where)
    if not files:
        return where.say(t.gettext("No file was kept yet."))
    head = Writing(rtl=t.rtl).sentence(t.gettext("The files that were in force last"), "bold")
    times = await asyncio.gather(*(moment(where, file.at) for file in files))
    labels = [f"{place} · {time}" for place, time in enumerate(times, 1)]
    rows = [_row(where, file, label) for file, label in zip(files, labels, strict=True)]
    return fitting(head, rows, len(rows), t, buttons=_choices(files, labels))


def _row(where: Where, file: Kept, label: str) -> Writing:
    """When and how it came into force, and what going back to it would change."""
    t, how = where.t, where.t.gettext(WHO.get(file.who, file.who))
    row = Writing(rtl=t.rtl).sentence(isolated(label, rtl=t.rtl), "bold").sentence(f" · {how}").newline()
    if file.refused:
        return row.sentence(t.gettext("This version does not take it any more."))
    if file.in_force and not file.on_disk:
        return row.sentence(t.gettext("It is in force; what stands in the file is something else, and is not."))
    if file.in_force:
        return row.sentence(t.gettext("It is in force."))
    return (
        row.plain(file.changes[0])
        if file.changes
        else row.sentence(t.gettext("It means the same as the one in force."))
    )


def _choices(files: list[Kept], labels: list[str]) -> list[tuple[Button, ...]]:
    offered = [(file, label) for file, label in zip(files, labels, strict=True) if not (file.in_force and file.on_disk)]
    return [(Button(text=label, data=f"file:look:{file.name}"),) for file, label in offered if not file.refused]


# --- one of them ---------------------------------------------------------------------------------------------------


async def _look(where: Where, name: str) -> Rendered:
    t = where.t
    file = next((one for one in await _files(where) if one.name == name), None)
    if file is None:
        raise Wrong(_kept_no_more(where))
    time = isolated(await moment(where, file.at), rtl=t.rtl)
    question = t.gettext("Bring the file of {time} back?", time=time)
    text = Writing(rtl=t.rtl).sentence(question, "bold")
    others = Button(text=t.gettext("The other files"), data="file:list")
    if file.refused:
        refused = Writing(rtl=t.rtl).sentence(t.gettext("This version does not take it any more."), "bold")
        return _with(lines_below(refused, file.refused.splitlines(), t), (others,))
    if not file.changes:
        text.newline().sentence(t.gettext("It means the same as the one in force."))
    back = Button(text=t.gettext("Bring it back"), data=f"file:back:{name}")
    return _with(lines_below(text, list(file.changes), t), (back,), (others,))


def _with(shown: Rendered, *buttons: tuple[Button, ...]) -> Rendered:
    return Rendered(text=shown.text, entities=shown.entities, buttons=buttons)


async def _bring_back(pressed: Pressed, name: str) -> Effect:
    """Written, and in force, when it returns. A second press finds it in force and changes nothing."""
    t = pressed.t
    try:
        changes = await pressed.house.rollback(name, person=pressed.by)
    except NotKept:
        raise Wrong(_kept_no_more(pressed)) from None
    except CannotWrite as error:
        raise Wrong(t.gettext("Nothing has changed: {why}", why=str(error))) from None
    except BadSettings as error:
        raise Wrong(t.gettext("This version does not take it any more: {why}", why=str(error))) from None
    done = t.gettext("The file is back and in force.")
    if not changes:
        done = t.gettext("The file is in force, and nothing else has changed.")
    text = lines_below(Writing(rtl=t.rtl).sentence(done, "bold"), changes, t)
    return Effect(toast=done, rewritten=_with(text, (Button(text=t.gettext("The other files"), data="file:list"),)))


def _kept_no_more(where: Where) -> str:
    return where.t.gettext("This file is kept no more; /rollback lists those that are.")
