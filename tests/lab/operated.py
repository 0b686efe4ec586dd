# SPDX-License-Identifier: BSD-3-Clause
"""What a test does by the command line with an mxsteer that runs."""

import json
import subprocess

import config
from claims import Failed, check, wait_for

# The CLI's exit code for what is noted and not in force yet.
NOT_YET = 3


class Operated:
    """Needs build, the folder of the programs; socket, the control plane's;
    dataplane, its process; ports, what the VIP listens on."""

    def run_cli(self, *words):
        """Run the CLI; returns its finished process."""
        return subprocess.run(
            [self.build / "controlplane/mxsteer", "-s", self.socket,
             *words], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def cli(self, *words, check=True):
        """Run a command that must succeed, unless check is false.  On a slow
        machine what it did may be in force only a while after it."""
        done = self.run_cli(*map(str, words))
        if check and done.returncode == NOT_YET:
            self.wait_in_force()
        elif check and done.returncode != 0:
            raise Failed(f"mxsteer {' '.join(map(str, words))}: "
                         f"{done.stdout.strip()}")
        return done

    def ask(self, *words):
        """A CLI answer as data; None while nobody answers."""
        done = self.cli("-j", *words, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def backend(self, name, pool="mx"):
        answer = self.ask("show", "backends") or {"backends": []}
        for row in answer["backends"]:
            if (row["pool"], row["backend"]) == (pool, name):
                return row
        return None

    def in_force(self):
        """Does a live data plane work by the last plan?"""
        return bool((self.ask("show", "generation") or {}).get("in_force"))

    def wait_in_force(self):
        wait_for(self.in_force, "the data plane works by the last plan", 90)

    def wait_up(self, *names):
        """Until the data plane works by a plan in which these serve."""
        pools = [config.SERVICES[port][1] for port in self.ports]

        def up():
            if self.dataplane and not self.dataplane.alive():
                raise Failed("the data plane has ended")
            rows = [self.backend(name, pool)
                    for name in names for pool in pools]
            # The plan is read last, so that it has these rows or later ones.
            return all(row and row["health"] in ("up", "falling") and
                       row["mac"] for row in rows) and self.in_force()
        wait_for(up, f"{', '.join(names)} up", 90)

    def wait_health(self, name, *healths):
        wait_for(lambda: (self.backend(name) or {}).get("health") in healths,
                 f"{name} is {' or '.join(healths)}", 90)

    def check_accounts(self):
        """rx + made == tx + to_kernel + handed_off + sum(dropped)."""
        drops = self.ask("show", "drops")
        right = drops["tx"] + drops["to_kernel"] + drops["handed_off"] + \
            sum(drops["drops"].values())
        check(drops["balanced"] and drops["rx"] + drops.get("made", 0) == right,
              f"every one of {drops['rx']} frames is accounted for")
        return drops
