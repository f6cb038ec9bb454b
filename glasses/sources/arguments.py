"""Arguments: which photos the user selects, in folders, archives, lists and buckets."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glasses.config.retry import Notify, ignore
from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.sources import walk
from glasses.sources.archive import archive_photos, is_archive
from glasses.sources.archive_limits import Limits
from glasses.sources.bucket import SCHEME, Bucket
from glasses.sources.file import FilePhoto
from glasses.sources.formats import has_photo_suffix
from glasses.sources.hashing import InMemoryPhoto
from glasses.sources.in_memory import BytesPhoto
from glasses.sources.left_out import LeftOut, may_be_photo
from glasses.sources.photo import Photo
from glasses.sources.photo_table import ListedFile
from glasses.sources.skipped import member_skip_label


@dataclass(frozen=True, slots=True)
class PhotoSelection:
    """The photos that the user selects.

    Attributes:
        arguments: Folders, files, globs, archives, `s3://bucket/prefix`, or `-` for a list; or
            photos in memory.
        file_list: Paths of more files, with the user's ids as `ListedFile`.
        include: Globs on the name or the path relative to the argument, in upper or lower case; if
            given, one must match.
        exclude: Globs on the same; none may match.
        stdin: Lines to read for `-`.
        in_place: Whether files are not uploaded, and workers read them directly.
        strict: Whether files that are not photos are not ignored, and fail later.
    """

    arguments: Sequence[str | InMemoryPhoto] = ()
    file_list: Iterable[str | ListedFile] | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    stdin: Iterable[str] | None = None
    in_place: bool = False
    strict: bool = False

    @property
    def names(self) -> list[str]:
        """The arguments that are not photos in memory."""
        return [argument for argument in self.arguments if isinstance(argument, str)]

    def check(self, settings: Settings) -> None:
        """Check that all arguments exist, before anything is done.

        Raises:
            UsageError: One does not exist, or has no file to read in place; the message names it.
            InfrastructureError: The object store is unreachable.
        """
        if self.in_place and len(self.names) < len(self.arguments):
            raise UsageError("photos in memory cannot be read in place: submit them without it")
        files = [argument for argument in self.names if not argument.startswith(SCHEME)]
        if files or not (self.arguments or self.file_list is not None):
            walk.check(files)
        for argument in self.names:
            if argument.startswith(SCHEME):
                Bucket(argument, settings).check()

    def files(self) -> list[str]:
        """Return the arguments that name local files and folders, with globs expanded."""
        names = (a for a in self.names if not a.startswith(SCHEME) and a != "-")
        expanded = (name for argument in names for name in walk.expand_glob(argument))
        return [name for name in expanded if not is_archive(name)]

    def count(self) -> int | None:
        """Return about how many photos are selected, without reading any.

        Photos under other names than a photo's are not counted: only their content tells.

        Returns:
            None if some are not plain files: in an archive, a bucket or a list.

        Raises:
            UsageError: An argument does not exist or cannot be read.
        """
        if self.file_list is not None or any(a == "-" or a.startswith(SCHEME) for a in self.names):
            return None
        names = [name for argument in self.names for name in walk.expand_glob(argument)]
        if any(map(is_archive, names)):
            return None
        in_memory = len(self.arguments) - len(self.names)
        found = walk.walk(names, self.include, self.exclude)
        return in_memory + sum(
            self.strict or each.named or has_photo_suffix(each.image) for each in found
        )

    def check_local(self) -> None:
        """Check the arguments for use without servers.

        Raises:
            UsageError: An argument does not exist, or is a bucket; the message names it.
        """
        for argument in self.names:
            if argument.startswith(SCHEME):
                raise UsageError(f"{argument} is in an object store: use `glasses submit` for it")
        if self.names or (not self.arguments and self.file_list is None):
            walk.check(self.names)

    def local(
        self, settings: Settings, notify: Notify = ignore, left_out: LeftOut | None = None
    ) -> Iterator[walk.SourceFile | InMemoryPhoto | Photo]:
        """Yield the same as `photos`, but in a form that any process can read if there is one."""
        for photo in self.photos(settings, notify, left_out):
            yield photo.source if isinstance(photo, FilePhoto | BytesPhoto) else photo

    @property
    def no_photos(self) -> str:
        """Return a line that says where no photo was found, with the filters."""
        places = [{"-": "the list on stdin"}.get(each, each) for each in self.names]
        where = ", ".join(places if self.file_list is None else [*places, "the list"])
        filters = [f"--include {shlex.quote(each)}" for each in self.include]
        filters += [f"--exclude {shlex.quote(each)}" for each in self.exclude]
        matching = f" that matches {' '.join(filters)}" if filters else ""
        return f"no photos: there is none in {where}{matching}"

    def photos(
        self, settings: Settings, notify: Notify = ignore, left_out: LeftOut | None = None
    ) -> Iterator[Photo]:
        """Yield the selected files in a fixed order.

        Files that are not photos are ignored, unless the selection is strict or they are arguments
        themselves or lines of a list: then they get a named failure later.

        Args:
            settings: Address of the object store, and limits for archives.
            notify: Called with a message about a damaged archive or a skipped link.
            left_out: Counts the files that are not yielded.

        Raises:
            UsageError: An argument does not exist or cannot be read.
            InfrastructureError: The object store is unreachable.
        """
        is_selected = walk.name_filter(self.include, self.exclude)
        limits = Limits.of(settings)
        left_out = LeftOut() if left_out is None else left_out
        for argument in self.arguments:
            if isinstance(argument, InMemoryPhoto):
                yield BytesPhoto(argument)
                continue
            if argument.startswith(SCHEME):
                bucket = Bucket(argument, settings)
                yield from bucket.photos(is_selected, left_out, self.strict)
                continue
            for name in walk.expand_glob(argument):
                if label := _glob_skip_label(argument, name):
                    left_out.skip(label)
                elif is_archive(name):
                    path = Path(name)
                    yield from archive_photos(
                        path, limits, is_selected, notify, left_out, self.strict
                    )
                else:
                    yield from self._files(name, name == argument, notify, left_out)
        for listed in self.file_list or ():
            each = ListedFile(listed) if isinstance(listed, str) else listed
            if is_selected(each.path):
                source = walk.SourceFile(
                    each.path, Path(each.path), id=each.id, given_path=each.path, named=True
                )
                yield FilePhoto(source, self.in_place)
            else:
                left_out.filtered += 1

    def _files(
        self, name: str, is_argument: bool, notify: Notify, left_out: LeftOut
    ) -> Iterator[Photo]:
        """Yield the files of one argument, or of one match of a glob."""
        links = _SkippedLinks()
        sources = walk.walk([name], self.include, self.exclude, self.stdin, links.add, left_out)
        for source in sources:
            photo = FilePhoto(source, self.in_place)
            is_named = source.named and is_argument
            if self.strict or is_named or may_be_photo(photo):
                yield photo
            else:
                left_out.ignore(photo)
        links.report(notify)


def _glob_skip_label(argument: str, match: str) -> str | None:
    """Return why a match of a glob is skipped; parts that the glob itself names are not."""
    named = set(argument.split("/"))
    return member_skip_label("/".join(part for part in match.split("/") if part not in named))


@dataclass(slots=True)
class _SkippedLinks:
    """Counts links to folders. They are not followed, so whole albums may be missing."""

    count: int = 0
    first: Path | None = None

    def add(self, path: Path) -> None:
        self.count += 1
        self.first = self.first or path

    def report(self, notify: Notify) -> None:
        if self.count > 1:
            notify(
                f"{self.count} links to folders are not followed, {self.first} the first: "
                "pass them explicitly to include their photos"
            )
        elif self.count:
            notify(
                f"{self.first} is a link to a folder and is not followed: "
                "pass it explicitly to include its photos"
            )
