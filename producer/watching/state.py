"""The state of a watched folder: its photos, its jobs, and rows not yet in the output file.

SQLite with a rollback journal: WAL needs shared memory, which network shares do not support. The
database is locked while a run has it open, which limits a folder to one run at a time. A killed run
releases the lock.

| table     | one row                                                                     |
|-----------|-----------------------------------------------------------------------------|
| `meta`    | the folder, the number of bytes known to be in the output file, and by      |
|           | which rule verdicts are decided                                             |
| `jobs`    | an active job and its phase                                                 |
| `photos`  | a file as it was last seen, and its job; NULL: its row is written, or it is |
|           | no photo                                                                    |
| `written` | a content of a file whose row is written                                    |
| `outbox`  | bytes that are being appended to the output file                            |

Names are bytes (`os.fsencode`), since file names need not be valid text.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from glasses.errors import UsageError
from producer.watching.output import RowsFile
from producer.watching.quiet_period import Arrived, Signature

_VERSION = 2
_SCHEMA = f"""
CREATE TABLE meta (folder BLOB NOT NULL, length INTEGER NOT NULL, rule TEXT);
CREATE TABLE jobs (job_id TEXT PRIMARY KEY, phase TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE photos (
    image BLOB PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, job_id TEXT
) WITHOUT ROWID;
CREATE INDEX photos_of_job ON photos (job_id) WHERE job_id IS NOT NULL;
CREATE TABLE written (image BLOB, content TEXT, PRIMARY KEY (image, content)) WITHOUT ROWID;
CREATE TABLE outbox (data BLOB NOT NULL);
PRAGMA user_version = {_VERSION};
"""


class Phase(StrEnum):
    """The phase of a job."""

    SENDING = "sending"
    """Being submitted. If a later run finds this, the submission was interrupted and is void."""
    SENT = "sent"
    WRITTEN = "written"
    """Its rows are stored, so the job can be removed."""


@dataclass(frozen=True, slots=True)
class ActiveJob:
    """An active job."""

    job_id: str
    phase: Phase


class WatchState:
    """The database. Every method is atomic.

    Raises (every method):
        UsageError: The database cannot be read or written.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._path = path
        self._database = database

    @classmethod
    @contextmanager
    def opened(cls, path: Path, folder: Path, output: RowsFile) -> Iterator[Self]:
        """Open the state of a folder, and complete an append that a killed run had begun.

        Args:
            path: The database, created if it does not exist.
            folder: Absolute path of the watched folder.
            output: The file of rows.

        Raises:
            UsageError: Another run has locked the database, it belongs to another folder, or
                another program has changed the output file.
        """
        with _errors(path):
            database = sqlite3.connect(path, timeout=1, isolation_level=None)
        state = cls(path, database)
        try:
            with state._errors():
                database.execute("PRAGMA locking_mode = EXCLUSIVE")
            state._initialize(os.fsencode(folder))
            output.check(state.length, len(state._outbox()))
            state.deliver(output)
            yield state
        finally:
            database.close()

    def _initialize(self, folder: bytes) -> None:
        with self._transaction() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute("INSERT INTO meta VALUES (?, 0, NULL)", (folder,))
            elif version != _VERSION:
                raise UsageError(f"{self._path} was written by another version of glasses")
            (known,) = database.execute("SELECT folder FROM meta").fetchone()
            if known != folder:
                raise UsageError(
                    f"{self._path} belongs to the folder {os.fsdecode(known)}: use another output "
                    "file for this one"
                )

    def replace_rule(self, rule: str) -> str | None:
        """Store by which rule verdicts are decided; return the rule of the last run."""
        with self._transaction() as database:
            (last,) = database.execute("SELECT rule FROM meta").fetchone()
            database.execute("UPDATE meta SET rule = ?", (rule,))
        return None if last is None else str(last)

    def is_known(self, image: str, signature: Signature) -> bool:
        """Return whether a file is in a job, or its row is written and it is unchanged."""
        with self._errors():
            found = self._database.execute(
                "SELECT size, modified, changed, job_id FROM photos WHERE image = ?",
                (os.fsencode(image),),
            ).fetchone()
        return found is not None and (found[3] is not None or found[:3] == tuple(signature))

    def contents(self, image: str) -> set[str]:
        """Return the contents of a file whose rows are written."""
        with self._errors():
            found = self._database.execute(
                "SELECT content FROM written WHERE image = ?", (os.fsencode(image),)
            )
            return {content for (content,) in found}

    def mark_processed(self, files: Sequence[Arrived]) -> None:
        """Record files that need no row: their content already has one, or they are no photos."""
        if files:
            with self._transaction():
                self._save_photos(files, None)

    def forget_ignored(self) -> None:
        """Delete the files that need no row since they are no photos: they become new again."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM photos WHERE job_id IS NULL "
                "AND image NOT IN (SELECT image FROM written)"
            )

    def sending(self, job_id: str, photos: Iterable[Arrived]) -> None:
        """Record a job before it is created."""
        with self._transaction() as database:
            database.execute("INSERT INTO jobs VALUES (?, ?)", (job_id, Phase.SENDING))
            self._save_photos(photos, job_id)

    def sent(self, job_id: str) -> None:
        """Record that a job is completely submitted."""
        with self._transaction() as database:
            database.execute("UPDATE jobs SET phase = ? WHERE job_id = ?", (Phase.SENT, job_id))

    def jobs(self) -> list[ActiveJob]:
        """Return the active jobs."""
        with self._errors():
            found = self._database.execute("SELECT job_id, phase FROM jobs").fetchall()
        return [ActiveJob(job_id, Phase(phase)) for job_id, phase in found]

    def photos(self, job_id: str) -> dict[str, Signature]:
        """Return the signatures of a job's files at submission, by name."""
        with self._errors():
            found = self._database.execute(
                "SELECT image, size, modified, changed FROM photos WHERE job_id = ?", (job_id,)
            ).fetchall()
        return {os.fsdecode(image): Signature(*signature) for image, *signature in found}

    def stage(self, job_id: str, data: bytes, judged: Iterable[tuple[str, str]]) -> None:
        """Store a job's rows durably; its photos without a row become new again.

        Args:
            job_id: The job.
            data: The new rows.
            judged: Name and content of each photo that has a row.
        """
        pairs = [(os.fsencode(image), content) for image, content in judged]
        with self._transaction() as database:
            if data:
                database.execute("INSERT INTO outbox VALUES (?)", (data,))
            database.executemany("INSERT OR IGNORE INTO written VALUES (?, ?)", pairs)
            database.executemany(
                "UPDATE photos SET job_id = NULL WHERE image = ?", ((image,) for image, _ in pairs)
            )
            database.execute("DELETE FROM photos WHERE job_id = ?", (job_id,))
            database.execute("UPDATE jobs SET phase = ? WHERE job_id = ?", (Phase.WRITTEN, job_id))

    def deliver(self, output: RowsFile) -> None:
        """Append the staged rows to the file, replacing an incomplete append."""
        data = self._outbox()
        if not data:
            return
        output.append(self.length, data)
        with self._transaction() as database:
            database.execute("DELETE FROM outbox")
            database.execute("UPDATE meta SET length = length + ?", (len(data),))

    def forget(self, job_id: str) -> None:
        """Delete a job; its photos without stored rows become new again."""
        with self._transaction() as database:
            database.execute("DELETE FROM photos WHERE job_id = ?", (job_id,))
            database.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))

    @property
    def length(self) -> int:
        """Return the number of bytes known to be in the output file."""
        with self._errors():
            return int(self._database.execute("SELECT length FROM meta").fetchone()[0])

    def _outbox(self) -> bytes:
        with self._errors():
            return b"".join(data for (data,) in self._database.execute("SELECT data FROM outbox"))

    def _save_photos(self, photos: Iterable[Arrived], job_id: str | None) -> None:
        rows = ((os.fsencode(p.source.image), *p.signature, job_id) for p in photos)
        self._database.executemany("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._errors():
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:
                yield self._database

    def _errors(self) -> AbstractContextManager[None]:
        return _errors(self._path)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise UsageError(f"another run is using {path}: wait until it finishes") from None
        raise UsageError(f"{path} cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
