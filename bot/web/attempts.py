"""How often a password may be tried: by one address, and by all of them together. Pure; memory is bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

WITHIN = 15 * 60.0  # seconds
BY_ONE = 8
BY_ALL = 120
ADDRESSES = 1000  # that are remembered; who is forgotten still counts among all


class Attempts:
    """Counts what went wrong. Instants are seconds."""

    def __init__(self, *, by_one: int = BY_ONE, by_all: int = BY_ALL) -> None:
        self._by_one, self._by_all = by_one, by_all
        self._all: deque[float] = deque(maxlen=by_all)
        self._ones: OrderedDict[str, deque[float]] = OrderedDict()
        self._right: OrderedDict[str, None] = OrderedDict()  # who knew it: what others guess keeps nobody of them out

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again; 0 where it may now."""
        network = network_of(address)
        mine = _wait(self._ones.get(network, ()), self._by_one, now)
        return mine if network in self._right else max(mine, _wait(self._all, self._by_all, now))

    def failed(self, address: str, now: float) -> None:
        network = network_of(address)
        mine = self._ones.setdefault(network, deque(maxlen=self._by_one))
        self._ones.move_to_end(network)
        mine.append(now)
        self._all.append(now)
        if len(self._ones) > ADDRESSES:
            self._ones.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Who knows it may mistype it again."""
        network = network_of(address)
        self._ones.pop(network, None)
        self._right[network] = None
        self._right.move_to_end(network)
        if len(self._right) > ADDRESSES:
            self._right.popitem(last=False)


def _wait(failures: Sequence[float], most: int, now: float) -> float:
    if len(failures) < most:
        return 0.0
    return max(0.0, failures[0] + WITHIN - now)


def network_of(address: str) -> str:
    """A household has one address of the older kind, and of the newer 2^64 of them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
    return str(ip)
