# SPDX-License-Identifier: BSD-3-Clause
"""A mail site whose configuration an operator changes all the time: names,
ports, addresses, VIPs, SNAT lists, pools, services, at random by a seed.

The MTAs of the lab answer at two addresses and two ports each (offer() makes
it so), so that a backend can be moved while its MTA stays.
"""

import random

from network import LAN, MTA_HOSTS, WAN

HEAD = """\
instance: {instance}
user: nobody
dataplane:
  workers: {workers}
  sessions-max: 100000
  ports:
{interfaces}services:
"""

SERVICE = """\
  - name: {name}
    listen: [{listen}]
    pool: {pool}
    forward: fullnat
    snat: [{snat}]
    proxy-protocol: off
    client-address: hidden
    timers: {{closing: 10s}}
"""

POOL = """\
  - name: {name}
    hash: {hash}
    check: {{type: smtp, interval: 500ms, timeout: 10s, rise: 1, fall: 3,
            helo: lb.example.net}}
    backends:
"""

VIPS = [(f"{WAN[4]}{host}", port) for host in (25, 26, 27)
        for port in (25, 587)]
SNATS = [f"{LAN[4]}{host}" for host in range(100, 104)]
OTHER_PORT = 2525
OTHER_HOST = 10  # is added to the MTA's number


def offer(lab):
    """Let every MTA answer at its other address and port as well."""
    for name, host in MTA_HOSTS.items():
        lab.batch(name, f"address add {LAN[4]}{host + OTHER_HOST}/24 dev eth0")
        lab.nft(name, "table ip other {\nchain in {\n"
                "type nat hook prerouting priority dstnat;\n"
                f"tcp dport {OTHER_PORT} redirect to :25\n}}\n}}\n")


class Backend:
    def __init__(self, mta):
        self.mta, self.name = mta, mta
        self.other_host = self.other_port = False
        self.weight = 100

    def line(self):
        host = MTA_HOSTS[self.mta] + OTHER_HOST * self.other_host
        port = OTHER_PORT if self.other_port else 25
        return (f'      - {{name: {self.name}, address: "{LAN[4]}{host}:'
                f'{port}", weight: {self.weight}}}\n')


class Pool:
    def __init__(self, name):
        self.name, self.hash = name, "flow"
        self.backends = [Backend(mta) for mta in MTA_HOSTS]
        self.spare = []  # that left for a while

    def text(self):
        return POOL.format(name=self.name, hash=self.hash) + "".join(
            backend.line() for backend in self.backends)


class Service:
    def __init__(self, name, vips, snats):
        self.name, self.vips, self.snats = name, vips, snats
        self.pool = Pool("mx-" + name)

    def text(self):
        return SERVICE.format(
            name=self.name, pool=self.pool.name,
            listen=", ".join(f'"{host}:{port}"' for host, port in self.vips),
            snat=", ".join(f'"{address}"' for address in self.snats))


class Site:
    """services: at most two; no VIP belongs to both."""

    def __init__(self, seed, **head):
        self.random = random.Random(seed)
        self.head = head
        self.serial = 0
        self.services = [Service("inbound", VIPS[:2], SNATS[:2])]

    def vips(self):
        return [vip for service in self.services for vip in service.vips]

    def text(self):
        return HEAD.format(**self.head) + "".join(
            service.text() for service in self.services) + "pools:\n" + \
            "".join(service.pool.text() for service in self.services)

    def change(self):
        """Change one to three things; returns what was done."""
        return [self.random.choice(self.CHANGES)(self)
                for _ in range(self.random.randint(1, 3))]

    # -- one change each ---------------------------------------------------

    def _new_name(self, kind):
        self.serial += 1
        return f"{kind}{self.serial}"

    def _service(self):
        return self.random.choice(self.services)

    def _backend(self):
        return self.random.choice(self._service().pool.backends)

    def rename_pool(self):
        pool = self._service().pool
        pool.name = self._new_name("pool")
        return f"pool {pool.name}"

    def rename_backend(self):
        backend = self._backend()
        backend.name = self._new_name("m")
        return f"backend {backend.name}"

    def move_backend(self):
        backend = self._backend()
        backend.other_host = not backend.other_host
        return f"address of {backend.name}"

    def change_port(self):
        backend = self._backend()
        backend.other_port = not backend.other_port
        return f"port of {backend.name}"

    def change_weight(self):
        backend = self._backend()
        backend.weight = self.random.randint(1, 200)
        return f"weight of {backend.name}"

    def remove_backend(self):
        pool = self._service().pool
        if len(pool.backends) < 2:
            return "nothing"
        pool.spare.append(pool.backends.pop(
            self.random.randrange(len(pool.backends))))
        return f"without {pool.spare[-1].name}"

    def return_backend(self):
        pool = self._service().pool
        if not pool.spare:
            return "nothing"
        pool.backends.append(pool.spare.pop())
        return f"again with {pool.backends[-1].name}"

    def change_hash(self):
        pool = self._service().pool
        pool.hash = self.random.choice(["flow", "source"])
        return f"hash of {pool.name}"

    def change_vips(self):
        """Others, of those that the other service does not have."""
        service = self._service()
        free = [vip for vip in VIPS if vip not in self.vips() or
                vip in service.vips]
        service.vips = self.random.sample(
            free, self.random.randint(1, min(3, len(free))))
        return f"VIPs of {service.name}"

    def change_snats(self):
        service = self._service()
        service.snats = self.random.sample(SNATS, self.random.randint(1, 3))
        return f"SNAT addresses of {service.name}"

    def rename_service(self):
        service = self._service()
        service.name = self._new_name("service")
        return f"service {service.name}"

    def split_service(self):
        """A second service takes some VIPs over; or there is one again."""
        if len(self.services) == 2:
            kept, gone = self.services
            kept.vips = kept.vips + gone.vips
            self.services = [kept]
            return f"without service {gone.name}"
        first = self.services[0]
        if len(first.vips) < 2:
            return "nothing"
        second = Service(self._new_name("service"), first.vips[:1],
                         self.random.sample(SNATS, 2))
        first.vips = first.vips[1:]
        self.services.append(second)
        return f"service {second.name}"

    CHANGES = [rename_pool, rename_backend, move_backend, change_port,
               change_weight, remove_backend, return_backend, change_hash,
               change_vips, change_snats, rename_service, split_service]
