"""Run an evaluation: read labels, get the verdicts, compute the figures, write the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glasses.config.cores import cores
from glasses.config.extras import require_worker_extra
from glasses.config.settings import Settings, load_settings
from glasses.errors import UsageError
from glasses.evaluation.evaluate import Goals, evaluate
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.schemas import JobStatus
from glasses.protocol.verdict import DecisionRule, FaceChoice, with_rule
from glasses.sources.label_set import LabelSet, check_labels, read_label_set
from glasses.sources.label_table import LabelFormat, read_label_table
from producer import missing_verdicts
from producer.console import log_some, log_status
from producer.evaluation import report
from producer.evaluation.labelled_photos import (
    LabelledPhoto,
    LabelledPhotos,
    classify,
    find_files,
    find_in_job,
)
from producer.folders import check_folder
from producer.json_output import EvaluateOutput
from producer.pluralize import pluralize
from producer.report.file import ReportRequest
from producer.rows import printable


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """Options of an evaluation; see `glasses evaluate --help`."""

    labels: Path
    format: LabelFormat
    job: str | None
    photos: Path | None
    corrections: Path | None
    groups: tuple[str, ...]
    threshold: float | None
    model: str | None
    faces: str | None
    goals: Goals
    report: Path | None
    processes: int | None


def run(request: EvaluationRequest) -> EvaluateOutput:
    """Run an evaluation.

    Raises:
        UsageError: The labels cannot be used, or an option does not fit.
    """
    _check(request)
    settings = load_settings(model=request.model)
    labels = read_label_set(
        request.labels, request.format, settings, request.photos, request.groups, log_status
    )
    check_labels(labels.source, (row.label for row in labels.labelled))
    corrections = read_label_table(request.corrections) if request.corrections else None
    rule, job, found = (
        _classified(request, labels)
        if request.job is None
        else _from_job(request, request.job, labels, settings)
    )
    if corrections:
        log_some(f"no photo for the correction of {n}" for n in found.correct(corrections))
    found.leave_out_contradictory()
    _report_left_out(labels, found, request.job)
    check_labels(labels.source, (photo.label for photo in found.photos))
    evaluation = evaluate([photo.verdict for photo in found.photos], request.goals)
    output = EvaluateOutput(
        **dict(evaluation),
        source=str(request.labels),
        job_id=job.job_id if job else None,
        job_state=job.state if job else None,
        model=rule.model,
        threshold=rule.threshold,
        faces=rule.faces,
        unlabelled=labels.left_out,
        missing=tuple(found.missing),
        contradictory=tuple(found.contradictory),
        duplicates=found.duplicates,
        corrected=found.changed,
        dropped=found.dropped,
    )
    if request.report:
        report.write(request.report, output, found.photos)
    return output


def _check(request: EvaluationRequest) -> None:
    if not request.labels.exists():
        raise UsageError(f"{request.labels} does not exist: pass a folder or a CSV file of labels")
    check_folder("--photos", request.photos)
    if request.report:
        ReportRequest(request.report).check()
    if request.job is None:
        return
    for option, value in (
        ("--model", request.model),
        ("--faces", request.faces),
        ("--processes", request.processes),
    ):
        if value is not None:
            raise UsageError(
                f"{option} has no effect with --job: its photos are classified already"
            )


def _classified(
    request: EvaluationRequest, labels: LabelSet
) -> tuple[DecisionRule, None, LabelledPhotos]:
    from glasses.in_process import InProcess

    require_worker_extra("glasses evaluate")
    files, missing = find_files(labels)
    if not files:
        raise UsageError(
            f"none of the {pluralize(len(labels.labelled), 'labelled photo')} exists in "
            f"{labels.folder}, as {printable(missing[0])}: pass the folder that the names are "
            "relative to with --photos"
        )
    check_labels(labels.source, (file.label for file in files))
    faces = FaceChoice(request.faces or FaceChoice.ANY)
    pipeline = InProcess(request.model, request.threshold, faces, request.processes or cores())
    found = classify(files, pipeline)
    found.missing = missing + found.missing
    return pipeline.rule, None, found


def _from_job(
    request: EvaluationRequest, job: str, labels: LabelSet, settings: Settings
) -> tuple[DecisionRule, JobStatus, LabelledPhotos]:
    from glasses.client import Client
    from glasses.jobs.results import decision_rule

    with Client(notify=log_status) as client:
        status = client.job(job, newest=True).status()
        rule = decision_rule(status)
        found = find_in_job(labels, client, status.job_id, settings.max_file_mb << 20)
    missing_verdicts.warn(status)
    if not found.photos:
        photos = pluralize(len(labels.labelled), "labelled photo")
        raise UsageError(
            f"job {status.job_id} has none of the {photos}, as {printable(found.missing[0])}: pass "
            "the folder of the files with --photos, which finds them in the job by their content"
        )
    if request.threshold is not None:
        rule = rule.model_copy(update={"threshold": request.threshold})
        found.photos = [_with_rule(photo, rule) for photo in found.photos]
    return rule, status, found


def _with_rule(photo: LabelledPhoto, rule: DecisionRule) -> LabelledPhoto:
    verdict = with_rule(photo.result.verdict, rule)
    return LabelledPhoto(photo.row, photo.label, PhotoResult(photo.result.entry, verdict))


def _report_left_out(labels: LabelSet, found: LabelledPhotos, job: str | None) -> None:
    where = f"in {labels.folder}" if job is None else f"in job {job}"
    if found.missing:
        log_status(f"{pluralize(len(found.missing), 'labelled photo')} not found {where}:")
        log_some(f"  {printable(name)}" for name in found.missing)
    if found.contradictory:
        photos = pluralize(len(found.contradictory), "photo")
        log_status(f"{photos} left out: the same content has different labels:")
        log_some(f"  {printable(name)}" for name in found.contradictory)
    for count, text in (
        (labels.left_out, "without a label: not evaluated"),
        (found.duplicates, "with the same content as another one: counted as any other"),
        (found.changed, "with a corrected label"),
        (found.dropped, "excluded by corrections"),
    ):
        if count:
            log_status(f"{pluralize(count, 'photo')} {text}")
