"""What is sent: a post of usual length."""

from __future__ import annotations

TEXT = (
    "All ports closed. The harbour wall holds, the ferry does not sail, and the wind has turned to the north again; "
    "the coast guard asks everybody to stay away from the quays until the evening tide has passed. The shelter in the "
    "town hall is open, and buses leave from the market square every half hour."
)
BREAKING = "The shelter moves. Follow the lights to the school on the hill."
MARK = BREAKING[:18].encode()
