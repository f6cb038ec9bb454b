from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from glasses.config.settings import load_settings
from glasses.errors import InfrastructureError, UsageError
from infra.local import ports, restarter, seaweed, workers
from infra.local.credentials import load_credentials
from infra.local.folder import prepare, purge
from infra.local.lock import LockBusyError, hold, holder
from infra.local.logs import tail
from infra.local.ports import take_ports
from infra.local.process import Command, find_marked, identify, is_alive, start, stop
from infra.local.restarter import Restarter
from tests.support.wait import wait_until

SLEEP = Command("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
STUBBORN = Command(
    "stubborn",
    [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)",
    ],
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    prepare(tmp_path)
    return tmp_path


def test_a_process_is_identified_by_its_mark_until_it_exits(home: Path) -> None:
    identity = start(SLEEP, home)
    assert is_alive(identity)
    assert find_marked(home) == [("sleeper", identity)]
    assert find_marked(home / "elsewhere") == []
    stop([identity])
    assert not is_alive(identity)
    assert find_marked(home) == []


def test_a_recycled_pid_counts_as_another_process() -> None:
    me = identify(os.getpid())
    assert me
    assert is_alive(me)
    assert not is_alive(replace(me, started=me.started - 3600))


def test_stop_kills_a_process_that_ignores_sigterm(home: Path) -> None:
    identity = start(STUBBORN, home)
    log = home / "logs" / "stubborn.log"
    wait_until(lambda: "deaf" in log.read_text())
    stop([identity], timeout=0.2)
    assert not is_alive(identity)


@pytest.mark.skipif(sys.platform != "linux", reason="a feature of Linux")
def test_a_process_dies_with_its_parent_if_requested(home: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path;"
        "from infra.local.process import Command, start;"
        "child = start(Command('child', ['/bin/sleep', '60']), Path(sys.argv[1]), True);"
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **workers.own_environment(home)},
    ) as parent:
        assert parent.stdout
        child = identify(int(parent.stdout.readline()))
        assert child
        time.sleep(0.3)  # it asks the kernel a moment after its start
        assert is_alive(child)
        parent.kill()
    wait_until(lambda: not is_alive(child))


def test_a_lock_has_one_holder_and_names_it(home: Path) -> None:
    path = home / "lock"
    assert holder(path) is None
    with hold(path, 0):
        assert holder(path) == identify(os.getpid())
        with pytest.raises(LockBusyError), hold(path, 0):
            pass
    assert holder(path) is None


def test_a_lock_on_a_removed_file_blocks_nobody(home: Path) -> None:
    path = home / "lock"
    with hold(path, 0):
        path.unlink()
        with hold(path, 0):
            assert holder(path)


def test_ports_are_free_and_the_same_next_time(home: Path) -> None:
    first = take_ports(home, ["a", "b"])
    assert take_ports(home, ["a", "b"]) == first
    with socket.create_server(("127.0.0.1", first["a"])):
        second = take_ports(home, ["a", "b"])
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]
    assert not set(take_ports(home, ["a", "b"], fresh=True).values()) & set(second.values())


def test_ports_are_below_the_ephemeral_range(home: Path) -> None:
    assert max(take_ports(home, [str(n) for n in range(50)]).values()) < 32_768


def test_a_machine_without_free_ports_is_reported(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as only:
        port = only.getsockname()[1]
        monkeypatch.setattr(ports, "_CANDIDATES", range(port, port + 1))
        with pytest.raises(InfrastructureError, match=f"no port between {port} and {port} is free"):
            take_ports(home, ["a"])


def test_credentials_persist_and_are_private(home: Path) -> None:
    made = load_credentials(home)
    assert load_credentials(home) == made
    assert (home / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_purge_keeps_files_that_do_not_belong_to_the_stack(home: Path) -> None:
    load_credentials(home)
    take_ports(home, ["a"])
    (home / "photos").mkdir()
    purge(home)
    assert [path.name for path in home.iterdir()] == ["photos"]


def test_an_interrupted_purge_leaves_no_partial_data_and_is_completed_later(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_credentials(home)
    for name in ("valkey", "s3"):
        (home / name / "data").touch()

    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            purge(home)
    assert not [name for name in ("valkey", "s3", "credentials.json") if (home / name).exists()]
    purge(home)
    assert list(home.iterdir()) == []


def test_purge_does_not_follow_links(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "file").touch()
    (home / "s3").rmdir()
    (home / "s3").symlink_to(elsewhere)
    purge(home)
    assert (elsewhere / "file").exists()
    assert not (home / "s3").exists()


def test_the_restarter_backs_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarter, "FIRST_DELAY_SECONDS", 0.01)
    kept = Restarter(SLEEP, home)
    pids = [kept.identity.pid]
    waits = []
    for _ in range(3):
        os.kill(kept.identity.pid, signal.SIGKILL)
        died = time.monotonic()
        while not kept.restart_if_dead():
            time.sleep(0.002)
        waits.append(time.monotonic() - died)
        pids.append(kept.identity.pid)
    stop([kept.identity])
    assert kept.restarts == 3
    assert len(set(pids)) == 4
    assert waits[2] > 0.04


def test_workers_receive_every_setting_and_no_argument_is_secret(home: Path) -> None:
    settings = load_settings(
        redis_url="redis://:hush@127.0.0.1:1/0",
        s3_endpoint="http://127.0.0.1:2",
        s3_access_key="key",
        s3_secret_key="hush",
        retention_days=3,
    )
    command = workers.command(home, 2, settings)
    assert command.env["GLASSES_REDIS_URL"] == "redis://:hush@127.0.0.1:1/0"
    assert command.env["GLASSES_RETENTION_DAYS"] == "3"
    assert command.env["GLASSES_HOME"] == str(home)
    assert "hush" not in " ".join(command.argv)
    handed_on = workers.environment(settings, without=workers.ENDPOINTS)
    assert "hush" not in "".join(handed_on.values())


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seaweed, "PACKAGE", "no-such-package")
    with pytest.raises(UsageError, match=r"people-with-glasses\[local\]"):
        seaweed.binary()


def test_the_tail_of_a_log_starts_at_the_given_offset(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old\n" + "".join(f"line {n}\n" for n in range(30)))
    assert tail(log, lines=2) == "  line 28\n  line 29"
    assert tail(log, since=4 + len("line 0\n"), lines=99).startswith("  line 1\n")
    assert tail(tmp_path / "none") == "  (empty)"
