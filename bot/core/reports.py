"""What the admins hear of what goes wrong: each thing once, however many chats it goes wrong in."""

from __future__ import annotations

WINDOW = 3600.0  # seconds after which the same is news again
AT_MOST = 20  # different reports in one window; whatever is wrong with so many posts, the log has the rest


class Reported:
    """The reports of the last hour. A report names the post and the reason and no chat, so that it stands for all."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}  # oldest first

    def is_news(self, report: str, now: float) -> bool:
        """Whether to tell it (`now` in seconds since 1970); then it is counted as told."""
        self._at = {told: at for told, at in self._at.items() if now - at < WINDOW}
        if report in self._at or len(self._at) >= AT_MOST:
            return False
        self._at[report] = now
        return True
