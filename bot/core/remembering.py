"""Results kept for the next time: a page that is read again says nearly all of what it said before."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

Rest = ParamSpec("Rest")
Result = TypeVar("Result")
Of = Callable[Concatenate[str, Rest], Result]

MOST = 2048  # results of each function
LONGEST = 8_000  # characters of a text: with longer ones, what is kept would be large


def remembered(work: Of[Rest, Result]) -> Of[Rest, Result]:
    """A pure function of a text that remembers what it made of the last texts, long ones left out."""
    kept = lru_cache(maxsize=MOST)(work)

    @wraps(work)
    def either(text: str, /, *rest: Rest.args, **named: Rest.kwargs) -> Result:
        return kept(text, *rest, **named) if len(text) <= LONGEST else work(text, *rest, **named)  # type: ignore[arg-type]

    return either
