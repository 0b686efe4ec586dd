# SPDX-License-Identifier: BSD-3-Clause
"""A configuration with one service, for programs that a test starts."""

HEAD = """\
instance: {instance}
user: root
http: {{listen: off}}
dataplane:
  workers: {workers}
  idle: {idle}
  sessions-max: 1000
  ports:
"""
SERVICE = """\
services:
  - name: inbound
    listen: ["198.51.100.25:25"]
    pool: mx
    forward: fullnat
    snat: ["10.0.2.100"]
    client-address: hidden
pools:
  - name: mx
    check: {{{check}}}
    backends:
"""


def smallfile(instance, ports, backends, workers="[0]", idle="poll",
              check="type: tcp"):
    """ports: the keys of each; backends: the address of each, mta1 and on."""
    return "".join((
        HEAD.format(instance=instance, workers=workers, idle=idle),
        *(f"    - {{{keys}}}\n" for keys in ports),
        SERVICE.format(check=check),
        *(f'      - {{name: mta{n}, address: "{address}"}}\n'
          for n, address in enumerate(backends, 1))))
