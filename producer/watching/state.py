"""What a watched folder's runs remember: photos, jobs, rows on their way into the file.

SQLite with its plain journal: WAL needs memory that processes share, which a network share does not
give. The database is locked for as long as a run has it open, so there is one run at a time, and a
run that is killed frees it.

| table     | a row says                                                                 |
|-----------|----------------------------------------------------------------------------|
| `meta`    | the folder; how many bytes of rows the file has for sure                   |
| `jobs`    | a job of ours that stands, and how far it is                               |
| `photos`  | a file as it was last sent, and the job it is in; NULL: its row is written |
| `written` | a content of a file that has its row                                       |
| `outbox`  | bytes that are being appended to the file                                  |

Names are bytes (`os.fsencode`): file names need not be text.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from glasses.errors import UsageError
from glasses.watching.output import Output
from glasses.watching.settling import Arrived, Signature

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE meta (folder BLOB NOT NULL, length INTEGER NOT NULL);
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
    """How far a job is."""

    SENDING = "sending"
    """Found by a later run, it was cut short: nothing counts of it."""
    SENT = "sent"
    WRITTEN = "written"
    """Its rows are certain: it may go."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A job that stands."""

    job_id: str
    phase: Phase


class State:
    """The database. Every method is one step: it is done, or nothing is.

    Raises (every method):
        UsageError: It cannot be read or written.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._path = path
        self._database = database

    @classmethod
    @contextmanager
    def opened(cls, path: Path, folder: Path, output: Output) -> Iterator[Self]:
        """The state of a folder and its file; what a killed run was appending is appended.

        Args:
            path: Of the database; it is made if need be.
            folder: The watched one, absolute.
            output: The file.

        Raises:
            UsageError: Another run has it, it is of another folder, or the file is not the one that
                rows were written to.
        """
        with _errors(path):
            database = sqlite3.connect(path, timeout=1, isolation_level=None)
        state = cls(path, database)
        try:
            with state._errors():
                database.execute("PRAGMA locking_mode = EXCLUSIVE")
            state._begin(os.fsencode(folder))
            output.check(state.length, len(state._outbox()))
            state.deliver(output)
            yield state
        finally:
            database.close()

    def _begin(self, folder: bytes) -> None:
        with self._step() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute("INSERT INTO meta VALUES (?, 0)", (folder,))
            elif version != _VERSION:
                raise UsageError(f"{self._path} is of another version of this program")
            (known,) = database.execute("SELECT folder FROM meta").fetchone()
            if known != folder:
                raise UsageError(
                    f"{self._path} is of the folder {os.fsdecode(known)}: name another output "
                    "file for this one"
                )

    def knows(self, image: str, signature: Signature) -> bool:
        """Whether a file as it is has its row, or is in a job, whatever it is by now."""
        with self._errors():
            found = self._database.execute(
                "SELECT size, modified, changed, job_id FROM photos WHERE image = ?",
                (os.fsencode(image),),
            ).fetchone()
        return found is not None and (found[3] is not None or found[:3] == tuple(signature))

    def contents(self, image: str) -> set[str]:
        """Contents of a file that have their rows."""
        with self._errors():
            found = self._database.execute(
                "SELECT content FROM written WHERE image = ?", (os.fsencode(image),)
            )
            return {content for (content,) in found}

    def pass_over(self, photo: Arrived) -> None:
        """Remember a file that has changed back, or only its times: it has its row."""
        with self._step():
            self._remember([photo], None)

    def sending(self, job_id: str, photos: Iterable[Arrived]) -> None:
        """Note a job before there is one."""
        with self._step() as database:
            database.execute("INSERT INTO jobs VALUES (?, ?)", (job_id, Phase.SENDING))
            self._remember(photos, job_id)

    def sent(self, job_id: str) -> None:
        """Note that a job has all its photos."""
        with self._step() as database:
            database.execute("UPDATE jobs SET phase = ? WHERE job_id = ?", (Phase.SENT, job_id))

    def jobs(self) -> list[Sent]:
        """The jobs that stand."""
        with self._errors():
            found = self._database.execute("SELECT job_id, phase FROM jobs").fetchall()
        return [Sent(job_id, Phase(phase)) for job_id, phase in found]

    def photos(self, job_id: str) -> dict[str, Signature]:
        """A job's files as they were when it was sent, by name."""
        with self._errors():
            found = self._database.execute(
                "SELECT image, size, modified, changed FROM photos WHERE job_id = ?", (job_id,)
            ).fetchall()
        return {os.fsdecode(image): Signature(*signature) for image, *signature in found}

    def stage(self, job_id: str, data: bytes, judged: Iterable[tuple[str, str]]) -> None:
        """From now on a job's rows are certain; its photos that got none are new again.

        Args:
            job_id: The job.
            data: The rows that are new.
            judged: Name and content of each of its photos that has a row now.
        """
        pairs = [(os.fsencode(image), content) for image, content in judged]
        with self._step() as database:
            if data:
                database.execute("INSERT INTO outbox VALUES (?)", (data,))
            database.executemany("INSERT OR IGNORE INTO written VALUES (?, ?)", pairs)
            database.executemany(
                "UPDATE photos SET job_id = NULL WHERE image = ?", ((image,) for image, _ in pairs)
            )
            database.execute("DELETE FROM photos WHERE job_id = ?", (job_id,))
            database.execute("UPDATE jobs SET phase = ? WHERE job_id = ?", (Phase.WRITTEN, job_id))

    def deliver(self, output: Output) -> None:
        """Append what is staged to the file; a part of it that is there already is replaced."""
        data = self._outbox()
        if not data:
            return
        output.append(self.length, data)
        with self._step() as database:
            database.execute("DELETE FROM outbox")
            database.execute("UPDATE meta SET length = length + ?", (len(data),))

    def forget(self, job_id: str) -> None:
        """Note that a job is gone; its photos, if their rows are not certain, are new again."""
        with self._step() as database:
            database.execute("DELETE FROM photos WHERE job_id = ?", (job_id,))
            database.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))

    @property
    def length(self) -> int:
        """Bytes of rows that the file has for sure."""
        with self._errors():
            return int(self._database.execute("SELECT length FROM meta").fetchone()[0])

    def _outbox(self) -> bytes:
        with self._errors():
            return b"".join(data for (data,) in self._database.execute("SELECT data FROM outbox"))

    def _remember(self, photos: Iterable[Arrived], job_id: str | None) -> None:
        rows = ((os.fsencode(p.source.image), *p.signature, job_id) for p in photos)
        self._database.executemany("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _step(self) -> Iterator[sqlite3.Connection]:
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
            raise UsageError(f"another run is using {path}: wait for its end") from None
        raise UsageError(f"{path} cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
