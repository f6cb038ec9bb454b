"""Watches a folder: what is to be done next, again and again, until it is told to stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glasses.chunks import FIRST_PHOTOS
from glasses.client import Client, Job
from glasses.errors import InfrastructureError, UsageError
from glasses.examine import examine
from glasses.folders import is_within
from glasses.judged import Judged
from glasses.object_store import job_prefix
from glasses.patience import Tell
from glasses.schemas import ManifestEntry
from glasses.sources.file import FilePhoto
from glasses.statuses import TERMINAL_JOB_STATES, FailureReason
from glasses.verdict import FaceChoice, Verdict
from glasses.watching.output import Output
from glasses.watching.settling import Arrived, How, Settling, Signature
from glasses.watching.state import Phase, State

BATCH = FIRST_PHOTOS
"""Photos in a job: all of them go ahead of bulk jobs' later ones."""
MOST_JOBS = 4
"""At a time: one is judged while others are uploaded or written."""
_POLL_SECONDS = 0.2
_BLOCKAGE_SECONDS = 3.0
_OUTAGE_PAUSE_SECONDS = 5.0
_MAY_PASS = frozenset({FailureReason.CHANGED, FailureReason.UNREADABLE})
"""Failures of a file that was being changed or removed while it was read."""
_NOT_READ = _MAY_PASS | {FailureReason.VANISHED, FailureReason.OUT_OF_REACH}
"""Failures that say nothing of what was hashed: it may get another row."""


@dataclass(slots=True)
class Written:
    """Rows: how many, and of which kind."""

    rows: int = 0
    with_glasses: int = 0
    failed: int = 0

    def add(self, rows: Sequence[Verdict]) -> None:
        """Count some more."""
        self.rows += len(rows)
        self.with_glasses += sum(row.glasses for row in rows)
        self.failed += sum(row.reason is not None for row in rows)

    @classmethod
    def of(cls, rows: Sequence[Verdict]) -> Written:
        """Count some."""
        written = cls()
        written.add(rows)
        return written


