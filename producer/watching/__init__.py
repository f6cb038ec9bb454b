"""Watch a folder: each photo that arrives gets exactly one row in a file.

found -> settled -> submitted in a small job -> classified -> row in the outbox -> row in the file
-> job removed. Each step is recorded in a small database next to the file (`state`), so a run can
be killed at any point and the next one continues.

The folder is polled. Notification APIs such as inotify do not report what other machines write to a
network share, and lose events when many files arrive at once. A scan costs one `stat` and one
database lookup per file.
"""

from producer.watching.output import RowsFile
from producer.watching.quiet_period import WatchConfig
from producer.watching.state import WatchState
from producer.watching.watcher import Watcher, WatchSummary

__all__ = ["RowsFile", "WatchConfig", "WatchState", "WatchSummary", "Watcher"]
