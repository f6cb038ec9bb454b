"""Photos -> verdicts in this process, without any server: `glasses classify`, for programs.

>>> from glasses import classify
>>> for verdict in classify("demo/photos/hopper.jpg", "demo/photos/cat.jpg"):
...     print(verdict.image, verdict.status, verdict.glasses, len(verdict.faces))
hopper.jpg classified True 1
cat.jpg no_face False 0

The one place where the kernel reaches for the worker: late, and only when it is called, so that
whoever does not call it needs none of the worker's packages.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from glasses import walk
from glasses.errors import UsageError
from glasses.examine import InMemory
from glasses.judged import Judged
from glasses.needs import workers_packages
from glasses.settings import Settings, load_settings
from glasses.sources.arguments import Wanted
from glasses.sources.photo import Photo as Member
from glasses.verdict import FaceChoice, Rule, Verdict, check_choice, verdict

Photo = str | os.PathLike[str] | bytes


class InProcess:
    """The pipeline in this process, or in several of this machine.

    Args:
        model: A released model: its name or its folder; by default as every command finds it.
        threshold: Instead of the model's own, 0..1.
        faces: Which faces of a photo decide.
        processes: As many work at the same time.

    Raises:
        UsageError: An option does not fit, or the worker's packages are not installed; says how to.
        ModelError: The model is missing or not the released one.
    """

    def __init__(
        self,
        model: str | None = None,
        threshold: float | None = None,
        faces: FaceChoice = FaceChoice.ANY,
        processes: int = 1,
    ) -> None:
        faces = check_choice(threshold, faces)
        if not isinstance(processes, int) or processes < 1:
            raise UsageError(f"processes: {processes!r} is not a number of 1 or more")
        with workers_packages("classify"):
            from worker import local
        settings = load_settings(model=model)
        self.settings = settings
        self._look = local.look
        self._model = settings.model
        self._max_bytes = settings.max_file_mb << 20
        self._processes = processes
        found = local.pipeline(settings.model)
        own = found.threshold if threshold is None else threshold
        self.rule = Rule(model=found.model, threshold=own, faces=faces)

    def judged(self, photos: Iterable[walk.Source | InMemory | Member]) -> Iterator[Judged]:
        """Judge photos, one after the other, in their order.

        Members of archives are judged by this process: no other one can read on where it is.

        Raises:
            GlassesError: A process died.
        """
        for is_member, some in groupby(photos, lambda photo: isinstance(photo, Member)):
            processes = 1 if is_member else self._processes
            for entry, outcome in self._look(some, self._model, self._max_bytes, processes):
                yield Judged(entry, verdict(entry.image, entry.sha256, outcome, self.rule))


def classify(
    *photos: Photo | Sequence[Photo],
    model: str | None = None,
    threshold: float | None = None,
    faces: FaceChoice = FaceChoice.ANY,
    processes: int = 1,
) -> Iterator[Verdict]:
    """Classify photos in this process; needs the extra `worker`, and no server.

    Verdicts come one at a time, in the order of the photos, while later photos are still to be
    looked at. A photo that cannot be classified is no exception: its verdict says why.

    >>> from pathlib import Path
    >>> photo = Path("demo/photos/van-rossum.jpg")
    >>> [verdict] = classify(photo.read_bytes())
    >>> verdict.image, verdict.glasses, verdict.faces[0].box.width > 100
    ('<bytes 1>', True, True)
    >>> [verdict.reason for verdict in classify("demo/photos/empty.jpg", b"no photo")]
    [<FailureReason.EMPTY: 'empty'>, <FailureReason.NOT_AN_IMAGE: 'not_an_image'>]
    >>> sum(verdict.glasses for verdict in classify("demo/photos"))
    14

    Args:
        *photos: Files, folders, globs, archives, or the bytes of photos; what `glasses classify`
            takes; also lists of them. Bytes are called by their place: `<bytes 1>`.
        model: A released model: its name or its folder; by default as every command finds it.
        threshold: Glasses at this probability and above, 0..1; by default the model's own.
        faces: Which faces of a photo decide.
        processes: As many work at the same time. More than one start afresh, so a script needs
            `if __name__ == "__main__":` around what it does.

    Returns:
        The verdicts, with the rows' names, as `glasses classify` prints them.

    Raises:
        UsageError: A photo's path does not exist, an option does not fit, or the worker's packages
            are not installed.
        ModelError: The model is missing or not the released one.
        TypeError: Something is neither path nor bytes.
    """
    given = list(_paths_and_bytes(photos))
    for photo in given:
        if isinstance(photo, str):
            Wanted([photo]).check_local()
    pipeline = InProcess(model, threshold, faces, processes)
    return (photo.verdict for photo in pipeline.judged(_found(given, pipeline.settings)))


def _paths_and_bytes(photos: Iterable[Photo | Sequence[Photo]]) -> Iterator[str | bytes]:
    for photo in photos:
        if isinstance(photo, list | tuple):
            yield from _paths_and_bytes(photo)
        else:
            yield photo if isinstance(photo, bytes) else os.fspath(cast(Photo, photo))


def _found(
    given: Sequence[str | bytes], settings: Settings
) -> Iterator[walk.Source | InMemory | Member]:
    for place, photo in enumerate(given, 1):
        if isinstance(photo, bytes):
            yield InMemory(f"<bytes {place}>", photo)
        else:
            yield from Wanted([photo]).local(settings)
