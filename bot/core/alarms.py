"""What admins read when something is not as it should be: which blog, read how, what is wrong, and what was done.

Rules say the reason and the consequence; `subject` is what they are said of. How admins are told of it stands in
`bot.core.standing`.
"""

from __future__ import annotations

UNTOUCHED = "nothing was sent and nothing withdrawn"
ASKED_AGAIN = "nothing is sent or withdrawn for it, and it is asked again"
NOT_READ = "not read yet"


def alarm(reason: str, done: str = UNTOUCHED) -> str:
    """What is wrong, and what was done about it."""
    return f"{reason}; {done}"


def subject(blog: str, reader: str | None) -> str:
    """Of what it speaks. `reader` is the one that has read the blog so far, None where none has."""
    return f"{blog} ({reader or NOT_READ})"


def shows_nothing() -> str:
    return alarm("the page shows no posts any more, though it had some")


def ids_have_moved() -> str:
    return alarm("the page's ids have moved from one post to another post, so they name places in a list")


def vanished(count: int, where: str = "") -> str:
    """Too many posts are gone at once. Whatever else the page says is relayed as ever."""
    posts = "1 post" if count == 1 else f"{count} posts"
    reason = f"{posts} vanished{where} at once, too many to be believed"
    return alarm(reason, "none of them was withdrawn, all else was relayed")


def read_anew(reason: str, *, sent: int) -> str:
    """Posts had to be found again under another reader's keys, or under other ids."""
    new = "no post was sent as new" if not sent else f"{sent} {'post was' if sent == 1 else 'posts were'} sent as new"
    return alarm(reason, f"{new}, none was taken as withdrawn")


def unread(reason: str) -> str:
    """One poll brought nothing that could be read."""
    return alarm(reason)


def instead(reason: str) -> str:
    """The changes of a blog cannot be had from its API, but the blog can."""
    return alarm(
        f"what changed cannot be asked for: {reason}", "its page was read instead, and all it shows was relayed"
    )


def joined(*said: str | None) -> str | None:
    """Several alarms about one page."""
    return "; ".join(filter(None, said)) or None


def failed(reason: str, url: str) -> str:
    """Polls fail. What was read before one failed has been relayed, so this speaks of the failure alone."""
    return alarm(f"{reason} ({url})", ASKED_AGAIN)
