# SPDX-License-Identifier: BSD-3-Clause
"""mxsteer, fullnat, one worker on the peer's core."""

import os

from lab import MTAS

from cores import CLIENT_CORE

from .base import Peer


class Mxsteer(Peer):
    NAME = "mxsteer"
    POLLS = True

    def start(self):
        self.site.start_dataplane()
        self.site.start_controlplane()
        os.sched_setaffinity(self.site.controlplane.pid, {CLIENT_CORE})

    def wait_ready(self):
        self.site.wait_up(*MTAS)

    def stop(self):
        for process in (self.site.controlplane, self.site.dataplane):
            self.site.finish(process)

    def work_s(self):
        answer = self.site.ask("show", "workers")
        return sum(row["busy_cycles"] for row in answer["workers"]) / \
            answer["tsc_hz"]
