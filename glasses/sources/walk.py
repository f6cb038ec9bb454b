"""Walking: find the files that folders, globs and lists on standard input name."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from glasses.errors import UsageError
from glasses.sources.file_list import read_names
from glasses.sources.left_out import LeftOut
from glasses.sources.skipped import SORTED, skip_label

if TYPE_CHECKING:
    from glasses.protocol.schemas import ManifestEntry

NameFilter = Callable[[str], bool]
"""Tells whether a name or relative path is selected."""
SORT_LOG = ".glasses-sort.jsonl"
"""Log file in a folder into which `glasses sort` has put photos."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to classify.

    Attributes:
        image: Path relative to the argument, with `/`; the file name if the argument is a file.
        path: Path of the file.
        closed: True if it is a folder that cannot be read.
        id: The user's own id of the photo.
        given_path: Path as the user gave it; None: `path`.
        named: True if it is an argument itself or a line of a list.
    """

    image: str
    path: Path
    closed: bool = False
    id: str | None = None
    given_path: str | None = None
    named: bool = False

    def absolute(self) -> SourceFile:
        """Return the same file with an absolute path, valid in any working directory."""
        path, given_path = Path(os.path.abspath(self.path)), self.given_path or str(self.path)
        return replace(self, path=path, given_path=given_path)

    def identify(self, entry: ManifestEntry) -> ManifestEntry:
        """Return a manifest entry of this file with its paths and its id."""
        path, given_path = os.path.abspath(self.path), self.given_path or str(self.path)
        names = {"path": path, "id": self.id}
        if given_path != path:
            names["given_path"] = given_path
        return entry.model_copy(update=names)


def walk(
    arguments: Sequence[str],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    stdin: Iterable[str] | None = None,
    linked: Callable[[Path], None] = lambda _path: None,
    left_out: LeftOut | None = None,
) -> Iterator[SourceFile]:
    """Yield files in a fixed order.

    Hidden files and folders and those of systems are skipped, and links to folders are not followed
    (they can loop). Folders into which photos were sorted are skipped unless they are passed
    explicitly, since they hold copies. Everything else is yielded, whatever it contains. An
    unreadable subfolder is yielded as well, regardless of `include`, and fails later.

    Args:
        arguments: Folders (searched recursively), files, globs, or `-` for paths on standard input.
        include: Globs on the name or the relative path, in upper or lower case; if given, one must
            match.
        exclude: Globs on the same; none may match.
        stdin: Lines to read for `-`.
        linked: Called with each link to a folder, unless it is excluded.
        left_out: Counts the files that are skipped or filtered.

    Raises:
        UsageError: An argument does not exist, or is a folder that cannot be read.
    """
    is_selected = name_filter(include, exclude)
    left_out = LeftOut() if left_out is None else left_out

    def report_link(link: SourceFile) -> None:
        if not _is_excluded(link, exclude):
            linked(link.path)

    for argument in arguments:
        for source in _sources(argument, stdin, report_link, left_out.skip):
            if not _is_excluded(source, exclude) if source.closed else is_selected(source.image):
                yield source
            else:
                left_out.filtered += 1


def name_filter(include: Sequence[str], exclude: Sequence[str]) -> NameFilter:
    """Return a function that applies the globs: one of `include` if given, none of `exclude`."""

    def is_selected(image: str) -> bool:
        return (not include or _matches(image, include)) and not _matches(image, exclude)

    return is_selected


def expand_glob(argument: str) -> list[str]:
    """Return the sorted matches of a glob; any other argument as it is.

    Raises:
        UsageError: Nothing matches.
    """
    if argument == "-" or os.path.lexists(argument):
        return [argument]
    check([argument])
    return sorted(_glob(argument))


def check(arguments: Sequence[str]) -> None:
    """Check that all arguments exist, before anything is done.

    Raises:
        UsageError: One does not exist; the message names it.
    """
    if not arguments:
        raise UsageError("pass at least one folder, file or glob, or - for a list on stdin")
    try:
        os.getcwd()
    except FileNotFoundError:
        if not all(map(os.path.isabs, arguments)):
            raise UsageError("the current folder was deleted: pass absolute paths") from None
    for argument in arguments:
        if argument != "-" and not os.path.lexists(argument) and not _glob(argument):
            raise UsageError(f"{argument} does not exist")


def _is_excluded(folder: SourceFile, exclude: Sequence[str]) -> bool:
    return _matches(folder.image, exclude) or _matches(folder.image + "/", exclude)


def _sources(
    argument: str,
    stdin: Iterable[str] | None,
    linked: Callable[[SourceFile], None],
    skipped: Callable[[str], None],
) -> Iterator[SourceFile]:
    path = Path(argument)
    if argument == "-":
        for name in read_names(sys.stdin.buffer) if stdin is None else _lines(stdin):
            yield SourceFile(name, Path(name), given_path=name, named=True)
    elif path.is_dir():
        yield from _walk_folder(argument, linked, skipped)
    elif os.path.lexists(path):
        yield SourceFile(path.name, path, given_path=argument, named=True)
    else:
        for name in expand_glob(argument):
            yield from _sources(name, stdin, linked, skipped)


def _lines(stdin: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.rstrip("\r\n") for line in stdin))


def _glob(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)


def _walk_folder(
    argument: str, linked: Callable[[SourceFile], None], skipped: Callable[[str], None]
) -> Iterator[SourceFile]:
    root = Path(argument)
    # `Path` drops "./" and a double slash, by which a path would not match the user's own.
    given = argument.rstrip("/") or "/"
    is_kept = given in (str(root), ".")
    # A stack, not recursion: folders may be nested deeper than Python's recursion limit.
    stack: list[tuple[str, Path]] = [("", root)]
    while stack:
        prefix, folder = stack.pop()
        try:
            files, folders, links = _list_folder(folder, not prefix, skipped)
        except FileNotFoundError:
            continue  # deleted in the meantime
        except OSError as error:
            if prefix:  # one unreadable subfolder, such as `lost+found`, must not stop the walk
                yield SourceFile(prefix.rstrip("/"), folder, closed=True)
                continue
            raise UsageError(f"folder {folder} cannot be read: {error.strerror}") from None
        for name in links:
            linked(SourceFile(prefix + name, folder / name))
        for name in files:
            given_path = None if is_kept else f"{given}/{prefix}{name}"
            yield SourceFile(prefix + name, folder / name, given_path=given_path)
        stack.extend((f"{prefix}{name}/", folder / name) for name in reversed(folders))


def _list_folder(
    folder: Path, is_root: bool, skipped: Callable[[str], None]
) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the files, folders and links to folders; there may be a million."""
    files, folders, links, labels = [], [], [], []
    with os.scandir(folder) as items:
        for item in items:
            if not is_root and item.name == SORT_LOG:
                skipped(SORTED)
                return [], [], []
            if label := skip_label(item.name):
                labels.append(label)
            elif item.is_dir(follow_symlinks=False):
                folders.append(item.name)
            elif _is_folder(item):
                links.append(item.name)
            else:
                files.append(item.name)
    for label in labels:
        skipped(label)
    files.sort()
    folders.sort()
    return files, folders, links


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False  # a link to itself, or into an unreadable folder


def _matches(image: str, patterns: Sequence[str]) -> bool:
    # Cameras and systems write the same suffix in either case.
    image = image.lower()
    name = image.rsplit("/", 1)[-1]
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(image, pattern)
        for pattern in (pattern.lower() for pattern in patterns)
    )
