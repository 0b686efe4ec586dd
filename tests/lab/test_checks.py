#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import subprocess

import mta
from lab import Lab, check, main, wait_for
from mta.exim import Exim
from mta.opensmtpd import OpenSmtpd
from mta.postfix import Postfix, StartTls

CHECK = ("helo: lb.example.net, tls-every: 1s, "
         "expect: [SIZE>=1000000], probe-recipient: inbox@example.org")


def make_pair(server):
    """A certificate of its own, and its key."""
    cert, key = server.dir / "cert.pem", server.dir / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-days", "20", "-subj",
         server.text("/CN={name}.{domain}"), "-keyout", key, "-out", cert],
        check=True, stderr=subprocess.DEVNULL)
    return cert, key


class TlsExim(Exim):
    def configure(self):
        super().configure()
        cert, key = make_pair(self)
        key.chmod(0o644)  # nobody reads it
        config = self.dir / "exim.conf"
        config.write_text(config.read_text().replace(
            "tls_advertise_hosts =",
            f"tls_advertise_hosts = *\ntls_certificate = {cert}\n"
            f"tls_privatekey = {key}"))


class TlsOpenSmtpd(OpenSmtpd):
    """As Debian 12 ships it, it fails every handshake."""
    def configure(self):
        super().configure()
        cert, key = make_pair(self)
        config = self.dir / "smtpd.conf"
        config.write_text(
            f'pki lab cert "{cert}"\npki lab key "{key}"\n' +
            config.read_text().replace("no-dsn", "tls pki lab no-dsn"))


class KeylessPostfix(StartTls):
    """It offers STARTTLS, says 220, and has no certificate."""
    def configure(self):
        super().configure()
        (self.dir / "tls.pem").unlink()


class WorklessPostfix(Postfix):
    """It greets, and takes no recipient: its lookups fail."""
    def configure(self):
        super().configure()
        config = self.dir / "etc" / "main.cf"
        config.write_text(config.read_text() +
                          "smtpd_recipient_restrictions = "
                          "check_recipient_access tcp:127.0.0.1:1\n")


def start(lab):
    lab.config.write_text(lab.config_text().replace(
        "helo: lb.example.net", CHECK))
    lab.start_controlplane()


def shown(lab, name):
    return lab.ask("show", "backend", f"mx/{name}")


def reason(lab, name):
    return shown(lab, name)["check"].get("reason")


def last_words(lab, name):
    return {row["phase"]: row["said"] for row in shown(lab, name)["phases"]}


def good_and_bad_tls():
    with Lab() as lab:
        lab.start_mtas(("starttls", "tlsexim", "tlsopensmtpd"))
        start(lab)
        for name in ("mta1", "mta2"):
            wait_for(lambda name=name: shown(lab, name)["health"] == "up",
                     f"{name} is up", 120)
            row = shown(lab, name)
            said = last_words(lab, name)
            check(reason(lab, name) == "ok" and
                  said["rcpt"].startswith("250"),
                  f"{name} takes the probe-recipient: {said.get('rcpt')}")
            check(row["tls"]["version"] == "TLSv1.3" and
                  row["tls"]["certificate"]["days_left"] in (19, 20, 29, 30),
                  f"{name} speaks {row['tls']['version']}")
        wait_for(lambda: shown(lab, "mta3")["health"] == "degraded",
                 "OpenSMTPD of Debian 12 is degraded", 120)
        check(reason(lab, "mta3") == "tls-failed",
              f"as it fails: {shown(lab, 'mta3')['check']['reply']}")
        lab.config.write_text(lab.config.read_text().replace(
            CHECK, CHECK + ", starttls: require"))
        lab.run_cli("config", "apply", lab.config)
        wait_for(lambda: shown(lab, "mta3")["health"] == "down",
                 "and down if TLS is required", 120)
        for name in ("mta1", "mta2"):
            check(shown(lab, name)["health"] == "up", f"{name} stays up")
        logs = "".join(path.read_text(errors="replace") for path in
                       lab.mtas["mta1"].dir.glob("log*"))
        check("disconnect from" in logs and "lost connection" not in logs,
              "Postfix has seen orderly ends alone")
        logs = "".join(path.read_text(errors="replace") for path in
                       lab.mtas["mta2"].dir.glob("*log"))
        check("TLS connection was non-properly" not in logs and
              "TLS error" not in logs and "lost" not in logs,
              "and so has Exim")


def without_work():
    with Lab() as lab:
        lab.start_mtas(("postscreen", "keyless", "workless"))
        start(lab)
        wait_for(lambda: reason(lab, "mta1") == "ok",
                 "postscreen passes, and hands on to smtpd", 120)
        wait_for(lambda: reason(lab, "mta2") == "tls-failed",
                 "Postfix without its key offers STARTTLS, and fails", 120)
        wait_for(lambda: reason(lab, "mta3") == "rcpt-later",
                 "Postfix whose lookups fail greets, and does no work", 120)
        check(shown(lab, "mta3")["health"] != "up",
              f"and is {shown(lab, 'mta3')['health']}")


def test():
    """Checks of real MTAs: TLS that works and that does not, and work."""
    mta.KINDS.update(tlsexim=TlsExim, tlsopensmtpd=TlsOpenSmtpd,
                     keyless=KeylessPostfix, workless=WorklessPostfix)
    good_and_bad_tls()
    without_work()


if __name__ == "__main__":
    main(test)
