"""Every SQL statement of the relay, behind one `Store`."""

from storage.chats import Chat
from storage.claims import Again, Claim, Found
from storage.database import StoreError
from storage.forums import ForumTopic
from storage.pruning import Pruned
from storage.pushes import Push
from storage.sqlite import AlreadyRunning, Store, open_store
from storage.states import BlogState
from storage.subscriptions import Subscription

__all__ = [
    "Again",
    "AlreadyRunning",
    "BlogState",
    "Chat",
    "Claim",
    "ForumTopic",
    "Found",
    "Pruned",
    "Push",
    "Store",
    "StoreError",
    "Subscription",
    "open_store",
]
