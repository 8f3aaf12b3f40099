"""HTTPS without a proxy: a certificate that the machine makes once, and one that somebody has.

Requirement: a served page is reached by HTTPS, with or without a proxy (7.11, 7.12).
"""

import socket
import ssl
import sys
from datetime import timedelta

import pytest
from cryptography import x509
from support.servers import own_port, wait_until

from guanai.care.errors import GuanaiError
from guanai.server.commands.cli import parser
from guanai.server.commands.serve_commands import tls_of
from guanai.server.network import certificates
from guanai.server.network.certificates import VALID_DAYS, self_made, server_context


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return self_made(tmp_path_factory.mktemp("tls") / "tls", "guanai.school.example")


def test_it_names_the_machine_and_nothing_is_readable_to_others(made):
    parsed = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "guanai.school.example", socket.gethostname()} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    assert "127.0.0.1" in {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert parsed.not_valid_after_utc - parsed.not_valid_before_utc <= timedelta(days=VALID_DAYS)
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    if sys.platform != "win32":
        assert made.certificate.parent.stat().st_mode & 0o077 == 0
        assert made.key.stat().st_mode & 0o077 == 0


def test_it_is_made_once(made):
    again = self_made(made.certificate.parent, "another.example")
    assert (again.fingerprint, again.is_new) == (made.fingerprint, False)
    assert len(made.fingerprint.split(":")) == 32


def test_one_that_is_damaged_or_nearly_over_is_made_again(tmp_path, monkeypatch):
    first = self_made(tmp_path, "")
    first.key.write_text("x")
    second = self_made(tmp_path, "")
    assert second.is_new
    assert second.fingerprint != first.fingerprint
    monkeypatch.setattr(certificates, "RENEW_DAYS", VALID_DAYS + 1)
    assert self_made(tmp_path, "").is_new


def test_old_versions_of_tls_are_refused(made):
    context = server_context(made.certificate, made.key)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", ["", "no certificate", None])
def test_files_that_are_no_certificate_are_named(tmp_path, content):
    file = tmp_path / "x.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(GuanaiError) as refused:
        server_context(file, None)
    assert refused.value.key == "serve.bad_certificate"
    assert "x.pem" in str(refused.value)


def test_a_key_alone_is_refused(tmp_path):
    options = parser().parse_args(["serve", str(tmp_path), "--key", "k.pem"])
    with pytest.raises(GuanaiError) as refused:
        tls_of(options)
    assert refused.value.key == "serve.key_alone"
    assert tls_of(parser().parse_args(["serve", str(tmp_path)])) is None


@pytest.mark.slow
def test_a_school_is_served_by_https_and_says_what_the_browser_will_say(tmp_path, school):
    import subprocess

    port = own_port(21_000)
    command = [
        sys.executable,
        "-m",
        "guanai.server",
        "serve",
        str(school.folder.path),
        "--tls",
        "--no-browser",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        lines = [process.stdout.readline() for _ in range(2)]
        assert f"https://127.0.0.1:{port}/" in lines[0]
        certificate = school.folder.internal / "tls" / "certificate.pem"
        assert self_made(certificate.parent, "").fingerprint in lines[1]
        trusted = ssl.create_default_context(cafile=certificate)

        def answer():
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as plain:
                    with trusted.wrap_socket(plain, server_hostname="localhost") as connection:
                        connection.sendall(
                            b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        )
                        return connection.makefile("rb").read().decode()
            except OSError:
                return ""

        assert wait_until(lambda: " 200 OK" in answer())
        text = answer()
        assert "Strict-Transport-Security: max-age=86400" in text
        assert "Set-Cookie: _xsrf=" in text
        assert "Secure" in text.split("Set-Cookie: _xsrf=")[1].splitlines()[0]
    finally:
        process.terminate()
        process.wait(30)
