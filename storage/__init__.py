"""Every SQL statement of the relay, behind one `Store`."""

from storage.afterwards import Sent
from storage.alarms import Telling
from storage.applied import AppliedFile
from storage.audit import Act
from storage.chats import Chat
from storage.claims import Again, Claim, Found
from storage.database import StoreError
from storage.editorials import Editorial
from storage.errands import Errand
from storage.forums import ForumTopic
from storage.held import Fate, Held, Offer
from storage.pruning import Pruned
from storage.pushes import Push
from storage.sqlite import AlreadyRunning, Store, open_store
from storage.states import BlogState
from storage.subscriptions import Subscription
from storage.takedowns import Restored

__all__ = [
    "Act",
    "Again",
    "AlreadyRunning",
    "AppliedFile",
    "BlogState",
    "Chat",
    "Claim",
    "Editorial",
    "Errand",
    "Fate",
    "ForumTopic",
    "Found",
    "Held",
    "Offer",
    "Pruned",
    "Push",
    "Restored",
    "Sent",
    "Store",
    "StoreError",
    "Subscription",
    "Telling",
    "open_store",
]
