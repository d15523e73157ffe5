"""Every SQL statement of the relay, behind one `Store`."""

from storage.blogs import BlogState
from storage.chats import Chat, Subscription
from storage.deliveries import Claim
from storage.pushes import Push
from storage.sqlite import AlreadyRunning, Store, StoreError, open_store

__all__ = ["AlreadyRunning", "BlogState", "Chat", "Claim", "Push", "Store", "StoreError", "Subscription", "open_store"]
