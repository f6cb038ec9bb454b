"""Files of a killed stack never lead a command to whatever listens on its ports now."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

from glasses.config.settings import load_settings
from glasses.config.stack_file import read_stack
from infra.local.process import find_marked
from infra.local.stack import up
from tests.support.commands import glasses
from tests.support.wait import wait_until


def received(server: socket.socket) -> bytes:
    """Return what a server received; an orphan of another test may connect by mistake."""
    heard = b""
    while True:
        try:
            caller, _ = server.accept()
        except BlockingIOError:
            return heard
        with caller:
            caller.settimeout(1)
            with suppress(OSError):
                heard += caller.recv(4096)


def test_no_command_connects_to_foreign_servers_on_the_ports_of_a_killed_stack(home: Path) -> None:
    # By the command, so that nothing here is the parent of what dies, and must bury it.
    assert glasses("up", "--detach", "--workers", "0", home=home).returncode == 0
    stack = read_stack(home)
    assert stack
    password = urlsplit(stack.settings["redis_url"]).password
    assert password
    secrets = [password, stack.settings["s3_access_key"]]
    for _, identity in find_marked(home):
        os.kill(identity.pid, signal.SIGKILL)
    wait_until(lambda: find_marked(home) == [])
    with ExitStack() as exits:
        strangers = []
        for name in ("redis_url", "s3_endpoint"):
            port = urlsplit(stack.settings[name]).port or 0
            server = exits.enter_context(socket.create_server(("127.0.0.1", port)))
            server.setblocking(False)
            strangers.append(server)
        done = glasses("jobs", home=home)
        assert done.returncode == 3
        assert "the local stack is stopped, its jobs are kept: `glasses up --detach`" in done.stderr
        for server in strangers:
            heard = received(server)
            assert not [secret for secret in secrets if secret.encode() in heard]
    again = up(home, 0, load_settings())
    assert not again.already_running


def test_servers_whose_supervisor_was_killed_are_still_found(home: Path) -> None:
    stack = up(home, 0, load_settings()).stack
    os.kill(stack.processes["supervisor"]["pid"], signal.SIGKILL)
    assert glasses("jobs", home=home).returncode == 0
    scaled = glasses("scale", "1", home=home)
    assert scaled.returncode == 3
    assert "start it with `glasses up --detach`" in scaled.stderr
