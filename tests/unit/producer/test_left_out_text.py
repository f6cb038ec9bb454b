"""What a selection left out is said in one line per kind of reason."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

from glasses.protocol.verdict import FaceChoice, Verdict
from glasses.sources.left_out import LeftOut
from producer.left_out_text import describe_ignored, describe_left_out
from producer.report.page import ReportInfo, write_page
from producer.report.thumbnails import ReportPicture


def test_ignored_files_are_counted_by_kind_the_most_frequent_first() -> None:
    assert describe_ignored({}) == ""
    assert describe_ignored({"xmp": 1}) == "1 other file ignored: 1 xmp"
    ignored = {"json": 9, "xmp": 20, "mov": 12}
    assert describe_ignored(ignored) == "41 other files ignored: 20 xmp, 12 mov, 9 json"
    many = {f"k{number}": 2 for number in range(10)}
    text = "2 k0, 2 k1, 2 k2, 2 k3, 2 k4, 2 k5, 2 k6, 2 k7, 4 of other kinds"
    assert describe_ignored(many) == f"20 other files ignored: {text}"


def test_only_what_was_left_out_is_mentioned() -> None:
    assert describe_left_out(LeftOut()) == []
    left_out = LeftOut(Counter(xmp=1), Counter({"hidden": 2, "@eaDir": 1}), 5)
    assert describe_left_out(left_out) == [
        "1 other file ignored: 1 xmp",
        "3 hidden or system items skipped: 2 hidden, 1 @eaDir",
        "5 files left out by --include or --exclude",
    ]


def test_a_report_counts_ignored_files_that_are_found_while_it_is_written() -> None:
    ignored: Counter[str] = Counter()
    info = ReportInfo(
        "id", None, "title", "Model m", "", 0.5, FaceChoice.ANY, (0.1, 0.9), ignored=ignored
    )

    def photos() -> Iterator[tuple[Verdict, ReportPicture]]:
        ignored.update(["mov", "xmp"])
        yield from ()

    out = io.StringIO()
    write_page(out, info, photos())
    assert '"text":"Model m. 2 other files ignored: 1 mov, 1 xmp"' in out.getvalue()
