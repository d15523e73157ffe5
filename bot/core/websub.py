"""Being told by a hub: what a lease is, when it is renewed, and which deliveries are the hub's. Pure.

W3C Recommendation "WebSub" of 2018-01-23; sections are named where a rule comes from one.
"""

from __future__ import annotations

import hmac
import zlib
from dataclasses import dataclass, field
from enum import StrEnum

ASKED_SECONDS = 864_000  # ten days, what the Recommendation suggests to hubs (8.2)
LONGEST_LEASE = 30 * 86_400.0  # seconds; a hub that grants more is asked again all the same
RENEWED_AFTER = 0.8  # of a lease: what is left is for trying again
RENEWED_AT_MOST = 60.0  # seconds between renewals, however short the leases: each asks the page and the hub
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 6 * 3600.0  # seconds between attempts, doubling
PATIENCE = 3  # attempts to unsubscribe; the lease ends by itself
METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})  # section 7.1


class LeaseState(StrEnum):
    ASKED = "asked"  # the hub has not verified it yet
    LIVE = "live"  # verified; it may have run out since
    DENIED = "denied"
    LEAVING = "leaving"  # we asked the hub to end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One topic at one hub, for one page of a blog. Instants are seconds since 1970."""

    callback: str  # the part of our address that nobody can guess
    address: str = field(repr=False)  # where the hub reaches us
    blog: str
    page: str  # the address that is polled
    topic: str
    hub: str
    secret: str = field(repr=False)
    state: LeaseState = LeaseState.ASKED
    until: float | None = None  # None: not verified
    next_at: float  # when to do something about it
    failures: int = 0  # attempts since the hub last did what we asked

    def is_live(self, now: float) -> bool:
        return self.state is LeaseState.LIVE and self.until is not None and self.until > now

    def expects(self, mode: str, topic: str) -> bool:
        """Whether we want what the hub asks us to confirm (5.3): else the challenge is not echoed."""
        if topic != self.topic:
            return False
        return mode == ("unsubscribe" if self.state is LeaseState.LEAVING else "subscribe")


def granted(seconds: str | None) -> float:
    """How long the lease is that the hub names when it verifies; what we asked for where it names none."""
    if seconds is None or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 18:
        return float(ASKED_SECONDS)
    return min(max(float(seconds), 1.0), LONGEST_LEASE)


def renewal(seconds: float) -> float:
    """How long after a grant the lease is renewed."""
    return max(seconds * RENEWED_AFTER, RENEWED_AT_MOST)


def pause(failures: int) -> float:
    """Seconds until the next attempt, after so many in a row that brought nothing."""
    return min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE)


def is_signed(secret: str, body: bytes, signature: str | None) -> bool:
    """Whether X-Hub-Signature ("sha256=…", 7.1) was made with our secret of exactly this body. In constant time."""
    method, _, digest = (signature or "").strip().partition("=")
    if method.lower() not in METHODS:
        return False
    own = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(own.encode(), digest.strip().lower().encode("utf-8", "replace"))


def unpacked(body: bytes, most: int) -> bytes:
    """What a hub sent, unpacked where it is packed; nothing where it is broken or would be more than `most` bytes.

    By the bytes alone: hubs pass on the page's headers, also "Content-Encoding: gzip" of a body they have unpacked.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(body, most)
    except zlib.error:
        return b""
    return plain if unpack.eof else b""
