#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import os
import shutil
import signal
import subprocess
from pathlib import Path

from lab import Lab, check, main, wait_for

SHM = Path("/dev/shm")
STRANGER = 1
SESSIONS = ("sessions.0", "sessions.1")
ENDED = ("ended.0", "ended.1")


def folder(lab):
    return SHM / f"mxsteer.{lab.instance}"


def control_folder(lab):
    return SHM / f"mxsteer-control.{lab.instance}"


def mib(lab, *names):
    """The size of these files, in whole MiB."""
    size = sum((folder(lab) / name).stat().st_size for name in names)
    return -(-size // 2**20)


def remove_all(lab):
    shutil.rmtree(folder(lab))
    shutil.rmtree(control_folder(lab))


def files_are_there(lab):
    return all(path.exists() for path in [
        *(folder(lab) / name
          for name in ("region", *SESSIONS, *ENDED, "dataplane.lock")),
        *(control_folder(lab) / name
          for name in ("plan", "controlplane.lock"))])


def run(lab, *command):
    """Run one of the planes, which is to end by itself; no huge pages, so that
    nothing else decides what becomes of it."""
    return lab.run("lb", *command, check=False, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, text=True, timeout=60)


def dataplane(lab, *options):
    return run(lab, lab.build / "dataplane/mxsteer-dataplane", *options)


def start_dataplane_again(lab):
    return dataplane(lab, "-c", lab.config, "--no-huge")


def refused(done, words, what):
    said = done.stdout.strip().splitlines()[-1:]
    check(done.returncode == 1 and words in done.stdout,
          f"{what}: exit {done.returncode}, {said}")


def started(lab):
    return lab.dataplane.log.read_text().count("data plane " + lab.instance +
                                               " up")


def restart_dataplane(lab):
    """A killed data plane's successor; returns what it says when it is up."""
    before = started(lab)
    lab.start_dataplane()
    wait_for(lambda: started(lab) > before, "the data plane is up again")
    return [line for line in lab.dataplane.log.read_text().splitlines()
            if " up: " in line][-1]


def files_removed(lab, sender):
    """All files are removed under mail, also while the data plane stops."""
    counted = lab.ask("show", "drops")["rx"]
    remove_all(lab)
    refused(start_dataplane_again(lab), "is running already",
            "a second data plane is refused when all files are gone")
    wait_for(lambda: files_are_there(lab), "the files are there again")
    check(lab.ask("show", "drops")["rx"] > counted,
          "the data plane counted on, and the control plane sees it")
    lab.cli("drain", "mx/mta2")
    lab.wait_up("mta1", "mta3")
    check(lab.backend("mta2")["admin"] == "drain",
          "a change is put in force")
    lab.cli("ready", "mx/mta2")
    there = sender.accepted()
    sender.wait_accepted(there + 20)

    lab.dataplane.signal(signal.SIGSTOP)
    remove_all(lab)
    done = start_dataplane_again(lab)
    lab.dataplane.signal(signal.SIGCONT)
    refused(done, f"process {lab.dataplane.pid}",
            "so it is when the first one hangs")
    wait_for(lambda: files_are_there(lab), "the files are there once more")


def killed_after_removal(lab, sender):
    lab.dataplane.kill_group()
    said = restart_dataplane(lab)
    kept = int(said.split(" sessions kept")[0].split()[-1])
    check(kept > 0, f"a restart finds the sessions: {said}")
    there = sender.accepted()
    sender.wait_accepted(there + 20)


def upgraded(lab, sender):
    """The files of the version before were in /dev/shm itself."""
    lab.controlplane.kill_group()
    lab.dataplane.kill_group()
    old = SHM / f"mxsteer-{lab.instance}"
    (folder(lab) / "region").rename(old)
    for name in SESSIONS:
        (folder(lab) / name).rename(f"{old}.{name}")
    shutil.rmtree(folder(lab))
    said = restart_dataplane(lab)
    lab.start_controlplane()
    kept = int(said.split(" sessions kept")[0].split()[-1])
    check(kept > 0 and "plan 0" not in said and not old.exists(),
          f"an upgrade finds them where they were: {said}")
    there = sender.accepted()
    sender.wait_accepted(there + 20)


def second_control_plane(lab):
    other = lab.dir / "other.sock"
    done = run(lab, lab.build / "controlplane/mxsteer-controlplane", "-c",
               lab.config, "-s", other, "--state-dir", lab.dir / "state2")
    refused(done, f"process {lab.controlplane.pid}",
            "a second control plane is refused")
    check(not other.exists() and not (lab.dir / "state2").exists(),
          "it made no socket and no state file")
    precious = lab.dir / "precious"
    precious.write_text("precious")
    lab.write_config(lab.dir / "x.yaml", instance=lab.instance + "x")
    done = run(lab, lab.build / "controlplane/mxsteer-controlplane", "-c",
               lab.dir / "x.yaml", "-s", precious, "--state-dir",
               lab.dir / "state2")
    refused(done, "not a socket", "a plain file is no place for a socket")
    check(precious.read_text() == "precious", "the file is as it was")
    os.unlink(lab.dir / "ctl.sock")
    wait_for((lab.dir / "ctl.sock").exists, "a removed socket comes back")
    check(lab.ask("show", "generation"), "and is answered on")


def squatted(lab):
    """Another user was first to use the folder's name."""
    for program, prefix in (
            ("dataplane/mxsteer-dataplane", "mxsteer"),
            ("controlplane/mxsteer-controlplane", "mxsteer-control")):
        name = SHM / f"{prefix}.{lab.instance}x"
        name.mkdir(0o777)
        os.chown(name, STRANGER, STRANGER)
        refused(run(lab, lab.build / program, "-c", lab.dir / "x.yaml"),
                "belongs to another user", f"{program} refuses a stranger's "
                "folder")
        check(not any(name.iterdir()), "nothing is in it")
        name.rmdir()


def full(lab):
    """In a mount namespace with a /dev/shm of little room."""
    script = ("mount -t tmpfs -o size={0} tmpfs /dev/shm; "
              "{1} -c {2} --no-huge; status=$?; echo left: $(ls -A /dev/shm); "
              "exit $status")
    for size, words in (("4m", "is full: the region"),
                        (f"{mib(lab, 'region') + 2}m", "no room for 4 MiB"),
                        (f"{mib(lab, 'region') + 10}m", "ended.0: its file")):
        done = run(lab, "unshare", "-m", "sh", "-c", script.format(
            size, lab.build / "dataplane/mxsteer-dataplane",
            lab.dir / "x.yaml"))
        refused(done, words, f"/dev/shm of {size}")
        check(done.stdout.endswith("left:\n") and not
              Path(f"/run/dpdk/mxsteer-{lab.instance}x").exists(),
              "and nothing is left")


def failed_starts(lab):
    """A failed start of a data plane leaves no files."""
    def left():
        return [path for base in (SHM, Path("/run"), Path("/run/dpdk"))
                if base.exists() for path in base.glob(f"*{lab.instance}x*")]
    for old, new, words in (
            ("mxs-", "none-", "no port is there"),
            ("workers: [0,1]", "workers: [900]", "core 900")):
        path = lab.dir / "unfit.yaml"
        path.write_text(lab.config_text(instance=lab.instance + "x")
                        .replace(old, new))
        refused(dataplane(lab, "-c", path, "--no-huge"), words,
                f"a data plane with {new}")
        check(not left(), "left nothing")


def shared_interface(lab):
    """Another instance, which may have other addresses on the interface."""
    name = lab.instance + "x"
    second = lab.spawn("lb", [lab.build / "dataplane/mxsteer-dataplane", "-c",
                              lab.dir / "x.yaml", "--no-huge"],
                       log=lab.dir / "second.log")
    wait_for(lambda: " up: " in second.log.read_text() or not second.alive(),
             "a data plane of another instance is up")
    check("another data plane uses interface mxs-wan too" in
          second.log.read_text(), "it warns that the interface is in use")
    second.end()
    done = dataplane(lab, "--remove", name)
    check("5 files removed" in done.stdout and
          not (SHM / f"mxsteer.{name}").exists(), "its files are removed")


def no_room_for_new_files(lab):
    """Removed, but still mapped, files take up the room of new ones."""
    log = lab.dir / "cramped.log"
    process = lab.spawn("lb", ["unshare", "-m", "sh", "-c",
                               "mount -t tmpfs -o "
                               f"size={mib(lab, 'region', *ENDED) + 7}m "
                               "tmpfs /dev/shm; "
                               f"exec {lab.build}/dataplane/mxsteer-dataplane "
                               f"-c {lab.dir}/x.yaml --no-huge"], log=log)

    def inside(*command):
        subprocess.run(["nsenter", "-t", str(process.pid), "-m", *command],
                       check=True)
    wait_for(lambda: " up: " in log.read_text() or not process.alive(),
             "a data plane with a small /dev/shm is up")
    inside("rm", "-r", f"/dev/shm/mxsteer.{lab.instance}x")
    wait_for(lambda: "cannot be written anew" in log.read_text(),
             "it says that it cannot write its files anew")
    inside("mount", "-o", "remount,size=100m", "/dev/shm")
    wait_for(lambda: "sessions.1 was removed: written anew" in log.read_text(),
             "it does when there is room")
    check(process.alive(), "a full file system ended nothing: " +
          log.read_text().splitlines()[-3])
    process.end()


def removal(lab):
    remove = ("--remove", lab.instance)
    refused(dataplane(lab, *remove), "is running", "files in use stay")
    lab.dataplane.end()
    refused(dataplane(lab, *remove), "mxsteer-controlplane",
            "the control plane uses them too")
    lab.controlplane.end()
    check(folder(lab).exists(), "an instance that was stopped keeps its files")
    for name in ("group", "replicated", "shadow.2"):  # of a group of boxes
        (control_folder(lab) / name).touch(mode=0o640)
    done = dataplane(lab, *remove)
    check(done.returncode == 0 and not folder(lab).exists() and
          not control_folder(lab).exists(),
          f"they can be removed then: {done.stdout.strip()}")
    check(dataplane(lab, "--remove", "../etc").returncode == 2,
          "a path is no instance's name")


def test():
    """Files that are removed, squatted or without room break no session."""
    # Two workers that may sleep: both are stopped while files are written.
    with Lab(workers="[0,1]") as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        sender = lab.start_sender(300, think=1.0, high=200000)
        sender.wait_accepted(20)
        files_removed(lab, sender)
        killed_after_removal(lab, sender)
        second_control_plane(lab)
        squatted(lab)
        full(lab)
        failed_starts(lab)
        upgraded(lab, sender)
        sender.check_exactly_once()
        lab.check_accounts()
        shared_interface(lab)
        no_room_for_new_files(lab)
        removal(lab)


if __name__ == "__main__":
    main(test)
