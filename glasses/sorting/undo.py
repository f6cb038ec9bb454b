"""A sorted folder -> as it was before, as far as nobody has touched the files since."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from glasses.sorting.log import Entry, Log
from glasses.sorting.transfer import ChangedError, How, hash_of, same_file, transfer


@dataclass(slots=True)
class Undone:
    """What was taken back.

    Attributes:
        count: Files.
        left: Files that were left alone, with the reason.
    """

    count: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)


def undo(log: Log, into: Path, job_id: str) -> Undone:
    """Take back what a job put into a folder, the last first.

    Copies and links go only while their source is there; moved files go back only where nothing
    else is now. What is left alone stays in the log.
    """
    done = Undone()
    kept = [entry for entry in log.entries if entry.job_id != job_id]
    left: list[Entry] = []
    for entry in reversed([e for e in log.entries if e.job_id == job_id]):
        place = into / entry.to
        if not os.path.lexists(place):
            continue  # Never came to be, or taken back by a run that was stopped.
        try:
            problem = _take_back(entry, place)
        except ChangedError:
            problem = "has changed since it was sorted"
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            left.append(entry)
            done.left.append((entry.to, problem))
            continue
        done.count += 1
        _remove_empty(place.parent, into)
    log.keep(kept + left[::-1])
    return done


def _take_back(entry: Entry, place: Path) -> str | None:
    source = Path(entry.source)
    if entry.how is How.SYMLINK:
        if not place.is_symlink() or os.readlink(place) != entry.source:
            return "is no longer the link that was made"
        place.unlink()
        return None
    if place.is_symlink() or (entry.sha256 is not None and hash_of(place) != entry.sha256):
        raise ChangedError
    if entry.how is How.MOVE:
        if os.path.lexists(source):
            if not same_file(source, place):
                return f"something else is at {source} now"
            place.unlink()  # The move was cut short: both names are there.
            return None
        transfer(How.MOVE, place, source, entry.sha256)
        return None
    if not source.is_file():
        return f"{source} is gone, so this is the last one"
    if not same_file(source, place):
        return f"{source} has changed, so this is the last one of its kind"
    place.unlink()
    return None


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return  # Not empty.
        folder = folder.parent
