"""What commands advise when the local stack is stopped or has no workers."""

from __future__ import annotations

from pathlib import Path

from glasses.client import Client
from glasses.config.settings import Settings, load_settings
from infra.local.stack import down, up
from tests.support.commands import glasses

OTHER_MODEL = Path(__file__).parents[2] / "fixtures" / "brightness_model"


def test_commands_advise_scale_for_a_stack_without_workers(
    home: Path, settings: Settings, tmp_path: Path
) -> None:
    stack = up(home, 0, settings).stack
    again = glasses("up", "--detach", home=home)
    assert "no worker is running: `glasses scale 2` starts two" in again.stderr
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with Client(load_settings(**stack.settings)) as client:
        job = client.submit([tmp_path / "a.jpg"]).id
    for words in (["status", job], ["workers"], ["doctor"]):
        said = glasses(*words, home=home)
        assert "start some" in said.stdout + said.stderr
        assert "`glasses scale 2`" in said.stdout + said.stderr, words
        assert "glasses up" not in said.stdout + said.stderr, words


def test_commands_say_that_a_stopped_stack_keeps_its_jobs(home: Path, settings: Settings) -> None:
    up(home, 0, settings)
    down(home)
    told = glasses("jobs", home=home)
    assert told.returncode == 3
    assert told.stderr == (
        "glasses: the local stack is stopped, its jobs are kept: `glasses up --detach` starts it\n"
    )
    doctor = glasses("doctor", home=home).stdout
    assert doctor.count("its jobs are kept") == doctor.count("glasses up --detach") == 1
    down(home, purge=True)
    assert "no servers are configured" in glasses("jobs", home=home).stderr


def test_a_model_other_than_the_running_one_is_rejected(home: Path, settings: Settings) -> None:
    up(home, 1, settings)
    other = settings.model_copy(update={"model": str(OTHER_MODEL)})
    for words in (["--detach"], []):
        refused = glasses("up", *words, settings=other, home=home)
        assert refused.returncode == 2, words
        assert refused.stderr.startswith(
            "glasses: the local stack is already running with model mobile"
        )
        assert "to use brightness" in refused.stderr
        assert "`glasses down`" in refused.stderr
        assert refused.stderr.count("\n") == 1
    same = glasses("up", "--detach", settings=settings, home=home)
    assert same.returncode == 0
    assert "is already running: 1 worker process" in same.stderr
