"""The gRPC ports of the local S3 server require its client certificate."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore, image_key
from infra.local import seaweed
from infra.local.certificate import write_certificate
from infra.local.folder import S3_CERT, S3_KEY
from infra.local.ports import remembered_ports
from infra.local.servers import servers

SHA256 = "0" * 64
SECONDS = 10
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""The first bytes of an HTTP/2 client, on which gRPC builds: preface and empty SETTINGS."""
SETTINGS = 4
"""The type of the frame with which a server answers."""
GRPC = [option for option in seaweed.PORTS if option.endswith(".grpc")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the home of a server that stores one photo."""
    folder = tmp_path_factory.mktemp("grpc")
    with servers(folder) as endpoints:
        store = ObjectStore(load_settings(**endpoints))
        store.put(image_key(SHA256), b"a photo")
        yield folder


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate with the server's subject but another key."""
    folder = tmp_path_factory.mktemp("forged")
    write_certificate(folder / S3_CERT, folder / S3_KEY)
    return folder / S3_CERT, folder / S3_KEY


def answers(port: int, shown: tuple[Path, Path] | None) -> bool:
    """Return whether the port answers HTTP/2 to a client with this certificate, or without one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if shown:
        context.load_cert_chain(*shown)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
        try:
            with context.wrap_socket(plain) as stranger:
                stranger.sendall(HELLO)
                return stranger.recv(9)[3:4] == bytes([SETTINGS])
        except (ssl.SSLError, ConnectionError):
            return False


def answers_unencrypted(port: int) -> bool:
    """Return whether the port answers HTTP/2 without TLS."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as stranger:
        stranger.sendall(HELLO)
        try:
            return stranger.recv(9)[3:4] == bytes([SETTINGS])
        except ConnectionError:
            return False


def listed(home: Path, cwd: Path, shown: tuple[Path, Path] | None) -> str:
    """Return the photos that the shell of SeaweedFS lists."""
    ports = remembered_ports(home)
    env = {}
    if shown:
        cert, key = (str(path) for path in shown)
        env = {"WEED_GRPC_CA": cert, "WEED_GRPC_CLIENT_CERT": cert, "WEED_GRPC_CLIENT_KEY": key}
    master, filer = (
        f"127.0.0.1:{ports[f'{part}.port']}.{ports[f'{part}.port.grpc']}"
        for part in ("master", "filer")
    )
    try:
        done = subprocess.run(
            [str(seaweed.binary()), "shell", f"-master={master}", f"-filer={filer}"],
            input="fs.ls /buckets/glasses/images\nexit\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env=env,
            cwd=cwd,
        )
    except subprocess.TimeoutExpired as error:  # it tries for ever
        return str(error.stdout)
    return done.stdout


@pytest.mark.parametrize("option", GRPC)
def test_a_port_answers_only_clients_with_the_certificate(
    home: Path, forged: tuple[Path, Path], option: str
) -> None:
    port = remembered_ports(home)[option]
    assert answers(port, (home / S3_CERT, home / S3_KEY))
    assert not answers(port, None)
    assert not answers(port, forged)
    assert not answers_unencrypted(port)


def test_the_shell_of_seaweedfs_lists_photos_only_with_the_certificate(
    home: Path, forged: tuple[Path, Path], tmp_path: Path
) -> None:
    assert SHA256 in listed(home, tmp_path, (home / S3_CERT, home / S3_KEY))
    assert SHA256 not in listed(home, tmp_path, None)
    assert SHA256 not in listed(home, tmp_path, forged)


def test_only_the_owner_can_read_the_key(home: Path) -> None:
    assert (home / S3_KEY).stat().st_mode & 0o777 == 0o600
