"""Every key in Redis: its type, its life, who writes it, who reads it.

| key                        | type   | life       | written by          | read by               |
|----------------------------|--------|------------|---------------------|-----------------------|
| `glasses:jobs`             | zset   | retention  | submitter, rm       | jobs, reconciler      |
| `glasses:job:ID`           | hash   | retention  | submitter, worker   | everyone              |
| `glasses:job:ID:rows`      | hash   | retention  | worker, submitter   | results, worker       |
| `glasses:job:ID:log`       | stream | retention  | worker, submitter   | watch, results        |
| `glasses:job:ID:chunks`    | hash   | retention  | submitter, worker   | worker, reconciler    |
| `glasses:job:ID:due`       | zset   | retention  | worker              | reconciler            |
| `glasses:job:ID:waiting:P` | zset   | retention  | submitter, worker   | reconciler            |
| `glasses:job:ID:submitter` | string | 30 s       | submitter           | reconciler            |
| `glasses:photo:SHA256`     | hash   | retention  | submitter, worker   | submitter, worker     |
| `glasses:begun:LANE`       | hash   | retention  | worker              | reconciler            |
| `glasses:worker:ID`        | string | 30 s       | worker              | submitter, workers    |
| `glasses:workers`          | zset   | 30 s       | worker              | submitter, workers    |
| `glasses:lock:NAME`        | string | its lease  | its holder          | whoever wants it      |
| `glasses:echo:TOKEN`       | string | 1 min      | worker              | whoever tests the way |

Beside them stand Celery's own: the queue's lists (`glasses` and `glasses.LANE`, each also with a
separator and a priority: `glasses.lanes.list_name`), `unacked`, `unacked_index` and
`_kombu.binding.*`. Retention is
`Settings.retention_days`. `docs/adr/0003-ledger.md` says what the fields mean.
"""

from __future__ import annotations

JOBS = "glasses:jobs"
"""Job id -> creation time."""
WORKERS = "glasses:workers"
"""Worker id -> when it was last seen."""
UPLOADED = "uploaded"
"""Field of a photo's hash: when its bytes were put into the object store (Unix time in s), and in
which pack, after how many bytes of it, if they lie in one. At most 64 bytes: Redis stores a
hash with longer values at several times the size."""
WORKER_SECONDS = 30
SUBMITTER_SECONDS = 30
ECHO_SECONDS = 60


def job(job_id: str) -> str:
    """What is known of a job as a whole: its specification, state and counters."""
    return f"glasses:job:{job_id}"


def rows(job_id: str) -> str:
    """Photo number -> outcome (compact JSON)."""
    return f"glasses:job:{job_id}:rows"


def log(job_id: str) -> str:
    """One entry an atomic step: the numbers of the photos that it gave verdicts."""
    return f"glasses:job:{job_id}:log"


def chunks(job_id: str) -> str:
    """Open chunk -> `state attempts priority queued-ms`."""
    return f"glasses:job:{job_id}:chunks"


def due(job_id: str) -> str:
    """Running chunk -> when its lease ends, ms."""
    return f"glasses:job:{job_id}:due"


def waiting(job_id: str, priority: int) -> str:
    """Queued chunk of a priority -> when it was queued, ms."""
    return f"glasses:job:{job_id}:waiting:{priority}"


def begun(lane: int) -> str:
    """Queue priority -> the latest queueing time of a chunk of this lane that has begun."""
    return f"glasses:begun:{lane}"


def submitter(job_id: str) -> str:
    """There while somebody submits photos to the job."""
    return f"glasses:job:{job_id}:submitter"


def photo(sha256: str) -> str:
    """What is known of a content: `uploaded` (time), and one outcome a model fingerprint."""
    return f"glasses:photo:{sha256}"


def worker(worker_id: str) -> str:
    """A worker host's heartbeat."""
    return f"glasses:worker:{worker_id}"


def lock(name: str) -> str:
    """A lock that frees itself."""
    return f"glasses:lock:{name}"


def echo(token: str) -> str:
    """Proof that a message went through queue and worker."""
    return f"glasses:echo:{token}"
