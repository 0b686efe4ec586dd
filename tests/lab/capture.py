# SPDX-License-Identifier: BSD-3-Clause
import re
import signal

import pcapng
from claims import check, wait_for


class Capture:
    """`mxsteer capture`, which has begun."""

    def __init__(self, lab, *words):
        self.lab, self.path = lab, lab.dir / "x.pcapng"
        self.process = lab.spawn("lb", [
            lab.build / "controlplane/mxsteer", "-s", lab.dir / "ctl.sock",
            "capture", *words, self.path])
        self.log = self.process.log
        self.before = self.log.read_text()
        wait_for(lambda: "capturing to" in self.said() or
                 not self.process.alive(), "the capture begins")

    def said(self):
        return self.log.read_text()[len(self.before):]

    def end(self):
        """Returns the frames; the program has said how many there are."""
        self.process.signal(signal.SIGINT)
        status = self.process.wait()
        check(status == 0, f"the capture ends well: {self.said().strip()}")
        frames = pcapng.read(self.path)
        number = int(re.search(r"(\d+) packets? in", self.said())[1])
        check(number == len(frames) > 0 and "were not" not in self.said(),
              f"all {number} packets are in the file")
        return frames
