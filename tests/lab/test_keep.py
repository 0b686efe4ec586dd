#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import subprocess
import sys
import tempfile
from pathlib import Path

import keep
from lab import Failed, Lab, check, main
from process import is_running

HERE = Path(__file__).resolve().parent


def fail_in_lab():
    """A lab with a data plane and a control plane, in which a claim fails."""
    with Lab() as lab:
        lab.start_dataplane()
        lab.start_controlplane()
        print(lab.dataplane.pid, lab.dir, flush=True)
        raise Failed("this claim fails")


def test():
    """A lab that failed stays up with --keep, and leaves its logs."""
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(
            [sys.executable, HERE / "test_keep.py", keep.OPTION,
             f"{keep.OPTION}={folder}", "fail"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdout.readline()  # what the test claims
        pid, files = child.stdout.readline().split()
        said = ""
        while "Press Enter" not in said:
            line = child.stdout.readline()
            check_not_over(line, said)
            said += line
        check("this claim fails" in said, "the failure is shown first")
        spaces = said.split("namespaces: ")[1].splitlines()[0].split()
        check(spaces and all(Path("/run/netns", space).exists()
                             for space in spaces), "its namespaces are there")
        check(is_running(pid), "its data plane runs")
        check(Path(files, "mxsteer.yaml").exists(), "its files are there")
        child.communicate("\n", timeout=60)
        check(child.returncode == 1, "after Enter the test has failed")
        check(not any(Path("/run/netns", space).exists()
                      for space in spaces), "its namespaces are gone")
        check(not is_running(pid), "its data plane has ended")
        check(not Path(files).exists(), "its files are gone")
        check(any(Path(folder).glob("*/mxsteer-dataplane.log")) and
              any(Path(folder).glob("*/mxsteer.yaml")),
              "its logs and its configuration are in the folder")


def check_not_over(line, said):
    if not line:
        raise Failed(f"the lab is down too early: {said}")


if __name__ == "__main__":
    main(fail_in_lab if sys.argv[1:] == ["fail"] else test)
