# SPDX-License-Identifier: BSD-3-Clause
"""mxsteer, fullnat, one worker on the peer's core, by either driver."""

import os

from lab import MTAS

from cores import CLIENT_CORE

from .base import Peer


class Mxsteer(Peer):
    NAME = "mxsteer"
    POLLS = True
    DRIVER = "af_packet"

    def __init__(self, site, idle="poll"):
        super().__init__(site)
        self.idle = idle

    def start(self):
        self.site.write_config(driver=self.DRIVER, idle=self.idle)
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


class MxsteerXdp(Mxsteer):
    NAME = "mxsteer, af_xdp"
    DRIVER = "af_xdp"
