"""Arguments -> photos: folders, files, globs, a list on standard input."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from glasses.errors import UsageError
from glasses.sources.listed import names

Chosen = Callable[[str], bool]
"""Whether a name or relative path is wanted."""
SORT_LOG = ".glasses-sort.jsonl"
"""Lies in a folder into which photos were sorted."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to classify.

    Attributes:
        image: Its path relative to the argument, with `/`; the file's name if it was named itself.
        path: Where it lies.
        closed: It is a folder that cannot be read.
    """

    image: str
    path: Path
    closed: bool = False


def walk(
    arguments: Sequence[str],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    stdin: Iterable[str] | None = None,
    linked: Callable[[Path], None] = lambda _path: None,
) -> Iterator[Source]:
    """Find files, in a fixed order.

    Hidden files and folders are skipped, and links to folders are not followed (they can loop).
    Folders into which photos were sorted are passed over unless they are named: those photos are
    there already. Everything else is given, photo or not: what is not a photo gets its named
    failure later. So does a folder in a folder that cannot be read, whatever was to be included.

    Args:
        arguments: Folders (searched recursively), files, globs, or `-` for paths on standard input.
        include: Globs on the name or the relative path; if given, one must match.
        exclude: Likewise; none may match.
        stdin: Lines to read for `-`.
        linked: Called with each link to a folder, unless it is excluded.

    Raises:
        UsageError: An argument does not exist, or is a folder that cannot be read.
    """
    wanted = chooser(include, exclude)

    def tell(link: Source) -> None:
        if _matters(link, exclude):
            linked(link.path)

    for argument in arguments:
        for source in _sources(argument, stdin, tell):
            if _matters(source, exclude) if source.closed else wanted(source.image):
                yield source


def chooser(include: Sequence[str], exclude: Sequence[str]) -> Chosen:
    """What matches a glob to include, if there are any, and none to exclude."""

    def chosen(image: str) -> bool:
        return (not include or _matches(image, include)) and not _matches(image, exclude)

    return chosen


def expanded(argument: str) -> list[str]:
    """What a glob matches, in order; other arguments as they are.

    Raises:
        UsageError: It does not exist.
    """
    if argument == "-" or os.path.lexists(argument):
        return [argument]
    check([argument])
    return sorted(_matched(argument))


def check(arguments: Sequence[str]) -> None:
    """Refuse arguments that do not exist, before anything is done.

    Raises:
        UsageError: Names the argument.
    """
    if not arguments:
        raise UsageError("name at least one folder, file or glob, or - for a list on stdin")
    try:
        os.getcwd()
    except FileNotFoundError:
        if not all(map(os.path.isabs, arguments)):
            raise UsageError("the folder that you are in is gone: name whole paths") from None
    for argument in arguments:
        if argument != "-" and not os.path.lexists(argument) and not _matched(argument):
            raise UsageError(f"{argument} does not exist")


def _matters(folder: Source, exclude: Sequence[str]) -> bool:
    """Whether photos might have been found in a folder that is closed, or only linked."""
    return not _matches(folder.image, exclude) and not _matches(folder.image + "/", exclude)


def _sources(
    argument: str, stdin: Iterable[str] | None, linked: Callable[[Source], None]
) -> Iterator[Source]:
    path = Path(argument)
    if argument == "-":
        for name in names(sys.stdin.buffer) if stdin is None else _lines(stdin):
            yield Source(name, Path(name))
    elif path.is_dir():
        yield from _folder(path, linked)
    elif os.path.lexists(path):
        yield Source(path.name, path)
    else:
        for name in expanded(argument):
            yield from _sources(name, stdin, linked)


def _lines(stdin: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.rstrip("\r\n") for line in stdin))


def _matched(pattern: str) -> list[str]:
    return glob.glob(pattern, recursive=True)


def _folder(root: Path, linked: Callable[[Source], None]) -> Iterator[Source]:
    # A stack, not recursion: folders may be nested deeper than Python's recursion limit.
    stack: list[tuple[str, Path]] = [("", root)]
    while stack:
        prefix, folder = stack.pop()
        try:
            files, folders, links = _names(folder, passing=bool(prefix))
        except FileNotFoundError:
            continue  # The folder went away while we were reading.
        except OSError as error:
            if prefix:  # such as the system's own `lost+found`: the others' photos do not suffer
                yield Source(prefix.rstrip("/"), folder, closed=True)
                continue
            raise UsageError(f"folder {folder} cannot be read: {error.strerror}") from None
        for name in links:
            linked(Source(prefix + name, folder / name))
        for name in files:
            yield Source(prefix + name, folder / name)
        stack.extend((f"{prefix}{name}/", folder / name) for name in reversed(folders))


def _names(folder: Path, passing: bool) -> tuple[list[str], list[str], list[str]]:
    """The files, folders and links to folders in a folder. Names alone: there may be a million."""
    files, folders, links = [], [], []
    with os.scandir(folder) as items:
        for item in items:
            if passing and item.name == SORT_LOG:
                return [], [], []
            if item.name.startswith("."):
                continue
            if item.is_dir(follow_symlinks=False):
                folders.append(item.name)
            elif _is_folder(item):
                links.append(item.name)
            else:
                files.append(item.name)
    files.sort()
    folders.sort()
    return files, folders, links


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False  # A link to itself, or into a closed folder: a file that cannot be read.


def _matches(image: str, patterns: Sequence[str]) -> bool:
    name = image.rsplit("/", 1)[-1]
    return any(fnmatch(name, pattern) or fnmatch(image, pattern) for pattern in patterns)
