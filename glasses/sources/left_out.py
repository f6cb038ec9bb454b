"""What a selection leaves out: files that are not photos, hidden items, and what filters exclude.

Nothing of this becomes a row of a job, so all of it is counted: a photo must not be missing
silently.

A found file is ignored if neither its name nor its content is a photo's. A photo under another name
is therefore classified, and an empty file or an error page that is called `a.jpg` fails by name. A
file that cannot be read is not ignored: its content is unknown.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glasses.sources.formats import has_photo_suffix

if TYPE_CHECKING:
    from glasses.sources.photo import Photo

OTHER_KIND = "other"
NO_SUFFIX = "no suffix"
_KIND = re.compile(r"[a-z0-9_-]{1,16}")
_MAX_KINDS = 100
"""Most kinds that are counted apart; names in archives and buckets may be made up by others."""


@dataclass(slots=True)
class LeftOut:
    """Counts of what a selection left out so far.

    Attributes:
        ignored: Files that are not photos, by kind: the suffix of the name.
        skipped: Hidden and system files and folders, by label, see `glasses.sources.skipped`.
        filtered: Files that `include` and `exclude` left out.
        on_ignored: Called with the path of each ignored file, or its name in an archive or bucket.
    """

    ignored: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    filtered: int = 0
    on_ignored: Callable[[str], None] = lambda _path: None

    def ignore(self, photo: Photo) -> None:
        """Count a file that is not a photo."""
        kind = kind_of(photo.image)
        if kind not in self.ignored and len(self.ignored) >= _MAX_KINDS:
            kind = OTHER_KIND
        self.ignored[kind] += 1
        self.on_ignored(photo.address)

    def skip(self, label: str) -> None:
        """Count a hidden or system file or folder."""
        self.skipped[label] += 1


def may_be_photo(photo: Photo) -> bool:
    """Return whether a found file must get a row: a photo by its name or content, or unreadable."""
    return has_photo_suffix(photo.image) or photo.has_photo_content()


def kind_of(name: str) -> str:
    """Return the kind of a file that is not a photo: the suffix of its name in lower case."""
    suffix = os.path.splitext(name)[1][1:].lower()
    if not suffix:
        return NO_SUFFIX
    return suffix if _KIND.fullmatch(suffix) else OTHER_KIND
