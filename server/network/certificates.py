"""The certificate of a server that speaks HTTPS itself: one that somebody has, or one that it makes for its own names.

A certificate that nobody else has signed keeps what is sent from those who listen, but does not show a browser by
itself that it has reached the right machine: the browser warns once, and people compare the fingerprint.
"""

import hashlib
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_client import localinterfaces

from guanai.care.errors import GuanaiError

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

__all__ = ["Certificate", "self_made", "server_context"]

# Apple's devices take no certificate that is valid for longer: days.
VALID_DAYS = 825
# So many days before its end it is made again.
RENEW_DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """The files of a certificate and its key; ``fingerprint`` as browsers show it, and whether it was made just now."""

    certificate: Path
    key: Path
    fingerprint: str = ""
    is_new: bool = False


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Return what a server needs to speak HTTPS. Raises GuanaiError for files that are no certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password of its own, a key that has one would be asked for on the console.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        files = "、".join(str(file) for file in (certificate, key) if file)
        raise GuanaiError("serve.bad_certificate", files=files, reason=str(error)) from error
    return context


def self_made(folder: Path, host: str) -> Certificate:
    """Return the certificate of this machine, made once and kept in ``folder``; ``host`` is an additional name.

    It is made again when it ends within `RENEW_DAYS` or cannot be read.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    fingerprint = _valid_fingerprint(certificate, key)
    if fingerprint:
        return Certificate(certificate, key, fingerprint)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make(certificate, key, names_of_machine(host))
    return Certificate(certificate, key, _valid_fingerprint(certificate, key), is_new=True)


def names_of_machine(host: str) -> list[str]:
    """Return the names and addresses by which this machine is reached."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname()]
    with suppress(OSError):
        names.append(socket.getfqdn())
    names += localinterfaces.public_ips()
    names.append(host.strip("[]"))
    return [name for name in dict.fromkeys(names) if name and name not in ("0.0.0.0", "::")]  # noqa: S104


def _valid_fingerprint(certificate: Path, key: Path) -> str:
    """Return the SHA-256 fingerprint of a certificate that can still be used, else an empty text."""
    from cryptography import x509  # only HTTPS needs it

    try:
        server_context(certificate, key)
        parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (GuanaiError, OSError, ValueError):
        return ""
    if parsed.not_valid_after_utc < datetime.now(UTC) + timedelta(days=RENEW_DAYS):
        return ""
    from cryptography.hazmat.primitives.serialization import Encoding

    digest = hashlib.sha256(parsed.public_bytes(Encoding.DER)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _make(certificate: Path, key: Path, names: Iterable[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64])])
    began = datetime.now(UTC) - timedelta(hours=1)  # a browser's clock may be behind
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, content in ((key, secret), (certificate, signed.public_bytes(serialization.Encoding.PEM))):
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


def _general_name(name: str) -> "GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())
