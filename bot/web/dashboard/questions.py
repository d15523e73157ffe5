"""What is asked before an act that reaches very many, or that nothing undoes: in a box with scripts, else on a page of
its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EVERYTHING = "all"  # in the place of a blog's id


@dataclass(frozen=True, slots=True)
class Question:
    """`yes` is what the button says that does it."""

    text: str
    yes: str


_HOLD = Question("Hold this blog? New posts and edits wait until it is released.", "Hold it")
_HOLD_ALL = Question("Hold every live blog? New posts and edits wait until you release them.", "Hold every blog")
_RELEASE_ALL = Question("Release every live blog, also those that were held alone?", "Release every blog")
_STOP = Question("Cancel the rest? Who has it keeps it, nobody else gets it.", "Cancel the rest")
_CANCEL = Question("Cancel this push? It goes to nobody then.", "Cancel the push")
_AGAIN = Question("Try everything again that Telegram refused?", "Try all of it again")


def question(act: str, form: Mapping[str, object]) -> Question | None:
    """What is asked before this act with these fields of its form; None where nothing is."""
    is_all = form.get("blog") == EVERYTHING
    match act:
        case "hold":
            return _HOLD_ALL if is_all else _HOLD
        case "release":
            return _RELEASE_ALL if is_all else None
        case "pushes":
            return {"stop": _STOP, "cancel": _CANCEL}.get(str(form.get("act", "")))
        case "requeue":
            return None if form.get("why") else _AGAIN
    return None
