"""`glasses watch-folder`: photos that arrive in a folder get their rows in a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from producer.counted import counted
from producer.options import (
    ExcludeOption,
    Faces,
    FacesOption,
    Format,
    IncludeOption,
    InPlaceOption,
    ThresholdOption,
)

if TYPE_CHECKING:
    from glasses.verdict import Verdict
    from glasses.watching import Watcher, Written

_FORMATS = {".jsonl": Format.JSONL, ".csv": Format.CSV}


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Watched with all below it.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Rows go here: .jsonl or .csv."),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Write rows of what is there, then end.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="From one look to the next.")
    ] = 5,
    settle: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="A file unchanged for so long is whole."),
    ] = 2,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    threshold: ThresholdOption = None,
    faces: FacesOption = Faces.ANY,
    in_place: InPlaceOption = False,
) -> None:
    """Watch a folder: each photo that arrives gets exactly one row in FILE.

    A photo is its path with its content: one that changes gets another row. Hidden files and those
    that programs name as unfinished (.part, .crdownload, .tmp, ~ and so on) are left alone.

    Whatever ends it (Ctrl-C, a kill, a power cut), the same command goes on: FILE.state, an SQLite
    database, remembers what that takes. It looks again and again, so network shares are fine.
    """
    from glasses.client import Client
    from glasses.errors import UsageError
    from glasses.verdict import FaceChoice
    from glasses.watching import How, Output, State, Watcher, Written
    from producer.narration import say

    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    encode = _encoder(output)
    where = folder.resolve()
    if in_place:  # before a file is made
        with Client(tell=say) as client:
            client.check_in_place([str(where)])
    rows = Output(output.resolve())
    memory = rows.path.with_name(rows.path.name + ".state")
    journal = memory.with_name(memory.name + "-journal")
    ours = frozenset({rows.path, memory, journal})

    def tell_rows(new: Sequence[Verdict]) -> None:
        # The first ones may be all there are: then the last line says the same.
        if not once or watcher.written.rows > len(new):
            say(f"{_in_words(Written.of(new))} more")

    with Client(tell=say) as client, State.opened(memory, where, rows) as state:
        watcher = Watcher(
            client=client,
            how=How(where, settle, tuple(include or ()), tuple(exclude or ()), ours),
            state=state,
            output=rows,
            encode=encode,
            interval=interval,
            threshold=threshold,
            faces=FaceChoice(faces),
            in_place=in_place,
            tell=say,
            on_rows=tell_rows,
        )
        _watch(watcher, once, folder, output)
    raise typer.Exit(1 if watcher.written.failed else 0)


def _watch(watcher: Watcher, once: bool, folder: Path, output: Path) -> None:
    from producer.narration import say

    if not once:
        say(f"watching {folder}; rows go to {output}. Ctrl-C ends it.")
    try:
        watcher.run(once)
    except KeyboardInterrupt:
        say(
            f"stopped: {_in_words(watcher.written)} written, {watcher.open_photos} photos wait for "
            "their verdicts. The same command goes on."
        )
        raise typer.Exit(130) from None
    say(f"{_in_words(watcher.written)} written to {output}")
    if watcher.unsettled:
        say(f"{counted(watcher.unsettled, 'file')} still changing: left for the next time")


def _in_words(written: Written) -> str:
    rows = counted(written.rows, "row")
    return f"{rows} ({written.with_glasses} with glasses, {written.failed} failed)"


def _encoder(output: Path) -> Callable[[Sequence[Verdict], bool], bytes]:
    from glasses.errors import UsageError
    from producer.rows import TextRows

    format_ = _FORMATS.get(output.suffix.lower())
    if format_ is None:
        raise UsageError(f"{output}: name a file that ends in {' or '.join(_FORMATS)}")

    def encode(rows: Sequence[Verdict], first: bool) -> bytes:
        text = io.StringIO()
        writer = TextRows(format_, text)
        header = len(text.getvalue())
        for row in rows:
            writer.write(row)
        return text.getvalue()[0 if first else header :].encode()

    return encode
