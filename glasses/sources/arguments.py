"""Arguments -> photos, wherever they lie."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from glasses import walk
from glasses.errors import UsageError
from glasses.patience import Tell, nobody
from glasses.settings import Settings
from glasses.sources.archive import archive, is_archive
from glasses.sources.bucket import SCHEME, Bucket
from glasses.sources.file import FilePhoto
from glasses.sources.photo import Photo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which photos are asked for.

    Attributes:
        arguments: Folders, files, globs, archives, `s3://bucket/prefix`, or `-` for a list.
        listed: Paths of files besides.
        include: Globs on the name or the path relative to the argument; if given, one must match.
        exclude: Likewise; none may match.
        stdin: Lines to read for `-`.
        in_place: Whether files stay where they lie; workers read them there.
    """

    arguments: Sequence[str] = ()
    listed: Iterable[str] | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    stdin: Iterable[str] | None = None
    in_place: bool = False

    def check(self, settings: Settings) -> None:
        """Refuse arguments that do not exist, before anything is done.

        Raises:
            UsageError: Names the argument.
            InfrastructureError: The object store is out of reach.
        """
        files = [argument for argument in self.arguments if not argument.startswith(SCHEME)]
        if files or not (self.arguments or self.listed is not None):
            walk.check(files)
        for argument in self.arguments:
            if argument.startswith(SCHEME):
                Bucket(argument, settings).check()

    def files(self) -> list[str]:
        """Arguments that name files and folders of this machine themselves, globs expanded."""
        names = (a for a in self.arguments if not a.startswith(SCHEME) and a != "-")
        found = (name for argument in names for name in walk.expanded(argument))
        return [name for name in found if not is_archive(name)]

    def check_local(self) -> None:
        """The same for whoever runs without servers.

        Raises:
            UsageError: Names the argument: it does not exist, or is a bucket.
        """
        for argument in self.arguments:
            if argument.startswith(SCHEME):
                raise UsageError(f"{argument} lies in an object store: `glasses submit` reads that")
        walk.check(self.arguments)

    def local(self, settings: Settings, tell: Tell = nobody) -> Iterator[walk.Source | Photo]:
        """The same as `photos`, files as what they are: any process can read them."""
        for photo in self.photos(settings, tell):
            yield photo.source if isinstance(photo, FilePhoto) else photo

    def some(self, photos: Iterable[T]) -> Iterator[T]:
        """The same photos; the first one is found before anything is done with them.

        Raises:
            UsageError: There are none; says where was looked.
        """
        remaining = iter(photos)
        for first in remaining:
            return chain([first], remaining)
        places = [{"-": "the list on stdin"}.get(each, each) for each in self.arguments]
        where = ", ".join(places if self.listed is None else [*places, "the list"])
        filters = [f"--include {shlex.quote(each)}" for each in self.include]
        filters += [f"--exclude {shlex.quote(each)}" for each in self.exclude]
        if filters:
            raise UsageError(f"no photos: no file in {where} passes {' '.join(filters)}")
        passed = "hidden ones and links to folders are passed over"
        raise UsageError(f"no photos: no file in {where} ({passed})")

    def photos(self, settings: Settings, tell: Tell = nobody) -> Iterator[Photo]:
        """Find them, in a fixed order; what is no photo gets its named failure later.

        Args:
            settings: Where the object store is, and how large a photo may be.
            tell: Told what is wrong with an archive.

        Raises:
            UsageError: An argument does not exist, or cannot be read.
            InfrastructureError: The object store is out of reach.
        """
        chosen = walk.chooser(self.include, self.exclude)
        max_bytes = settings.max_file_mb << 20
        for argument in self.arguments:
            if argument.startswith(SCHEME):
                yield from Bucket(argument, settings).photos(chosen)
                continue
            for name in walk.expanded(argument):
                if is_archive(name):
                    yield from archive(Path(name), max_bytes, chosen, tell)
                    continue
                links = _Links()
                found = walk.walk([name], self.include, self.exclude, self.stdin, links.add)
                yield from (FilePhoto(source, self.in_place) for source in found)
                links.tell(tell)
        for name in self.listed or ():
            if chosen(name):
                yield FilePhoto(walk.Source(name, Path(name)), self.in_place)


@dataclass(slots=True)
class _Links:
    """Links to folders, which are not followed: a whole album may lie behind one."""

    count: int = 0
    first: Path | None = None

    def add(self, path: Path) -> None:
        self.count += 1
        self.first = self.first or path

    def tell(self, tell: Tell) -> None:
        if self.count > 1:
            tell(
                f"{self.count} links to folders are not followed, {self.first} the first: "
                "name them to have their photos"
            )
        elif self.count:
            tell(f"{self.first} is a link to a folder and is not followed: name it for its photos")
