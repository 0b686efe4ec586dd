#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import socket
import subprocess

from lab import SNAT, VIP, Failed, Lab, check, main, wait_for

ODD = ["", " ", "show", "show nothing", "drain", "drain mx", "drain mx/mta9",
       "drain mx/mta1 now --end-sessions", "weight mx/mta1",
       "weight mx/mta1 1001",
       "weight mx/mta1 -1", "weight mx/mta1 many", "wait x drained mx/mta1",
       "wait 5 asleep mx/mta1", "lookup here there", "config", "config apply",
       "config apply /nowhere", "frobnicate", "help me", "\x00\x01\x02",
       "show backends; reboot", "%s%s%s%n"]


def odd_lines(lab):
    for line in ODD:
        done = lab.cli(*line.replace("\x00", "?").split(" "), check=False)
        check(done.returncode != 0 and done.stdout.strip(),
              f"{line!r}: {done.stdout.strip().splitlines()[0][:70]}")
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(lab.dir / "ctl.sock"))
    raw.settimeout(30)
    try:
        raw.sendall(b"x" * 1000000 + b"\n")
    except OSError:
        pass  # it may hang up at once
    try:
        answer = raw.recv(4096)
    except OSError:
        answer = b""
    raw.close()
    check(lab.controlplane.alive() and lab.ask("show", "backends"),
          f"a line of 1 MB is survived: {answer[:60]!r}")
    binary = socket.socket(socket.AF_UNIX)
    binary.connect(str(lab.dir / "ctl.sock"))
    binary.sendall(bytes(range(256)))
    binary.close()
    check(lab.ask("show", "backends"), "so is binary noise")


def apply(lab, path, **changes):
    lab.write_config(path=path, **changes)
    return lab.cli("config", "apply", path, check=False)


def all_or_nothing(lab):
    path = lab.dir / "new.yaml"
    before = lab.ask("show", "generation")["published"]
    bad = apply(lab, path, backends=lab.backend_lines()[:2] + [
        'name: mta3, address: "10.0.2.13:99999"'])
    check(bad.returncode != 0 and "new.yaml:" in bad.stdout,
          f"a bad file is refused: {bad.stdout.strip()[:90]}")
    checked = lab.cli("config", "check", path, check=False)
    check(checked.returncode != 0, "config check says so as well")
    other = apply(lab, path, workers="[0]")
    check(other.returncode != 0,
          f"so is one that needs a restart: {other.stdout.strip()[:80]}")
    check(lab.ask("show", "generation")["published"] == before,
          "neither changed anything")


def change_under_load(lab):
    """mta3 leaves and comes back; sessions of other MTAs go on."""
    sender = lab.start_sender(300, think=1.0, high=200000)
    sender.wait_accepted(40)
    path = lab.dir / "new.yaml"
    check(apply(lab, path, backends=lab.backend_lines()[:2]).returncode == 0,
          "a config without mta3 is applied")
    check(lab.backend("mta3") is None or lab.backend("mta3")["admin"] !=
          "ready", "mta3 is gone")
    there = sender.accepted()
    sender.wait_accepted(there + 60)
    check(apply(lab, path).returncode == 0, "one with it is applied again")
    lab.wait_up("mta3")
    sender.check_exactly_once()


def unfit_configs(lab):
    for words, change in (
            ("no port is there", lambda text: text.replace("mxs-", "none-")),
            ("core 900", lambda text: text.replace("workers: [1]",
                                                   "workers: [900]")),
            ("expected", lambda text: text.replace("snat:", "snut:"))):
        path = lab.dir / "unfit.yaml"
        path.write_text(change(lab.config_text(instance=lab.instance + "x")))
        process = lab.start_dataplane(path)
        process.wait()
        said = process.log.read_text().strip().splitlines()[-1]
        check(process.popen.returncode == 1 and words in said,
              f"the data plane refuses: {said[:90]}")
    second = lab.start_dataplane()
    second.wait()
    check(second.popen.returncode == 1, "a second data plane is refused")


def lookup_tells_the_truth(lab):
    """The backend that lookup names is the one that greets that client."""
    script = ("import socket,sys\n"
              "s = socket.create_connection((sys.argv[1], 25), 30, "
              "(sys.argv[2], int(sys.argv[3])))\n"
              "print(s.recv(99).decode().split()[1]); s.sendall(b'QUIT\\r\\n')\n"
              "s.recv(99)")
    for n in range(12):
        client = f"198.51.100.{101 + n}", 30000 + n
        done = lab.cli("-j", "lookup", f"{client[0]}:{client[1]}", VIP + ":25")
        named = json.loads(done.stdout)["backend"]
        done = lab.run("client", "/usr/bin/python3", "-c", script, VIP,
                       *client, stdout=subprocess.PIPE)
        greeted = done.stdout.decode().strip()
        if greeted != named.split("/")[-1] + ".example.org":
            raise Failed(f"lookup said {named}, {greeted} greeted")
    check(True, "twelve clients got the backend that lookup named")


def test():
    """Odd input of every kind gets an error and changes nothing else."""
    with Lab() as lab:
        lab.start_mtas()
        lab.start_mxsteer()
        first = lab.dataplane
        odd_lines(lab)
        lookup_tells_the_truth(lab)
        all_or_nothing(lab)
        unfit_configs(lab)
        lab.dataplane = first
        check(first.alive(), "the running data plane is untouched")
        change_under_load(lab)
        done = lab.cli("lookup", "198.51.100.1:4444", "198.51.100.25:25")
        check("mx/mta" in done.stdout, "lookup names a backend")
        done = lab.cli("lookup", "198.51.100.1:4444", SNAT + ":25",
                       check=False)
        check(done.returncode != 0, "and refuses what is no VIP")
        done = lab.cli("help")
        check(all(word in done.stdout for word in
                  ("drain", "maint", "weight", "lookup", "config")),
              "help lists the commands")
        lab.controlplane.end()
        wait_for(lambda: lab.cli("show", "pools", check=False).returncode == 2,
                 "the CLI says when nobody is there")


if __name__ == "__main__":
    main(test)
