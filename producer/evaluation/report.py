"""Write the HTML report of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from glasses.client import Client
from glasses.protocol.groups import UNSURE
from glasses.storage.photo_reader import PhotoReader
from producer.console import log_some, log_status
from producer.evaluation import section
from producer.evaluation.labelled_photos import LabelledPhoto
from producer.evaluation.text import header
from producer.json_output import EvaluateOutput
from producer.report.file import ReportRequest, describe, write_report
from producer.report.page import LabelledPage, ReportInfo


def write(path: Path, output: EvaluateOutput, photos: Sequence[LabelledPhoto]) -> None:
    """Write the report of an evaluation, with every photo, and log its size.

    Raises:
        UsageError: The file cannot be written.
    """
    request = ReportRequest(path)
    columns = tuple(dict.fromkeys(group.column for group in output.groups))
    page = LabelledPage(
        section.html(output),
        columns,
        [(each.label, [each.row.groups.get(name, "") for name in columns]) for each in photos],
    )
    source = Path(output.source).absolute()
    info = ReportInfo(
        # The browser keeps the marks of labels when they are evaluated again.
        identity=f"evaluation-{sha256(bytes(source)).hexdigest()[:16]}",
        job_id=output.job_id,
        title=f"evaluation of {output.source}",
        text=header(output),
        pictures=request.pictures(),
        threshold=output.threshold,
        faces=output.faces,
        unsure=UNSURE,
        evaluation=page,
    )
    results = [each.result for each in photos]
    with ExitStack() as stack:
        if output.job_id is None:
            report = write_report(request, info, results, lambda _entry: None, len(results))
        else:
            client = stack.enter_context(Client(notify=log_status))
            reader = PhotoReader(client.store, output.job_id)
            report = write_report(request, info, results, reader.read, len(results))
            log_some(f"no picture of {n}: its object cannot be read" for n in reader.unreadable)
    log_status(describe(request, report))
