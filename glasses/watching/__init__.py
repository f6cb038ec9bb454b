"""A folder that is watched: each photo that arrives gets exactly one row in a file.

found -> settled -> sent as a small job -> judged -> row in the outbox -> row in the file -> job
removed. Every arrow is written down in a small database beside the file (`state`) before or after
it, so that a run may be killed anywhere and the next one goes on.

The folder is looked through again and again, not listened to: inotify and its like say nothing of
what other machines write to a network share, and lose events when many files come at once. A look
costs one `stat` and one look into the database a file.
"""

from glasses.watching.output import Output
from glasses.watching.settling import How
from glasses.watching.state import State
from glasses.watching.watcher import Watcher, Written

__all__ = ["How", "Output", "State", "Watcher", "Written"]
