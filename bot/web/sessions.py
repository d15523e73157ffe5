"""Who has logged in, as a signed cookie: nothing is kept of it, so nothing fills up and a restart ends no session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

LASTS = 7 * 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser. `known`: it gave the password; else it only has a form before it. `until`: seconds since 1970."""

    number: str
    until: float
    known: bool


class Sessions:
    """Begins sessions and knows them again. Whoever has no `secret` can make none; another password ends them all."""

    def __init__(self, secret: str, password: str) -> None:
        self._key = hmac.digest(secret.encode(), password.encode(), hashlib.sha256)

    def begin(self, now: float, *, known: bool) -> Session:
        return Session(number=secrets.token_hex(16), until=float(int(now + LASTS)), known=known)

    def cookie(self, session: Session) -> str:
        said = f"{session.number}.{session.until:.0f}.{session.known:d}"
        return f"{said}.{self._signed('session', said)}"

    def read(self, cookie: str, now: float) -> Session | None:
        """None for what we did not write, and for what has ended."""
        said, _, signature = cookie.rpartition(".")
        if not _same(signature, self._signed("session", said)):
            return None
        number, until, known = said.split(".")
        session = Session(number=number, until=float(until), known=known == "1")
        return session if session.until > now else None

    def token(self, session: Session) -> str:
        """What every form of this session carries, and no other page can know."""
        return self._signed("form", session.number)

    def is_token(self, session: Session, token: str) -> bool:
        return _same(token, self.token(session))

    def _signed(self, purpose: str, said: str) -> str:
        return hmac.new(self._key, f"{purpose}:{said}".encode(), hashlib.sha256).hexdigest()


def _same(given: str, right: str) -> bool:
    """In the same time, however much of it is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def is_password(given: str, right: str) -> bool:
    """In a time that tells nothing of either, not even how long they are."""
    one, other = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, right))
    return hmac.compare_digest(one, other)
