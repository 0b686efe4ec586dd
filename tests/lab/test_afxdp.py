#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import json
import os
import subprocess
from lab import Lab, VIP, check, main, wait_for
from network import WAN

PORT = "mxs-lan"
STRANGE = 'int stranger(void *c) { return 2; } ' \
    'char l[] __attribute__((section("license"))) = "BSD";'


def program(lab, interface=PORT):
    """The name of the XDP program that an interface has, or None."""
    out = lab.run("lb", "ip", "-d", "-j", "link", "show", interface,
                  stdout=subprocess.PIPE).stdout
    return json.loads(out)[0].get("xdp", {}).get("prog", {}).get("name")


def pings(lab, address):
    return lab.run("client", "ping", "-c", "1", "-W", "2", address,
                   check=False).returncode == 0


def answered(lab):
    return lab.ask("show", "workers")["workers"][0]["answered"]


def share(lab):
    """Each frame goes either to mxsteer or to the kernel."""
    before, kernels = answered(lab), lab.counter("lb", "IcmpInEchos")
    check(pings(lab, VIP) and answered(lab) > before and
          lab.counter("lb", "IcmpInEchos") == kernels,
          "we answer for the VIP, and the kernel sees nothing of it")
    before = answered(lab)
    check(pings(lab, WAN[4] + "2") and answered(lab) == before and
          lab.counter("lb", "IcmpInEchos") == kernels + 1,
          "the kernel answers for its own address, and we see nothing of it")
    drops = lab.check_accounts()
    check(drops["to_kernel"] == 0 and not sum(drops["drops"].values()),
          "no frame came to us that was not ours")


def follow(lab):
    """The owned addresses change with the plan, without a restart."""
    other = WAN[4] + "26"
    check(not pings(lab, other), f"{other} is nobody's")
    lab.write_config(vip=other)
    lab.cli("config", "apply", lab.config)
    wait_for(lambda: pings(lab, other), f"{other} is ours now")
    lab.run("client", "ip", "neigh", "flush", "all")
    # It stays owned until it is known that no session uses it.
    wait_for(lambda: not pings(lab, VIP), "the VIP before it is let go")
    check(True, "and the VIP before it is not any more")
    lab.write_config()
    lab.cli("config", "apply", lab.config)
    wait_for(lambda: pings(lab, VIP), "the VIP is ours again")


def kill_and_return(lab):
    sender = lab.start_sender(200, think=0.5, high=300000)
    sender.wait_accepted(60)
    lab.dataplane.kill_group()
    check(program(lab) == "mx_steer", "who is killed leaves its program")
    lab.start_dataplane()
    log = lab.dataplane.log
    wait_for(lambda: log.read_text().count("data plane") >= 2,
             "the next one replaces it")
    sender.check_exactly_once()


def refused(lab, what, *before, config=None):
    """A data plane that cannot start says what is wrong with which port."""
    log = lab.dir / "refused.log"
    log.unlink(missing_ok=True)
    process = lab.spawn(
        "lb", [*before, lab.build / "dataplane/mxsteer-dataplane", "-c",
               config or lab.config, "--no-huge"], log=log)
    code = process.wait(60)
    text = log.read_text()
    check(code == 1 and f"error port {what[0]}: " in text and
          what[1] in text, f"refused: {what[1]}")


def refuse(lab):
    (lab.dir / "strange.c").write_text(STRANGE)
    subprocess.run(["clang", "-target", "bpf", "-O2", "-c", "-o",
                    lab.dir / "strange.o", lab.dir / "strange.c"], check=True)
    lab.run("lb", "ip", "link", "set", PORT, "xdp", "object",
            lab.dir / "strange.o", "section", ".text")
    refused(lab, ("lan", "has an XDP program already"))
    check(program(lab) is not None, "and leaves it alone")
    lab.run("lb", "ip", "link", "set", PORT, "xdp", "off")

    lab.ip("lb", "link", "set", PORT, "mtu", "3000")
    refused(lab, ("lan", "has an MTU of 3000"))
    lab.ip("lb", "link", "set", PORT, "mtu", "1500")

    refused(lab, ("wan", "takes root, or CAP_BPF"), "setpriv",
            "--bounding-set", "-bpf,-sys_admin")
    refused(lab, ("wan", "takes root or CAP_NET_RAW"), "setpriv",
            "--bounding-set", "-net_raw")


def test():
    """af_xdp takes mxsteer's frames, leaves all others, and ends cleanly."""
    os.environ["MXSTEER_DRIVER"] = "af_xdp"
    with Lab(forward="nat") as lab:
        refuse(lab)
        lab.start_mtas()
        lab.start_mxsteer()
        check(True, "health checks of nat backends reach the kernel")
        share(lab)
        second = lab.dir / "second.yaml"
        lab.write_config(second, instance=lab.instance + "b")
        refused(lab, ("wan", "is taken by another"), config=second)
        follow(lab)
        kill_and_return(lab)
        share(lab)
        lab.dataplane.signal(15)
        lab.dataplane.wait()
        check(program(lab) is None and program(lab, "mxs-wan") is None,
              "who ends takes its programs off")


if __name__ == "__main__":
    main(test)
