from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from glasses.config.settings import Settings, load_settings
from glasses.config.stack_file import STACK_FILE, StackFile, read_stack, write_stack
from glasses.errors import InfrastructureError
from glasses.ledger.redis_client import connect
from glasses.storage.object_store import ObjectStore
from infra.local import workers
from infra.local.process import find_marked
from infra.local.ps import ps
from infra.local.servers import servers
from infra.local.stack import down, up
from infra.local.state import is_running
from tests.support.ports import keep_ports
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[3]
RELEASED_MODEL = ROOT / "worker" / "models" / "DEFAULT"


def put(stack: StackFile) -> None:
    found = load_settings(**stack.settings)
    ObjectStore(found).put("images/one", b"photo")
    with connect(found) as redis:
        redis.set("one", "1")


def get(stack: StackFile) -> tuple[bytes | None, str | None]:
    found = load_settings(**stack.settings)
    with connect(found) as redis:
        return ObjectStore(found).get("images/one"), redis.get("one")


def test_a_second_up_finds_the_first_and_down_stops_everything(
    home: Path, settings: Settings
) -> None:
    first = up(home, 0, settings)
    second = up(home, 0, settings)

    assert not first.already_running
    assert second.already_running
    assert second.stack == first.stack == read_stack(home)
    assert is_running(home)
    listed = {process.name: process for process in ps(home)}
    assert set(listed) == {"supervisor", "s3", "valkey"}
    assert {process.state for process in listed.values()} == {"running"}
    assert all(process.memory_mb and process.memory_mb > 1 for process in listed.values())
    assert listed["s3"].address == first.stack.settings["s3_endpoint"]
    assert listed["valkey"].address.startswith("redis://127.0.0.1:")

    assert down(home) == ["s3", "supervisor", "valkey"]
    assert find_marked(home) == []
    assert not (home / STACK_FILE).exists()
    assert not is_running(home)
    assert ps(home) == []
    assert down(home) == []


def test_no_secret_is_in_a_command_line_or_a_file_readable_by_others(
    home: Path, settings: Settings
) -> None:
    stack = up(home, 0, settings).stack
    password = urlsplit(stack.settings["redis_url"]).password
    assert password
    secrets = [stack.settings["s3_secret_key"], password]

    lines = [" ".join(psutil.Process(process.pid).cmdline()) for process in ps(home)]
    logs = [path.read_text() for path in (home / "logs").iterdir()]
    assert len(lines) == 3
    shown = [*lines, *logs, *(process.address for process in ps(home))]
    assert not [secret for secret in secrets if any(secret in text for text in shown)]
    assert not [line for line in lines if stack.settings["s3_access_key"] in line]
    for path in ("stack.json", "credentials.json", "valkey/valkey.conf"):
        assert (home / path).stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    for process in ps(home):
        for connection in psutil.Process(process.pid).net_connections("inet"):
            assert connection.laddr.ip in {"127.0.0.1", "::1"}


def test_data_survives_down_but_not_purge(home: Path, settings: Settings) -> None:
    first = up(home, 0, settings).stack
    put(first)
    mine = home / "my-notes.txt"
    mine.write_text("not the stack's")

    down(home)
    again = up(home, 0, settings).stack
    assert get(again) == (b"photo", "1")
    assert again.settings == first.settings, "ports and credentials are those of last time"

    down(home, purge=True)
    assert list(home.iterdir()) == [mine]
    new = up(home, 0, settings).stack
    assert get(new) == (None, None)
    assert new.settings["s3_secret_key"] != first.settings["s3_secret_key"]


def test_killed_servers_restart_with_their_data(home: Path, settings: Settings) -> None:
    stack = up(home, 0, settings).stack
    put(stack)
    time.sleep(1.1)  # appendfsync everysec
    before = {process.name: process.pid for process in ps(home)}
    os.kill(before["valkey"], signal.SIGKILL)
    os.kill(before["s3"], signal.SIGKILL)

    wait_until(lambda: all(p.restarts == 1 for p in ps(home) if p.name != "supervisor"))
    assert get(stack) == (b"photo", "1")


