"""The examples at the end of every command's `--help`."""

from __future__ import annotations

from producer import exit_codes

TITLE = "Examples:"
EXAMPLES: dict[str, tuple[str, ...]] = {
    "glasses": (
        "glasses up --detach",
        "glasses submit ~/Pictures --name holiday",
        "glasses results holiday -o verdicts.csv",
    ),
    "submit": (
        "glasses submit ~/Pictures --name holiday",
        "glasses submit photos/ --include '*.jpg' --exclude 'drafts/*' --detach",
        "glasses submit photos/ --detach --json | jq -r .job_id",
        "find photos/ -newer last-run -print0 | glasses submit --from-file - --null",
        "glasses submit holiday.zip more.tar.gz s3://bucket/album --dry-run",
    ),
    "classify": (
        "glasses classify hopper.jpg",
        "glasses classify photos/ --only glasses -o with-glasses.csv",
        "glasses classify photos/ -o verdicts.csv --resume",
        "glasses classify --from-file people.csv --path-column file --id-column person",
    ),
    "explain": ("glasses explain hopper.jpg", "glasses explain hopper.jpg -o explained.png"),
    "status": (
        "glasses status holiday",
        "glasses status abcd --finish-by 17:30",
        "glasses status holiday --json | jq .forecast.eta_seconds",
    ),
    "watch": ("glasses watch holiday", "glasses watch abcd --timeout 600 --json"),
    "watch-folder": (
        "glasses watch-folder inbox/ -o verdicts.jsonl",
        "glasses watch-folder inbox/ -o verdicts.csv --once",
    ),
    "results": (
        "glasses results holiday",
        "glasses results holiday --only glasses --format csv > with-glasses.csv",
        "glasses results holiday --only unsure --unsure 0.2,0.8",
        "glasses results abcd -o verdicts.parquet",
        "glasses results abcd --follow | jq -r .image",
    ),
    "report": (
        "glasses report holiday",
        "glasses report abcd -o holiday.html --unsure 0.2,0.8 --no-thumbnails",
    ),
    "evaluate": (
        "glasses evaluate labelled/ --report evaluation.html",
        "glasses evaluate labels.csv --label-column eyewear --positive worn --group age",
        "glasses evaluate labels.csv --cost-false-negative 5 --json | jq .thresholds",
        "glasses evaluate --job holiday labels.csv",
    ),
    "correct": (
        "glasses correct corrections.csv",
        "glasses correct corrections.csv --photos photos/ --into labels/",
    ),
    "sort": (
        "glasses sort holiday --into sorted/ --dry-run",
        "glasses sort holiday --into sorted/ --hardlink",
        "glasses sort holiday --into review/ --only unsure",
        "glasses sort holiday --into sorted/ --undo",
    ),
    "jobs": ("glasses jobs", "glasses jobs --json | jq -r '.[].job_id'"),
    "pause": ("glasses pause holiday",),
    "resume": ("glasses resume holiday",),
    "cancel": ("glasses cancel holiday",),
    "rm": ("glasses rm holiday", "glasses rm abcd2345 efgh2345 --json"),
    "reconcile": ("glasses reconcile", "glasses reconcile abcd2345"),
    "expire": ("glasses expire", "glasses expire --json | jq .photos"),
    "doctor": ("glasses doctor", "glasses doctor --json --timeout 60"),
    "config": ("glasses config", "glasses config --json | jq .retention_days.value"),
    "workers": ("glasses workers --watch", "glasses workers --json"),
    "scale": ("glasses scale 8", "glasses scale 32 --apply"),
    "exporter": ("glasses exporter", "glasses exporter --address 0.0.0.0 --port 9210"),
    "bucket": ("glasses bucket",),
    "up": ("glasses up", "glasses up --workers 4 --detach"),
    "down": ("glasses down", "glasses down --purge"),
    "ps": ("glasses ps", "glasses ps --json"),
}
"""Command name -> example command lines."""


def epilog(name: str) -> str | None:
    """Return the examples and exit codes for the end of a command's `--help`; None without them."""
    if name not in EXAMPLES:
        return None
    # \b keeps the lines of a paragraph as they are.
    lines = "\n".join(["\b", TITLE, *(f"  {line}" for line in EXAMPLES[name])])
    return f"{lines}\n\n{exit_codes.help_text(name)}".strip("\n")
