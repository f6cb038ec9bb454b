"""Hosts on this machine: network namespaces with addresses of their own, joined by a bridge.

Needs root. What runs on a host sees the machine's files read-only, other hosts by their names, and
a `/run` of its own. The bridge is in a namespace, too: the firewall of a machine with Docker drops
what passes a bridge that Docker does not know.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_ENTER = """
set -e
mount --make-rprivate /
mount --bind "$HOSTS" /etc/hosts
mount -t tmpfs tmpfs /run
install -d -o "${USER_ID%:*}" -g "${USER_ID#*:}" -m 700 /run/glasses
if [ -n "$SHARED" ]; then mkdir /run/shared; mount --bind "$SHARED" /run/shared; fi
kept=0
IFS=:
for path in $NEEDED; do
  kept=$((kept + 1)); mkdir -p /run/needed/$kept; mount --bind "$path" /run/needed/$kept
done
mount -t tmpfs tmpfs /tmp
kept=0
for path in $NEEDED; do
  kept=$((kept + 1)); mkdir -p "$path"; mount --bind /run/needed/$kept "$path"
  mount -o remount,bind,ro "$path"; umount /run/needed/$kept
done
unset IFS
mount -o remount,bind,ro /
hostname "$NAME"
cd /run/glasses
exec setpriv --reuid="${USER_ID%:*}" --regid="${USER_ID#*:}" --clear-groups --no-new-privs \
  --inh-caps=+dac_read_search --ambient-caps=+dac_read_search \
  --bounding-set=-all,+dac_read_search env -i "$@"
"""
"""An image's files can be read by its user; here those of the tests are root's, hence the one
capability, to read them."""


_ROOT = Path(__file__).parents[2]


def _needed(environment: Mapping[str, str]) -> list[str]:
    """Return the folders of checkout and Python that a host's private `/tmp` would hide."""
    code = [Path(path) for path in environment.get("PYTHONPATH", "").split(":")]
    programs = [Path(path).parent for path in environment["PATH"].split(":")]
    return [str(path) for path in (_ROOT, *code, *programs) if Path("/tmp") in path.parents]


def skip_reason() -> str | None:
    """Return why hosts cannot be created on this machine; None if they can."""
    if sys.platform != "linux" or os.geteuid():
        return "network namespaces need root on Linux"
    probe = f"glp{os.getpid()}"[:12]
    tried = subprocess.run(
        f"ip netns add {probe} && ip link add {probe} type bridge && unshare --mount --uts "
        f"mount -t tmpfs tmpfs /run; status=$?; ip link del {probe}; ip netns del {probe}; "
        "exit $status; setpriv --version",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    return None if tried.returncode == 0 else f"no network namespaces here: {tried.stderr.strip()}"


class Network:
    """A bridge, to which this machine is connected with the first address of the network."""

    def __init__(self, folder: Path) -> None:
        self._id = f"gl{random.randrange(16**5):05x}"
        self._switch = f"{self._id}-switch"
        self._subnet = f"10.{random.randrange(200, 250)}.{random.randrange(256)}"
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.addresses: dict[str, str] = {}
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")
        _ip(
            "link", "add", self._id, "type", "veth", "peer", "name", "uplink", "netns", self._switch
        )
        _ip("-n", self._switch, "link", "set", "uplink", "master", "bridge", "up")
        _ip("address", "add", f"{self._subnet}.1/24", "dev", self._id)
        _ip("link", "set", self._id, "up")

    def add(self, name: str) -> None:
        """Add a host. Add all hosts before starting a program on any."""
        number = len(self.addresses) + 2
        port, namespace = f"port{number}", f"{self._id}-{name}"
        self.addresses[name] = f"{self._subnet}.{number}"
        _ip("netns", "add", namespace)
        _ip("-n", self._switch, "link", "add", port, "type", "veth", "peer", "name", "eth0",
            "netns", namespace)  # fmt: skip
        _ip("-n", self._switch, "link", "set", port, "master", "bridge", "up")
        for line in (
            f"address add {self.addresses[name]}/24 dev eth0", "link set eth0 up", "link set lo up",
        ):  # fmt: skip
            _ip("-n", namespace, *line.split())

    def cut(self, name: str) -> None:
        """Disconnect a host."""
        number = self.addresses[name].rsplit(".", 1)[1]
        _ip("-n", self._switch, "link", "set", f"port{number}", "down")

    def start(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        user: str,
        shared: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program on a host as a user, with only this environment.

        Signals reach it, since its process is the program itself. `shared` is at `/run/shared`.
        """
        hosts = self._folder / "hosts"
        known = {"localhost": "127.0.0.1", **self.addresses}
        hosts.write_text("".join(f"{address} {host}\n" for host, address in known.items()))
        variables = [f"{key}={value}" for key, value in environment.items()]
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self._id}-{name}", "unshare", "--mount", "--uts",
                 "sh", "-c", _ENTER, "sh", *variables, *argv],
                env={
                    "PATH": os.environ["PATH"], "HOSTS": str(hosts), "NAME": name,
                    "USER_ID": user, "SHARED": str(shared or ""),
                    "NEEDED": ":".join(_needed(environment)),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def remove(self) -> None:
        """Kill all programs on all hosts and remove the hosts."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, 9)
                process.wait(10)
        for name in self.addresses:
            namespace = f"{self._id}-{name}"
            pids = subprocess.run(
                ["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False
            )
            for pid in pids.stdout.split():  # pool processes whose parent was killed
                subprocess.run(["kill", "-9", pid], capture_output=True, check=False)
            _ip("netns", "del", namespace)
        _ip("link", "del", self._id)
        _ip("netns", "del", self._switch)


def run_in(process: subprocess.Popen[bytes], command: Sequence[str]) -> int:
    """Run a command beside a program, as a health check does; return its exit code."""
    inside = ["nsenter", f"--target={process.pid}", "--mount", "--net", "--uts", *command]
    return subprocess.run(inside, check=False, capture_output=True).returncode


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    made = Network(folder)
    try:
        yield made
    finally:
        made.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
