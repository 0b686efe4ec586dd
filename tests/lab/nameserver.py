# SPDX-License-Identifier: BSD-3-Clause
"""A name server (nsd) and a resolver (unbound) in a namespace of the lab.

nsd has the zones that a test writes, on port 5300 of the loopback.  unbound asks
it, on port 53 there, as an operator's resolver would ask the world.
"""

import shutil
import signal
import subprocess

from claims import wait_for

AUTHORITY = 5300
RESOLVER = "127.0.0.1"

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  pidfile: "{dir}/nsd.pid"
  database: ""
  zonesdir: "{dir}"
  zonelistfile: "{dir}/zone.list"
  xfrdfile: "{dir}/xfrd.state"
  xfrdir: "{dir}"
  zonefiles-check: yes
  refuse-any: no
remote-control:
  control-enable: no
"""

ZONE = """
zone:
  name: "{name}"
  zonefile: "{name}.zone"
"""

# What does not exist is asked for again soon.
UNBOUND = """
server:
  interface: 127.0.0.1
  username: ""
  chroot: ""
  directory: "{dir}"
  pidfile: "{dir}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  do-not-query-localhost: no
  cache-max-negative-ttl: 1
  local-zone: "test." nodefault
  infra-host-ttl: 1
remote-control:
  control-enable: no
"""

STUB = """
stub-zone:
  name: "{name}"
  stub-addr: 127.0.0.1@{port}
"""

SOA = """\
$ORIGIN {name}.
$TTL 10
@ SOA ns.{name}. admin.{name}. {serial} 60 60 600 1
@ NS ns.{name}.
ns A 127.0.0.1
"""


class NameServers:
    """zones: text of records by name.  dead: names of zones for which unbound
    finds no server that knows them, so that it says SERVFAIL."""

    def __init__(self, lab, space, zones, dead=()):
        self.lab, self.space = lab, space
        self.dir = lab.dir / "dns"
        self.dir.mkdir()
        self.serial = 0
        trees = lab.build / "mta"
        for name, records in zones.items():
            self._write(name, records)
        (self.dir / "nsd.conf").write_text(
            NSD.format(dir=self.dir, port=AUTHORITY) +
            "".join(ZONE.format(name=name) for name in zones))
        (self.dir / "unbound.conf").write_text(
            UNBOUND.format(dir=self.dir) +
            "".join(STUB.format(name=name, port=AUTHORITY) for name in zones) +
            "".join(STUB.format(name=name, port=AUTHORITY) for name in dead))
        self.nsd = lab.spawn(space, [
            trees / "nsd/usr/sbin/nsd", "-d", "-c", self.dir / "nsd.conf"])
        self.unbound = lab.spawn(space, [
            trees / "unbound/usr/sbin/unbound", "-d", "-c",
            self.dir / "unbound.conf"])
        for port in (AUTHORITY, 53):
            wait_for(lambda p=port: self._listens(p), f"DNS at port {port}")

    def _write(self, name, records):
        self.serial += 1
        draft = self.dir / f"{name}.new"
        draft.write_text(SOA.format(name=name, serial=self.serial) + records)
        shutil.move(draft, self.dir / f"{name}.zone")

    def _listens(self, port):
        with_port = self.lab.run(self.space, "ss", "-Hltn", f"sport = {port}",
                                 stdout=subprocess.PIPE).stdout
        return with_port.strip() != b""

    def change(self, name, records):
        """Replace the records of a zone."""
        self._write(name, records)
        self.nsd.popen.send_signal(signal.SIGHUP)

    def stop_resolver(self):
        self.unbound.end()
