"""A certificate with which the parts of one server know each other, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.extra import missing_extra
from infra.local.folder import write_private

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    raise missing_extra("cryptography") from None

_LIFE = timedelta(days=3650)
_EARLIER = timedelta(days=1)
"""Valid since, so that a clock that is set back does no harm."""


def write_certificate(cert: Path, key: Path) -> None:
    """Write a new key and the certificate that it has signed for itself, for the owner's eyes only.

    It is its own CA: who holds this key, and no one else, is trusted by who trusts the certificate.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "glasses local stack")])
    now = datetime.now(UTC)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key, secret.decode())
    write_private(cert, made.public_bytes(pem).decode())