@dataclass(slots=True)
class Watcher:
    """Sends what arrives in a folder, and writes its rows.

    Attributes:
        client: Of the servers.
        how: What is watched.
        state: What earlier runs have done.
        output: The file of rows.
        encode: Rows -> bytes for the file; the second argument says whether they are its first.
        interval: From one look into the folder to the next, s.
        threshold: See `Client.submit`.
        faces: Likewise.
        tell: Called with what went wrong and is waited for.
        on_rows: Called with the rows that have just been written.
        in_place: See `Client.submit`.
        written: What this run has written.
    """

    client: Client
    how: How
    state: State
    output: Output
    encode: Callable[[Sequence[Verdict], bool], bytes]
    interval: float
    threshold: float | None
    faces: FaceChoice
    tell: Tell
    on_rows: Callable[[Sequence[Verdict]], None] = lambda _rows: None
    in_place: bool = False
    written: Written = field(default_factory=Written)
    _settling: Settling = field(init=False)
    _next_look: float = 0.0
    _nothing_new: bool = False
    _next_check: float = 0.0
    _told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settling = Settling(self.how, self.state.knows)

    def run(self, once: bool) -> None:
        """Watch; return when all that was there is written, if `once`.

        The servers must be there at first. A later outage is waited for, however long it is, unless
        this is to end.

        Raises:
            UsageError: The folder cannot be read at first, or the file cannot be written.
            InfrastructureError: See above; a later run goes on.
        """
        self.client.check()
        while True:
            pause = _POLL_SECONDS
            try:
                busy = self._turn(once)
                self._tell_once("servers", "")
                if not busy:
                    if once and self._nothing_new and self._settling.is_done:
                        return
                    pause = max(pause, self._next_look - time.monotonic())
            except InfrastructureError as error:
                if once:
                    raise
                self._tell_once("servers", f"{error} Trying again for as long as it takes.")
                pause = _OUTAGE_PAUSE_SECONDS
            time.sleep(pause)

    @property
    def unsettled(self) -> int:
        """Files that have not settled yet."""
        return self._settling.unsettled

    @property
    def open_photos(self) -> int:
        """Photos that are in jobs, without a row."""
        return sum(len(self.state.photos(sent.job_id)) for sent in self.state.jobs())

    def _turn(self, once: bool) -> bool:
        """Do what there is to do; whether something goes on."""
        for sent in self.state.jobs():
            self._go_on(Job(self.client, sent.job_id), sent.phase)
        if not self._settling.ready and time.monotonic() >= self._next_look:
            self._look(once)
        if self._settling.ready and self._may_send(once):
            while self._settling.ready and len(self.state.jobs()) < MOST_JOBS:
                self._send()
        return bool(self._settling.ready or self.state.jobs())

    def _look(self, once: bool) -> None:
        try:
            self._settling.look(time.monotonic())
            self._tell_once("folder", "")
        except UsageError as error:
            if once or not self._next_look:
                raise
            self._tell_once("folder", f"{error}. Trying again for as long as it takes.")
        self._nothing_new = not self._settling.ready
        interval = self.interval
        if once or self.unsettled:
            interval = min(interval, self.how.settle_seconds)
        self._next_look = time.monotonic() + interval

    def _may_send(self, once: bool) -> bool:
        """Whether every worker reads what is left in place; a new one may not."""
        if self.in_place:
            try:
                self.client.check_in_place([str(self.how.folder)])
            except UsageError as error:
                if once:
                    raise
                self._tell_once("reach", f"{error}. Waiting for that.")
                return False
        self._tell_once("reach", "")
        return True

    def _send(self) -> None:
        photos: list[Arrived] = []
        while self._settling.ready and len(photos) < BATCH:
            photo = self._settling.ready.popleft()
            if Signature.of(photo.source.path) != photo.signature:
                continue  # the next look will see
            if self._has_its_row(photo):
                self.state.pass_over(photo)
            else:
                photos.append(photo)
        if not photos:
            return
        job_id = self.client.new_job_id()
        self.state.sending(job_id, photos)
        self.client.submit_photos(
            (FilePhoto(photo.source, self.in_place) for photo in photos),
            name=str(self.how.folder),
            job_id=job_id,
            threshold=self.threshold,
            faces=self.faces,
        )
        self.state.sent(job_id)

    def _has_its_row(self, photo: Arrived) -> bool:
        had = self.state.contents(photo.source.image)
        limit = self.client.settings.max_file_mb << 20
        return bool(had) and _content(examine(photo.source, limit)) in had

    def _go_on(self, job: Job, phase: Phase) -> None:
        if phase is Phase.SENT and not self._write(job):
            return
        # Written down, or cut short while it was sent: then its photos are new again.
        self._remove(job)
        self.state.forget(job.id)

    def _write(self, job: Job) -> bool:
        """Write a job's rows; False if it has not ended."""
        try:
            if job.status().state not in TERMINAL_JOB_STATES:
                self._say_what_it_waits_for(job)
                return False
            judged = list(job.judged())
        except UsageError:
            self.tell(f"job {job.id} is gone from the servers: its photos are sent again")
            return True
        sent = self.state.photos(job.id)
        folder = str(self.how.folder)
        judged = [photo for photo in judged if not _passed(photo, sent, folder)]
        contents = [_content(photo.entry, photo.verdict.reason) for photo in judged]
        rows = [
            photo.verdict
            for photo, content in zip(judged, contents, strict=True)
            if content not in self.state.contents(photo.entry.image)
        ]
        data = self.encode(rows, self.state.length == 0) if rows else b""
        images = [photo.entry.image for photo in judged]
        pairs = zip(images, contents, strict=True)
        self.state.stage(job.id, data, pairs)
        self.state.deliver(self.output)
        self.written.add(rows)
        if rows:
            self.on_rows(rows)
        return True

    def _remove(self, job: Job) -> None:
        try:
            job.remove()
        except UsageError:  # Redis does not know it (any more); the object store may
            self.client.store.delete(self.client.store.keys(job_prefix(job.id)))

    def _say_what_it_waits_for(self, job: Job) -> None:
        if time.monotonic() >= self._next_check:
            if self._next_check:
                self._tell_once("workers", job.blockage(job.status()) or "")
            self._next_check = time.monotonic() + _BLOCKAGE_SECONDS

    def _tell_once(self, topic: str, text: str) -> None:
        if text and text != self._told.get(topic):
            self.tell(text)
        self._told[topic] = text


def _passed(photo: Judged, sent: dict[str, Signature], folder: str) -> bool:
    """Whether a photo failed for what may be over by now, so that it is new again.

    It was being changed or removed; or a worker took it that does not read here.
    """
    entry, reason = photo.entry, photo.verdict.reason
    if entry.path is None:
        return False
    if reason is FailureReason.OUT_OF_REACH:  # of links that lead elsewhere it will not be over
        return is_within(os.path.realpath(entry.path), folder)
    if reason in _MAY_PASS or (entry.in_place and reason is FailureReason.VANISHED):
        return Signature.of(Path(entry.path)) != sent.get(entry.image)
    return False


def _content(entry: ManifestEntry, reason: FailureReason | None = None) -> str:
    """What a file held; of what was not read to its end, or not by a worker, what is known of it.

    Args:
        entry: The file.
        reason: For which a worker failed it.
    """
    if entry.in_place and reason in _NOT_READ:
        return f"{reason}:{entry.size}"
    return entry.sha256 or f"{entry.reason}:{entry.size}"
