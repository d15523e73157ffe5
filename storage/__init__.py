"""Every SQL statement of the relay, behind one `Store`."""

from storage.chats import Chat
from storage.claims import Claim
from storage.database import StoreError
from storage.pruning import Pruned
from storage.pushes import Push
from storage.sqlite import AlreadyRunning, Store, open_store
from storage.states import BlogState
from storage.subscriptions import Subscription

__all__ = [
    "AlreadyRunning",
    "BlogState",
    "Chat",
    "Claim",
    "Pruned",
    "Push",
    "Store",
    "StoreError",
    "Subscription",
    "open_store",
]
