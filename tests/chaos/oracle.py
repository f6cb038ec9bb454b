"""Compares what a user sees of a job, in each way to see it, with what `classify` said."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.errors import GlassesError
from glasses.protocol.statuses import JobState
from tests.chaos.cluster import Cluster, TrackedJob
from tests.chaos.photo_set import compared
from tests.chaos.plan import Report
from tests.chaos.sampler import violations

_STATUSES = ("classified", "no_face", "failed")
_REPORT_DATA = re.compile(r'<script type="application/json" class="photos">(.*?)</script>', re.S)


def judge(cluster: Cluster, home: Path, report: Report) -> None:
    """Check every job and count lost, duplicate, wrong and inconsistent rows."""
    with Client(cluster.settings) as client:
        for job_id, job in cluster.jobs.items():
            if job.removed:
                _judge_removed(cluster, job_id, report)
            elif job.is_due:
                report.jobs += 1
                _judge_rows(cluster, client, job_id, job, home, report)
            elif job.submitted:
                _judge_status(client, job_id, job, report)


def _judge_rows(
    cluster: Cluster, client: Client, job_id: str, job: TrackedJob, home: Path, report: Report
) -> None:
    printed = cluster.run("results", job_id, "--format", "jsonl")
    if printed.returncode not in {0, 1}:
        report.count("lost", f"{job_id}: {printed.stderr[-300:]}", len(job.photos.expected))
        return
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    names = Counter(str(row["image"]) for row in rows)
    if lost := sorted(job.photos.expected.keys() - names.keys()):
        report.count("lost", f"{job_id}: {len(lost)}, e.g. {lost[:3]}", len(lost))
    if doubled := names.total() - len(names):
        report.count("doubled", f"{job_id}: {names.most_common(3)}", doubled)
    for row in rows:
        expected = job.photos.expected.get(str(row["image"]))
        if compared(row) != expected:
            report.count("wrong", f"{job_id} {row['image']}: {compared(row)}, not {expected}")
    if difference := _disagreement(cluster, client, job_id, rows, home):
        report.count("disagreements", f"{job_id}: {difference}")
    _judge_status(client, job_id, job, report)


def _judge_status(client: Client, job_id: str, job: TrackedJob, report: Report) -> None:
    """Check the final status of a job; a cancelled one may miss rows."""
    try:
        status = client.job(job_id).status()
    except GlassesError as error:
        report.count("disagreements", f"{job_id}: {error}")
        return
    if found := violations(status, job):
        report.count(found[0], f"{job_id} at the end: {status!r}")
    rows = status.classified + status.no_face + status.failed
    if rows > len(job.photos.expected):
        report.count("doubled", f"{job_id}: {status!r}", rows - len(job.photos.expected))
    ended = status.pending == 0 and status.state in {JobState.DONE, JobState.CANCELLED}
    if job.is_due and not (ended and status.complete):
        report.count("disagreements", f"{job_id} at the end: {status!r}")


def _judge_removed(cluster: Cluster, job_id: str, report: Report) -> None:
    printed = cluster.run("status", job_id)
    if printed.returncode != 2:
        report.count("disagreements", f"{job_id} was removed: {printed.stdout}{printed.stderr}")


def _disagreement(
    cluster: Cluster, client: Client, job_id: str, rows: list[dict[str, Any]], home: Path
) -> str:
    """Return where status, results, report and Python client differ; '' if they agree."""
    printed = json.loads(cluster.run("status", job_id, "--json").stdout)
    status = client.job(job_id).status()
    seen = Counter(str(row["status"]) for row in rows)
    for name in _STATUSES:
        if not printed[name] == getattr(status, name) == seen[name]:
            return (
                f"{name}: {printed[name]} in status, {getattr(status, name)} in Python, "
                f"{seen[name]} in results"
            )
    verdicts = [json.loads(verdict.model_dump_json()) for verdict in client.job(job_id).verdicts()]
    if [compared(row) for row in verdicts] != [compared(row) for row in rows]:
        return "results and Python client differ"
    page = home / f"report-{job_id}.html"
    cluster.run("report", job_id, "--no-thumbnails", "--output", str(page))
    shown = [row for block in _REPORT_DATA.findall(page.read_text()) for row in json.loads(block)]
    in_report = [(row[0], _STATUSES[row[1]], row[2], row[5]) for row in shown]
    if in_report != [_in_report(row) for row in rows]:
        return f"results and report differ: {len(rows)} and {len(shown)} rows"
    return ""


def _in_report(row: dict[str, Any]) -> tuple[object, ...]:
    return row["image"], row["status"], row["probability"], row["reason"]
