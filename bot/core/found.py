"""What polls bring beside what is published: what decides when to poll again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one poll brought: posts that somebody hears of, and what the server said about when to come again."""

    told: int = 0
    read: bool = False  # a page that had changed, so that the store knows more of the blog now
    missing: bool = False  # posts are, and are not believed to be withdrawn yet
    refused: bool = False  # what a page shows was not believed
    pages: int = 1
    max_age: int | None = None
    retry_at: datetime | None = None

    def then(self, later: Found) -> Found:
        """With what another question about the same page brought."""
        read, told = self.read or later.read, self.told + later.told
        missing, refused = self.missing or later.missing, self.refused or later.refused
        retry_at = later.retry_at or self.retry_at
        return replace(later, read=read, told=told, missing=missing, refused=refused, retry_at=retry_at)


def together(found: Sequence[Found], *, pages: int, retry_at: datetime | None = None) -> Found:
    """What the pages of a blog brought that answered, of so many that were asked.

    `retry_at`: what one that did not answer asked of us.
    """
    return Found(
        told=sum(one.told for one in found),
        read=any(one.read for one in found),
        missing=any(one.missing for one in found),
        pages=pages,
        max_age=max((one.max_age or 0) for one in found),
        retry_at=next((one.retry_at for one in found if one.retry_at), retry_at),
    )
