#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane and the control plane tell systemd that they are ready, that
they go on, and that they end.

The real programs run in a network namespace of their own.  The test has the
socket of sd_notify(3) in the place of systemd.  It stops single threads."""

import ctypes
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kit"))

from ownspace import enter, wait_for
from processrig import ProcessRig, PROGRAM
from servicemanager import ServiceManager

CONTROL = PROGRAM.parents[1] / "controlplane/mxsteer-controlplane"
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WALL = 0x40000000  # __WALL: threads, too
# Six keep-alive messages in it.
WATCHDOG_S = 1.2
# A round of the main thread lasts 2 ms: at least five times the pause between
# two keep-alive messages.
ROUNDS = 500


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                            ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


class StoppedThread:
    """One thread does not run; the others of its process do."""

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        ptrace(PTRACE_ATTACH, self.thread)
        os.waitpid(self.thread, WALL)

    def __exit__(self, *exc):
        ptrace(PTRACE_DETACH, self.thread)


class Supervised(ProcessRig):
    def setUp(self):
        super().setUp()
        self.managers, self.control = [], None

    def tearDown(self):
        if self.control and self.control.poll() is None:
            self.control.kill()
            self.control.wait(60)
        for manager in self.managers:
            manager.close()
        super().tearDown()

    def manage(self, name):
        self.managers.append(ServiceManager(name, WATCHDOG_S))
        return self.managers[-1]

    def start_data(self, name=None):
        manager = self.manage(name or str(self.dir / "notify"))
        self.log = self.dir / "log"
        with open(self.log, "wb") as log:
            self.running = subprocess.Popen(
                [PROGRAM, "--no-huge", "-c", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=manager.env)
        return manager

    def start_control(self):
        manager = self.manage(str(self.dir / "notify-control"))
        with open(self.dir / "control.log", "wb") as log:
            self.control = subprocess.Popen(
                [CONTROL, "-c", self.config, "-s", self.dir / "ctl.sock",
                 "--state-dir", self.dir], stdin=subprocess.DEVNULL,
                stderr=log, env=manager.env)
        return manager

    def worker(self):
        """The thread of the worker."""
        found = [int(task.name) for task in
                 Path(f"/proc/{self.running.pid}/task").iterdir()
                 if "worker" in (task / "comm").read_text()]
        self.assertEqual(len(found), 1)
        return found[0]

    def main_runs(self):
        """Wait until the main thread has gone round ROUNDS times."""
        def turns():
            path = Path(f"/proc/{self.running.pid}/task/{self.running.pid}")
            return int((path / "schedstat").read_text().split()[2])
        before = turns()
        wait_for(lambda: turns() > before + ROUNDS, "the main thread runs")

    def test_a_worker_that_hangs_ends_the_keep_alives(self):
        manager = self.start_data(f"@mxsteer.test.{os.getpid()}")
        first = manager.wait_for("READY")
        self.assertIn(" up: ", self.log.read_text())
        self.assertRegex(first["STATUS"], "1 worker polls 2 ports; waits for a "
                         "plan")
        for _ in range(3):
            manager.wait_for("WATCHDOG")
        with StoppedThread(self.worker()):
            self.main_runs()  # one more was due
            manager.forget()
            self.main_runs()
            self.assertEqual(manager.forget(), 0)
        manager.wait_for("WATCHDOG")
        self.assertEqual(self.end(), 0)
        manager.wait_for("STOPPING", "1")

    def test_a_main_thread_that_hangs_ends_the_keep_alives(self):
        manager = self.start_data()
        manager.wait_for("READY")
        with StoppedThread(self.running.pid):
            manager.forget()
            beats = Path(f"/proc/{self.running.pid}/task/{self.worker()}/"
                         "schedstat")
            before = int(beats.read_text().split()[2])
            wait_for(lambda: int(beats.read_text().split()[2]) >
                     before + ROUNDS, "the worker goes on")
            self.assertEqual(manager.forget(), 0)
        manager.wait_for("WATCHDOG")

    def test_a_control_plane_without_a_data_plane_is_ready(self):
        manager = self.start_control()
        self.assertEqual(manager.wait_for("READY")["STATUS"],
                         "0 of 1 MTAs serve, no data plane runs")
        manager.wait_for("WATCHDOG")
        self.control.terminate()
        manager.wait_for("STOPPING", "1")
        self.assertEqual(self.control.wait(60), 0)

    def test_a_control_plane_is_ready_once_its_plan_is_in_force(self):
        data = self.start_data()
        data.wait_for("READY")
        control = self.start_control()
        self.assertEqual(control.wait_for("READY")["STATUS"],
                         "0 of 1 MTAs serve, 0 sessions")
        data.wait_for("STATUS", "1 worker polls 2 ports by plan ")
        # It notices that the data plane is gone, and says so.
        self.end()
        control.wait_for("STATUS", "no data plane runs")

    def test_a_control_plane_does_not_wait_for_a_stopped_data_plane(self):
        self.start_data().wait_for("READY")
        self.running.send_signal(signal.SIGSTOP)
        self.assertIn("MTAs serve",
                      self.start_control().wait_for("READY")["STATUS"])
        self.running.send_signal(signal.SIGCONT)

    def test_a_program_that_does_not_start_is_never_ready(self):
        self.write_config(wan="mx-none")
        self.config.write_text(
            self.config.read_text().replace("mx-lan", "mx-none2"))
        manager = self.start_data()
        self.assertEqual(self.running.wait(60), 1)
        self.assertEqual(manager.forget(), 0)


if __name__ == "__main__":
    enter()
    unittest.main()
