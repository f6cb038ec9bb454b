"""Redis keys: the type, TTL, writers and readers of each.

| key                        | type   | TTL        | written by          | read by               |
|----------------------------|--------|------------|---------------------|-----------------------|
| `glasses:jobs`             | zset   | retention  | submitter, rm       | jobs, reconciler      |
| `glasses:job:ID`           | hash   | retention  | submitter, worker   | all                   |
| `glasses:job:ID:submitter` | string | 30 s       | submitter           | reconciler            |
| `glasses:job:ID:submitted` | bitmap | retention  | submitter, worker   | all                   |
| `glasses:job:ID:outcomes`  | hash   | retention  | worker, submitter   | results, worker       |
| `glasses:job:ID:events`    | stream | retention  | worker, submitter   | watch, results        |
| `glasses:job:ID:chunks`    | hash   | retention  | submitter, worker   | worker, reconciler    |
| `glasses:job:ID:leases`    | zset   | retention  | worker              | reconciler            |
| `glasses:job:ID:suspended` | zset   | retention  | worker, submitter   | reconciler            |
| `glasses:job:ID:pending:P` | zset   | retention  | submitter, worker   | reconciler            |
| `glasses:job:ID:trouble`   | string | 2 min      | worker              | watch, status, doctor |
| `glasses:photo:SHA256`     | hash   | retention  | submitter, worker   | submitter, worker     |
| `glasses:partition:N`      | hash   | retention  | submitter, worker   | reconciler            |
| `glasses:worker:ID`        | string | 30 s       | worker              | submitter, workers    |
| `glasses:workers`          | zset   | 30 s       | worker              | submitter, workers    |
| `glasses:clock`            | hash   | 1 day      | reconciler          | reconciler, doctor    |
| `glasses:audited`          | string | 1 day      | worker              | reconciler            |
| `glasses:expiry`           | string | 7 days     | worker, expire      | reconciler            |
| `glasses:swept`            | string | 1 day      | worker, expire      | worker, expire        |
| `glasses:lock:NAME`        | string | per lock   | its holder          | its contenders        |
| `glasses:ping:TOKEN`       | string | 1 min      | worker              | up, doctor            |

The queue's lists are named by `glasses.ledger.partitions.list_name`. Retention is that of the job
(`JobSpec.retention_seconds`). `docs/adr/0003-ledger.md` describes the fields.
"""

from __future__ import annotations

JOBS = "glasses:jobs"
"""Job id -> creation time."""
WORKERS = "glasses:workers"
"""Worker id -> time of its last heartbeat."""
UPLOADED = "uploaded"
"""Field of a photo's hash: when its bytes were uploaded (Unix time, s) and, if they are in a pack,
the pack and the offset in bytes. At most 64 bytes: Redis needs several times the memory for a hash
with longer values."""
WORKER_SECONDS = 30
SUBMITTER_SECONDS = 30
PING_SECONDS = 60
CLOCK = "glasses:clock"
"""Redis' time at the reconciler's last tick, and the last step back of the clock."""
CLOCK_SECONDS = 86_400
AUDITED = "glasses:audited"
"""Run id of the Redis server whose jobs were last compared with the object store."""
AUDITED_SECONDS = 86_400
EXPIRY = "glasses:expiry"
"""When expired jobs are to be deleted next: Redis' time, Unix time in s."""
EXPIRY_SECONDS = 7 * 86_400
SWEPT = "glasses:swept"
"""Exists for a day after objects that belong to no job were searched."""
SWEPT_SECONDS = 86_400
TROUBLE_SECONDS = 120


def job(job_id: str) -> str:
    """Key of a job's specification, state, total and counts by status."""
    return f"glasses:job:{job_id}"


def submitted(job_id: str) -> str:
    """Key of the bitmap: photo number -> 1 once the photo was enqueued."""
    return f"glasses:job:{job_id}:submitted"


def outcomes(job_id: str) -> str:
    """Key of the hash: photo number -> outcome (compact JSON)."""
    return f"glasses:job:{job_id}:outcomes"


def events(job_id: str) -> str:
    """Key of the stream: one entry per atomic step, with the numbers of the photos it recorded."""
    return f"glasses:job:{job_id}:events"


def chunks(job_id: str) -> str:
    """Key of the hash: open chunk -> its record, see `ledger/lua/prelude.lua`."""
    return f"glasses:job:{job_id}:chunks"


def leases(job_id: str) -> str:
    """Key of the zset: running chunk -> expiry of its lease, ms."""
    return f"glasses:job:{job_id}:leases"


def suspended(job_id: str) -> str:
    """Key of the zset: suspended chunk -> when to queue it again, ms; 0: when a worker can."""
    return f"glasses:job:{job_id}:suspended"


def pending(job_id: str, priority: int) -> str:
    """Key of the zset: queued chunk of one priority -> its sequence number."""
    return f"glasses:job:{job_id}:pending:{priority}"


def partition(number: int) -> str:
    """Key of the hash: `sequence` -> last number assigned; priority -> highest one acquired."""
    return f"glasses:partition:{number}"


def submitter(job_id: str) -> str:
    """Key that exists while a submitter of the job is alive."""
    return f"glasses:job:{job_id}:submitter"


def trouble(job_id: str) -> str:
    """Key of the message that says why a worker returned a chunk of the job."""
    return f"glasses:job:{job_id}:trouble"


def photo(sha256: str) -> str:
    """Key of what is known of a photo's content: `uploaded`, and one outcome per model."""
    return f"glasses:photo:{sha256}"


def worker(worker_id: str) -> str:
    """Key of a worker host's heartbeat."""
    return f"glasses:worker:{worker_id}"


def lock(name: str) -> str:
    """Key of a lock, which expires by itself."""
    return f"glasses:lock:{name}"


def ping(token: str) -> str:
    """Key that proves that a ping went through queue and worker."""
    return f"glasses:ping:{token}"