def test_the_next_up_cleans_up_a_stack_whose_supervisor_was_killed(
    home: Path, settings: Settings
) -> None:
    first = up(home, 0, settings).stack
    put(first)
    before = {process.name: process.pid for process in ps(home)}
    os.kill(before["supervisor"], signal.SIGKILL)
    wait_until(lambda: not is_running(home))
    assert {p.name: p.state for p in ps(home)}["supervisor"] == "dead"

    second = up(home, 0, settings)
    assert not second.already_running
    assert get(second.stack) == (b"photo", "1")
    assert not {process.pid for process in ps(home)} & set(before.values())
    assert len(find_marked(home)) == 3


def test_down_stops_what_a_killed_supervisor_left(home: Path, settings: Settings) -> None:
    up(home, 0, settings)
    os.kill(ps(home)[0].pid, signal.SIGKILL)
    wait_until(lambda: not is_running(home))
    (home / STACK_FILE).unlink()  # even if it never came to write down whom it had started

    assert down(home) == ["s3", "valkey"]


def test_recycled_pids_are_not_taken_for_our_processes(home: Path, settings: Settings) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        entry = {"pid": stranger.pid, "started": time.time() - 5000}
        write_stack(home, StackFile({}, {"valkey": entry, "worker": entry, "supervisor": entry}))
        assert not up(home, 0, settings).already_running  # as after a reboot
        stack = read_stack(home)
        assert stack
        write_stack(home, StackFile(stack.settings, {**stack.processes, "worker": entry}))
        down(home)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_concurrent_ups_start_one_stack(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from glasses.config.settings import load_settings;"
        "from infra.local.stack import up;"
        "print(up(Path(sys.argv[1]), 0, load_settings()).already_running)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home)],
            stdout=subprocess.PIPE,
            env={**os.environ, **workers.own_environment(home)},
        )
        for _ in range(2)
    ]
    answers = sorted(each.communicate(timeout=60)[0].decode().strip() for each in both)
    assert answers == ["False", "True"]
    assert len(find_marked(home)) == 3


def test_a_stack_in_the_foreground_stops_on_interrupt(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from glasses.config.settings import load_settings;"
        "from infra.local.stack import run_foreground;"
        "run_foreground(Path(sys.argv[1]), 0, load_settings(),"
        " lambda up: print(up.already_running, flush=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        stdout=subprocess.PIPE,
        env={**os.environ, **workers.own_environment(home)},
    ) as foreground:
        assert foreground.stdout
        assert foreground.stdout.readline().strip() == b"False"
        assert {p.state for p in ps(home)} == {"running"}
        foreground.send_signal(signal.SIGINT)
        assert foreground.wait(30) == 0
    assert find_marked(home) == []
    assert not (home / STACK_FILE).exists()


def test_a_stack_that_cannot_start_says_why_and_leaves_nothing(
    home: Path, settings: Settings
) -> None:
    (home / "valkey" / "valkey.conf").mkdir(parents=True)

    with pytest.raises(InfrastructureError, match=r"supervisor\.log") as caught:
        up(home, 0, settings)
    assert "valkey.conf" in str(caught.value)
    assert find_marked(home) == []
    (home / "valkey" / "valkey.conf").rmdir()


def test_workers_that_cannot_start_say_why(home: Path) -> None:
    with pytest.raises(InfrastructureError, match="model 'no-such-model' not found"):
        up(home, 1, load_settings(model="no-such-model"))
    assert find_marked(home) == []


@pytest.mark.skipif(not RELEASED_MODEL.exists(), reason="no model is released yet")
def test_workers_answer_pings_and_are_restarted_when_killed(home: Path, settings: Settings) -> None:
    stack = up(home, 1, settings).stack  # returns after a round trip
    assert stack.workers == 1
    killed = next(process.pid for process in ps(home) if process.name == "worker")
    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: next(p.restarts for p in ps(home) if p.name == "worker") == 1)
    # The new one with one pool process; the old pool went with its parent.
    wait_until(lambda: [name for name, _ in find_marked(home)].count("worker") == 2)
    assert "worker" in down(home)


def test_servers_for_tests_run_while_the_context_is_open(tmp_path: Path) -> None:
    keep_ports(tmp_path)
    with servers(tmp_path) as endpoints:
        put(StackFile(endpoints))
        with pytest.raises(InfrastructureError, match="already"), servers(tmp_path):
            pass
    assert find_marked(tmp_path) == []
    with servers(tmp_path) as endpoints:
        assert get(StackFile(endpoints)) == (b"photo", "1")
        assert json.loads((tmp_path / "ports.json").read_text())
