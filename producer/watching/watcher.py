"""The loop of `glasses watch-folder`: scan, submit, write rows, until interrupted."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from glasses.client import Client, Job, SubmitOptions
from glasses.config.read_folders import is_within
from glasses.config.retry import Notify
from glasses.errors import InfrastructureError, UsageError
from glasses.jobs.chunks import FIRST_PHOTOS
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import ManifestEntry
from glasses.protocol.statuses import TERMINAL_JOB_STATES, FailureReason
from glasses.protocol.verdict import FaceChoice, Verdict
from glasses.sources.file import FilePhoto
from glasses.sources.hashing import hash_file
from glasses.sources.left_out import LeftOut, may_be_photo
from producer.watching.output import RowsFile
from producer.watching.quiet_period import Arrived, QuietPeriod, Signature, WatchConfig
from producer.watching.state import Phase, WatchState

BATCH = FIRST_PHOTOS
"""Photos per job: few enough to overtake the later chunks of bulk jobs."""
MAX_JOBS = 4
"""Concurrent jobs: one is classified while others are uploaded or written."""
_POLL_SECONDS = 0.2
_STALL_CHECK_SECONDS = 3.0
_OUTAGE_PAUSE_SECONDS = 5.0
_TRANSIENT = frozenset({FailureReason.CHANGED, FailureReason.UNREADABLE})
"""Failures of a file that was being changed or removed while it was read."""
_NOT_READ = _TRANSIENT | {FailureReason.VANISHED, FailureReason.OUT_OF_REACH}
"""Failures for which the hashed content was not classified, so it can get another row."""

_LOST = frozenset({FailureReason.UNREADABLE_OBJECT, FailureReason.VANISHED, FailureReason.CHANGED})
"""Failures of the uploaded copy of a photo, which another upload replaces."""


@dataclass(slots=True)
class WatchSummary:
    """Counts of written rows."""

    rows: int = 0
    with_glasses: int = 0
    failed: int = 0

    def add(self, rows: Sequence[Verdict]) -> None:
        """Add rows to the counts."""
        self.rows += len(rows)
        self.with_glasses += sum(row.glasses for row in rows)
        self.failed += sum(row.reason is not None for row in rows)

    @classmethod
    def of(cls, rows: Sequence[Verdict]) -> WatchSummary:
        """Return the counts of rows."""
        summary = cls()
        summary.add(rows)
        return summary


@dataclass(slots=True)
class Watcher:
    """Submit the photos that arrive in a folder, and write their rows.

    Attributes:
        client: Client of the servers.
        how: Which files to process.
        state: State of earlier runs.
        output: The file of rows.
        encode: Rows -> bytes for the file; the second argument says whether the file is empty.
        interval: Time between scans of the folder in s.
        threshold: See `Client.submit`.
        faces: Likewise.
        notify: Called with a message when a problem delays the work.
        on_rows: Called with the rows just written.
        in_place: See `Client.submit`.
        strict: Likewise.
        on_ignored: Called with the files that were just found to be no photos, by kind.
        written: Counts of the rows written by this run.
    """

    client: Client
    how: WatchConfig
    state: WatchState
    output: RowsFile
    encode: Callable[[Sequence[Verdict], bool], bytes]
    interval: float
    threshold: float | None
    faces: FaceChoice
    notify: Notify
    on_rows: Callable[[Sequence[Verdict]], None] = lambda _rows: None
    in_place: bool = False
    strict: bool = False
    on_ignored: Callable[[Counter[str]], None] = lambda _ignored: None
    written: WatchSummary = field(default_factory=WatchSummary)
    _settling: QuietPeriod = field(init=False)
    _uploaded_again: set[tuple[str, str | None]] = field(default_factory=set)
    _next_scan: float = 0.0
    _nothing_new: bool = False
    _next_stall_check: float = 0.0
    _messages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settling = QuietPeriod(self.how, self.state.is_known)
        if self.strict:
            self.state.forget_ignored()

    def run(self, once: bool) -> None:
        """Watch the folder until interrupted, or with `once` until its present photos are done.

        Wait for the end of an outage, except at the start and with `once`.

        Raises:
            UsageError: The folder cannot be read at the start, or the file cannot be written.
            InfrastructureError: The servers are unavailable at the start or with `once`. A later
                run continues.
        """
        self.client.check()
        while True:
            pause = _POLL_SECONDS
            try:
                busy = self._step(once)
                self._notify_once("servers", "")
                if not busy:
                    if once and self._nothing_new and self._settling.is_done:
                        return
                    pause = max(pause, self._next_scan - time.monotonic())
            except InfrastructureError as error:
                if once:
                    raise
                self._notify_once("servers", f"{error} Retrying until it succeeds.")
                pause = _OUTAGE_PAUSE_SECONDS
            time.sleep(pause)

    @property
    def unsettled(self) -> int:
        """Return the number of files still in their quiet period."""
        return self._settling.unsettled

    @property
    def open_photos(self) -> int:
        """Return the number of submitted photos without a row."""
        return sum(len(self.state.photos(sent.job_id)) for sent in self.state.jobs())

    def _step(self, once: bool) -> bool:
        """Advance jobs, scan and submit; return whether work remains."""
        for sent in self.state.jobs():
            self._advance(Job(self.client, sent.job_id), sent.phase)
        if not self._settling.ready and time.monotonic() >= self._next_scan:
            self._scan(once)
        if self._settling.ready and self._can_submit(once):
            while self._settling.ready and len(self.state.jobs()) < MAX_JOBS:
                self._submit()
        return bool(self._settling.ready or self.state.jobs())

    def _scan(self, once: bool) -> None:
        try:
            self._settling.scan(time.monotonic())
            self._notify_once("folder", "")
        except UsageError as error:
            if once or not self._next_scan:
                raise
            self._notify_once("folder", f"{error}. Retrying until it succeeds.")
        self._nothing_new = not self._settling.ready
        interval = self.interval
        if once or self.unsettled:
            interval = min(interval, self.how.settle_seconds)
        self._next_scan = time.monotonic() + interval

    def _can_submit(self, once: bool) -> bool:
        """Return whether every worker can read photos in place: a new one may not."""
        if self.in_place:
            try:
                self.client.check_in_place([str(self.how.folder)])
            except UsageError as error:
                if once:
                    raise
                self._notify_once("read_folders", f"{error}. Waiting for that.")
                return False
        self._notify_once("read_folders", "")
        return True

    def _submit(self) -> None:
        photos: list[Arrived] = []
        without_row: list[Arrived] = []
        ignored = LeftOut()
        while self._settling.ready and len(photos) < BATCH:
            photo = self._settling.ready.popleft()
            file = FilePhoto(photo.source, self.in_place)
            is_ignored = not (self.strict or may_be_photo(file))
            if Signature.of(photo.source.path) != photo.signature:
                continue  # the next scan finds it again
            if is_ignored:
                ignored.ignore(file)
            if is_ignored or self._has_row(photo):
                without_row.append(photo)
            else:
                photos.append(photo)
        self.state.mark_processed(without_row)
        if ignored.ignored:
            self.on_ignored(ignored.ignored)
        if not photos:
            return
        job_id = self.client.new_job_id()
        self.state.sending(job_id, photos)
        self.client.submit_photos(
            (FilePhoto(photo.source, self.in_place) for photo in photos),
            SubmitOptions(
                name=str(self.how.folder),
                job_id=job_id,
                threshold=self.threshold,
                faces=self.faces,
            ),
        )
        self.state.sent(job_id)

    def _has_row(self, photo: Arrived) -> bool:
        written = self.state.contents(photo.source.image)
        limit = self.client.settings.max_file_mb << 20
        return bool(written) and _content(hash_file(photo.source, limit)) in written

    def _advance(self, job: Job, phase: Phase) -> None:
        if phase is Phase.SENT and not self._write(job):
            return
        # Its rows are stored, or its submission was interrupted: then its photos are new again.
        self._remove(job)
        self.state.forget(job.id)

    def _write(self, job: Job) -> bool:
        """Write a job's rows; return False if it has not finished."""
        try:
            if job.status().state not in TERMINAL_JOB_STATES:
                self._check_stall(job)
                return False
            results = list(job.photo_results())
        except UsageError:
            self.notify(f"job {job.id} is missing on the servers: its photos are submitted again")
            return True
        submitted = self.state.photos(job.id)
        folder = str(self.how.folder)
        final = [photo for photo in results if not _is_transient(photo, submitted, folder)]
        lost = [photo for photo in final if self._is_lost(photo)]
        final = [photo for photo in final if photo not in lost]
        contents = [_content(photo.entry, photo.verdict.reason) for photo in final]
        rows = [
            photo.verdict
            for photo, content in zip(final, contents, strict=True)
            if content not in self.state.contents(photo.entry.image)
        ]
        data = self.encode(rows, self.state.length == 0) if rows else b""
        images = [photo.entry.image for photo in final]
        pairs = zip(images, contents, strict=True)
        self.state.stage(job.id, data, pairs)
        self.state.deliver(self.output)
        for photo in lost:
            self._uploaded_again.add((photo.entry.image, photo.entry.sha256))
            self.notify(
                f"{photo.entry.image}: uploaded again after it failed as {photo.verdict.reason}"
            )
        self.written.add(rows)
        if rows:
            self.on_rows(rows)
        return True

    def _is_lost(self, photo: PhotoResult) -> bool:
        """Return whether the uploaded copy of a photo is broken for the first time in this run."""
        entry = photo.entry
        is_copy = entry.sha256 is not None and not entry.in_place
        is_first = (entry.image, entry.sha256) not in self._uploaded_again
        return is_copy and is_first and photo.verdict.reason in _LOST

    def _remove(self, job: Job) -> None:
        with suppress(UsageError):  # it has already expired
            job.remove()

    def _check_stall(self, job: Job) -> None:
        if time.monotonic() >= self._next_stall_check:
            if self._next_stall_check:
                self._notify_once("workers", job.stall_reason(job.status()) or "")
            self._next_stall_check = time.monotonic() + _STALL_CHECK_SECONDS

    def _notify_once(self, topic: str, text: str) -> None:
        """Pass on a message unless it is the last one of its topic."""
        if text and text != self._messages.get(topic):
            self.notify(text)
        self._messages[topic] = text


def _is_transient(photo: PhotoResult, submitted: dict[str, Signature], folder: str) -> bool:
    """Return whether a photo failed for a transient reason, and is to be submitted again.

    The file was being changed or removed, or its worker cannot read this folder.
    """
    entry, reason = photo.entry, photo.verdict.reason
    if entry.path is None:
        return False
    if reason is FailureReason.OUT_OF_REACH:  # permanent for links to other folders
        return is_within(os.path.realpath(entry.path), folder)
    if reason in _TRANSIENT or (entry.in_place and reason is FailureReason.VANISHED):
        return Signature.of(Path(entry.path)) != submitted.get(entry.image)
    return False


def _content(entry: ManifestEntry, reason: FailureReason | None = None) -> str:
    """Return an identifier of a file's content; without a hash, its failure reason and size.

    Args:
        entry: The file.
        reason: Why a worker could not classify it.
    """
    if entry.in_place and reason in _NOT_READ:
        return f"{reason}:{entry.size}"
    return entry.sha256 or f"{entry.reason}:{entry.size}"
