"""The self-signed certificate with which SeaweedFS' components authenticate each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from glasses.config.extras import local_extra_missing
from infra.local.folder import write_private

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    raise local_extra_missing("cryptography") from None

_VALIDITY = timedelta(days=3650)
_BACKDATING = timedelta(days=1)
"""Keeps the certificate valid if the clock is set back."""


def write_certificate(cert: Path, key: Path) -> None:
    """Write a new key and its self-signed certificate, readable by the owner only.

    The certificate is its own CA: only the holder of this key is trusted.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "glasses local stack")])
    now = datetime.now(UTC)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - _BACKDATING)
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key, secret.decode())
    write_private(cert, certificate.public_bytes(pem).decode())
