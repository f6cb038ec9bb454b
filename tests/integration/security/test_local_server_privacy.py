"""The local stack shows no secret to other users of the machine."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from glasses.config.settings import load_settings
from glasses.config.stack_file import StackFile
from glasses.storage.object_store import ObjectStore, image_key
from infra.local import seaweed
from infra.local.ports import remembered_ports
from infra.local.process import find_marked, stop
from infra.local.stack import up
from tests.support.ports import keep_ports
from tests.support.raw_http import response_body
from tests.support.unprivileged import NOBODY

SHA256 = "0" * 64
FOREIGN_KEY = "AKIA-of-another-program"
"""Credentials for other programs in the user's environment."""
CREDENTIAL_FILES = {"credentials.json", "stack.json", "s3.json", "valkey.conf", "s3-key.pem"}
CONNECT = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
for path in sys.argv[2:]:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print(path)
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, StackFile]]:
    """Yield a stack with a worker and one photo in its object store."""
    home = tmp_path_factory.mktemp("stack").resolve()
    keep_ports(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", FOREIGN_KEY)
        patched.setenv("AWS_SECRET_ACCESS_KEY", FOREIGN_KEY)
        stack = up(home, 1, load_settings()).stack
    ObjectStore(load_settings(**stack.settings)).put(image_key(SHA256), b"a photo")
    yield home, stack
    stop([], [identity for _, identity in find_marked(home)], timeout=0)
    seaweed.remove_sockets(home)


def credentials(stack: StackFile) -> list[str]:
    """Return everything with which a client authenticates."""
    password = urlsplit(stack.settings["redis_url"]).password
    assert password
    return [stack.settings["s3_access_key"], stack.settings["s3_secret_key"], password, FOREIGN_KEY]


def sockets(home: Path) -> list[Path]:
    """Return the Unix sockets on which the stack's processes listen."""
    names = {
        str(connection.laddr)
        for _, identity in find_marked(home)
        for connection in psutil.Process(identity.pid).net_connections("unix")
    }
    return [home / "s3" / name for name in names if name and not name.startswith("@")]


def test_no_credential_is_in_a_log_or_in_a_file_readable_by_others(
    running: tuple[Path, StackFile],
) -> None:
    home, stack = running
    for path in home.rglob("*"):
        if not path.is_file():
            continue
        if path.name in CREDENTIAL_FILES:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            continue
        content = path.read_bytes()
        assert not [secret for secret in credentials(stack) if secret.encode() in content], path


def test_no_credential_is_in_a_command_line_or_an_environment_readable_by_others(
    running: tuple[Path, StackFile],
) -> None:
    home, stack = running
    for process in psutil.process_iter():
        try:
            line = "\0".join([*process.cmdline(), process.name()])
        except psutil.Error:
            continue
        assert not [secret for secret in credentials(stack) if secret in line], process
    for _, identity in find_marked(home):
        assert Path(f"/proc/{identity.pid}/environ").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_unix_socket_is_open_to_other_users(running: tuple[Path, StackFile]) -> None:
    home, _ = running
    found = sockets(home)
    assert found
    assert not [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if os.geteuid():
        pytest.skip("becoming another user needs root")
    code = [sys.executable, "-c", CONNECT, str(NOBODY), *map(str, found)]
    assert subprocess.run(code, capture_output=True, text=True, check=True).stdout == ""


def test_http_sockets_are_in_the_private_folder(running: tuple[Path, StackFile]) -> None:
    home, _ = running
    outside = [path for path in sockets(home) if home not in path.parents]
    assert not [path for path in outside if "grpc" not in path.name]


def test_pages_without_a_key_show_no_photo_and_no_credential(
    running: tuple[Path, StackFile],
) -> None:
    home, stack = running
    pages = (
        "/", "/status", "/cluster/status", "/ui/index.html", "/metrics", "/healthz",
        "/debug/vars", "/api/status", "/stats/health", "/dir/status",
    )  # fmt: skip
    for option, port in remembered_ports(home).items():
        for page in pages:
            said = response_body(port, "GET", page)
            assert SHA256.encode() not in said or option == "s3.port", (option, page)
            assert not [s for s in credentials(stack) if s.encode() in said], (option, page)


def test_a_home_whose_path_is_too_long_for_sockets_works(tmp_path: Path) -> None:
    home = (tmp_path / ("long" * 30)).resolve()
    assert len(str(home / "s3" / "s3.sock")) > 108
    keep_ports(home)
    try:
        stack = up(home, 0, load_settings()).stack
        with socket.create_connection(
            ("127.0.0.1", urlsplit(stack.settings["s3_endpoint"]).port or 0)
        ):
            pass
    finally:
        stop([], [identity for _, identity in find_marked(home)], timeout=0)
        seaweed.remove_sockets(home)
