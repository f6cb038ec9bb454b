"""Journal: the rows of a run in a file beside its output, written as they come.

Each line is a row as in `jsonl`, with one more field, `resume`: the file with the photo, and its
size and modification time before it was read. A run that is killed leaves at most a torn last line.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from glasses.errors import UsageError
from glasses.protocol.outcome import Outcome
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.statuses import PhotoStatus
from glasses.sources.file_version import FileVersion
from producer.pluralize import pluralize

_FIELD = "resume"


class Journal:
    """The rows of interrupted runs and of this one.

    Args:
        path: The file.
        file: The file, open for reading and writing, and locked.

    Attributes:
        path: The file.
        rows: Number of rows in it.
        other_models: Rows of other models, whose photos are classified again.
        failed: Failed rows, whose photos are tried again.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._places: dict[bytes, int] = {}
        self.rows = self.other_models = self.failed = 0

    @classmethod
    @contextmanager
    def open(cls, output: Path, resume: bool) -> Iterator[Journal]:
        """Open or create the journal of an output file. Only one run at a time may have it open.

        Args:
            output: A regular file, or one that does not exist yet.
            resume: Whether to continue an interrupted run; if not, there must be none.

        Raises:
            UsageError: Another run has it open, there is an interrupted run, or the file cannot be
                written.
        """
        path = journal_path(output)
        try:
            file = _open_locked(path)
        except BlockingIOError:
            raise UsageError(f"another `glasses classify` is writing {output} now") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
        with file:
            journal = cls(path, file)
            journal.rows = sum(1 for _ in journal._lines())
            if journal.rows and not resume:
                raise UsageError(
                    f"{output}: an earlier run was interrupted, and {path} has its "
                    f"{pluralize(journal.rows, 'row')}: continue it with --resume, or delete that "
                    "file to start again"
                )
            try:
                yield journal
            finally:
                if not os.fstat(file.fileno()).st_size:
                    journal.delete()

    def load(self, model: str) -> None:
        """Find the rows that can be used again, and drop a torn last line.

        Raises:
            UsageError: Something else wrote the file.
        """
        contents: dict[bytes, tuple[str | None, str | None]] = {}
        doubtful, failed = set(), set()
        end = 0
        for offset, line in self._lines():
            end = offset + len(line)
            try:
                values = json.loads(line)
                key = _key(values[_FIELD]["file"], values[_FIELD]["version"])
                is_other = values["model"] != model
                status, content = values["status"], (values["sha256"], values["reason"])
            except (ValueError, LookupError, TypeError):
                if not offset:
                    raise UsageError(
                        f"{self.path} has no rows of `glasses classify`: move it away"
                    ) from None
                continue
            if is_other:
                self.other_models += 1
                continue
            if status == PhotoStatus.FAILED:
                failed.add(key)
                self._places.pop(key, None)
            else:
                failed.discard(key)
                self._places[key] = offset
            # An archive may have several members of the same name.
            if contents.setdefault(key, content) != content and values[_FIELD]["is_member"]:
                doubtful.add(key)
        for key in doubtful:
            self._places.pop(key, None)
        self.failed = len(failed)
        self.rows = len(contents) + self.other_models
        self._file.truncate(end)

    def find(self, file: str, version: FileVersion | None) -> int | None:
        """Return the place of the row of an unchanged photo; None if it has to be classified."""
        return None if version is None else self._places.get(_key(file, version))

    def read(self, place: int) -> tuple[str | None, int | None, Outcome]:
        """Return the hash, the size and the outcome of a photo."""
        self._file.seek(place)
        values = json.loads(self._file.readline())
        outcome = Outcome.model_validate({name: values[name] for name in Outcome.model_fields})
        return values["sha256"], values[_FIELD]["size"], outcome

    def write(self, file: str, version: FileVersion | None, photo: PhotoResult) -> None:
        """Append the row of a photo.

        Raises:
            UsageError: The disk is full.
        """
        values: dict[str, Any] = photo.verdict.model_dump(mode="json")
        is_member = photo.entry.origin is not None
        values[_FIELD] = {
            "file": file, "version": version, "size": photo.entry.size, "is_member": is_member,
        }  # fmt: skip
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(json.dumps(values).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None
        self.rows += 1

    def delete(self) -> None:
        """Delete the file: its rows are in the output, or there are none."""
        self.path.unlink(missing_ok=True)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the complete lines, each with its place."""
        self._file.seek(0)
        offset = 0
        for line in self._file:
            if line.endswith(b"\n"):
                yield offset, line
            offset += len(line)


def journal_path(output: Path) -> Path:
    """Return the path of an output file's journal: a hidden file beside it."""
    target = output.resolve()
    return target.with_name(f".{target.name}.partial")


def _open_locked(path: Path) -> BinaryIO:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):  # a run that has just ended deleted it
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return os.fdopen(descriptor, "r+b")
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _key(file: str, version: FileVersion | list[int] | None) -> bytes:
    size, modified = version or (None, None)
    return blake2b(f"{size} {modified} ".encode() + os.fsencode(file), digest_size=16).digest()
