"""Classify photos on this machine, without servers: the Python API of `glasses classify`.

>>> from glasses import classify
>>> for verdict in classify("demo/photos/hopper.jpg", "demo/photos/cat.jpg"):
...     print(verdict.image, verdict.status, verdict.glasses, len(verdict.faces))
hopper.jpg classified True 1
cat.jpg no_face False 0

This is the only module of `glasses` that imports the worker. It does so inside a function, so the
packages of the worker are needed only by programs that classify in process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from glasses.config.extras import require_worker_extra
from glasses.config.settings import load_settings
from glasses.errors import UsageError
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import (
    DecisionRule,
    FaceChoice,
    Verdict,
    validate_options,
)
from glasses.sources import walk
from glasses.sources.arguments import PhotoSelection
from glasses.sources.hashing import InMemoryPhoto
from glasses.sources.in_memory import PhotoArgument, photo_arguments
from glasses.sources.left_out import LeftOut
from glasses.sources.photo import Photo as SourcePhoto


class InProcess:
    """The pipeline in child processes, with the memory and time limits of a worker.

    Args:
        model: Name or folder of a released model; by default the configured one.
        threshold: Replaces the model's threshold, 0..1.
        faces: Which faces of a photo decide.
        processes: Number of parallel processes.
        others: Number of further processes, for thumbnails, among which memory is divided too.

    Raises:
        UsageError: An option is invalid, or the packages of the worker are not installed. The
            message says how to install them.
        ModelError: The model is missing or differs from the released one.
    """

    def __init__(
        self,
        model: str | None = None,
        threshold: float | None = None,
        faces: FaceChoice = FaceChoice.ANY,
        processes: int = 1,
        others: int = 0,
    ) -> None:
        faces = validate_options(threshold, faces)
        if not isinstance(processes, int) or processes < 1:
            raise UsageError(f"processes: {processes!r} is not a positive integer")
        require_worker_extra("classify")
        from worker import local

        settings = load_settings(model=model)
        self.settings = settings
        self._process_photos = local.classify_photos
        self._processes = local.Processes.of(settings, processes, others)
        loaded = local.load(settings.model, self._processes)
        threshold = loaded.threshold if threshold is None else threshold
        self.rule = DecisionRule(model=loaded.name, threshold=threshold, faces=faces)

    def photo_results(
        self, photos: Iterable[walk.SourceFile | InMemoryPhoto | SourcePhoto]
    ) -> Iterator[PhotoResult]:
        """Yield the results of photos, in their order.

        Raises:
            GlassesError: No process could be started.
        """
        model, max_bytes = self.settings.model, self.settings.max_file_mb << 20
        for entry, outcome in self._process_photos(photos, model, max_bytes, self._processes):
            yield PhotoResult.of(entry, outcome, self.rule)


def classify(
    *photos: PhotoArgument | Sequence[PhotoArgument],
    model: str | None = None,
    threshold: float | None = None,
    faces: FaceChoice = FaceChoice.ANY,
    processes: int = 1,
    strict: bool = False,
    on_ignored: Callable[[str], None] = lambda _path: None,
) -> Iterator[Verdict]:
    """Classify photos on this machine; needs the extra `worker`, but no server.

    Verdicts are yielded one by one, in the order of the photos, while later photos are still being
    processed. A photo that cannot be classified raises nothing: its verdict holds the reason.

    Photos are decoded in child processes. The settings `process_memory_mb` and `chunk_time_limit`
    limit their memory and time. A photo that kills its process or takes too long fails alone
    (`crashed_worker`), as does one that needs too much memory (`out_of_memory`). One process is
    kept for the next call and exits with the program.

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
        *photos: Files, folders, globs and archives, as `glasses classify` takes them, or the bytes
            of photos, or lists of these. Bytes are named by their position (`<bytes 1>`), unless
            they are given with a name: `("passport.jpg", data)`.
        model: Name or folder of a released model; by default the configured one.
        threshold: Glasses at this probability and above, 0..1; by default the model's threshold.
        faces: Which faces of a photo decide.
        processes: Number of parallel processes.
        strict: Do not ignore files that are not photos: they fail. Without it, only those fail that
            are arguments themselves, and bytes.
        on_ignored: Called with the path of each ignored file.

    Returns:
        The verdicts, with the same fields as the rows of `glasses classify`.

    Raises:
        UsageError: A path does not exist, an option is invalid, or the packages of the worker are
            not installed.
        ModelError: The model is missing or differs from the released one.
        TypeError: An argument has another type.
    """
    given = PhotoSelection(photo_arguments(photos), strict=strict)
    if given.arguments:
        given.check_local()
    pipeline = InProcess(model, threshold, faces, processes)
    left_out = LeftOut(on_ignored=on_ignored)
    sources = given.local(pipeline.settings, left_out=left_out)
    return (photo.verdict for photo in pipeline.photo_results(sources))
