"""Every SQL statement of the relay, behind one `Store`."""

from storage.afterwards import Sent
from storage.alarms import Telling
from storage.applied import AppliedFile
from storage.audit import Act
from storage.backups import Backup, back_up, thin_backups
from storage.chats import Chat
from storage.claims import Again, Claim, Found
from storage.editorials import Editorial
from storage.errands import Errand
from storage.errors import Overtaken, StoreError
from storage.forums import ForumTopic
from storage.held import Fate, Held, Offer
from storage.moving_in import Seen
from storage.opening import is_shared, open_store
from storage.places import beside, of_bot
from storage.pruning import Pruned
from storage.pushes import Push
from storage.restoring import PutBack, put_all_back, put_back
from storage.returning import Returned
from storage.sqlite import AlreadyRunning, path_of
from storage.states import BlogState
from storage.store import Store
from storage.subscriptions import Subscription
from storage.takedowns import Restored
from storage.turns import Outset

__all__ = [
    "Act",
    "Again",
    "AlreadyRunning",
    "AppliedFile",
    "Backup",
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
    "Outset",
    "Overtaken",
    "Pruned",
    "Push",
    "PutBack",
    "Restored",
    "Returned",
    "Seen",
    "Sent",
    "Store",
    "StoreError",
    "Subscription",
    "Telling",
    "back_up",
    "beside",
    "is_shared",
    "of_bot",
    "open_store",
    "path_of",
    "put_all_back",
    "put_back",
    "thin_backups",
]
