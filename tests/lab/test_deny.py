#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import socket

from lab import Lab, check, main, wait_for

PREFIXES = 2_000_000
SERVICE_END = "    forward: fullnat\n"


def write_list(path, seed, *clients):
    """Two million addresses that no client here has, and these clients."""
    draft = path.with_suffix(".new")
    with open(draft, "w", encoding="ascii") as out:
        for n in range(PREFIXES - len(clients)):
            a = n * 2654435761 + seed & 0xffffffff
            out.write(f"{11 + (a >> 24) % 100}.{a >> 16 & 255}."
                      f"{a >> 8 & 255}.{a & 255}\n")
        out.writelines(f"{client}\n" for client in clients)
    draft.rename(path)


def is_served(lab, client):
    try:
        lab.session(client, timeout=10).quit()
        return True
    except (ConnectionRefusedError, socket.timeout):
        return False


def is_read(lab):
    row = lab.ask("show", "denied")["lists"][0]
    return row["in_force"] and not row["being_read"]


def refused(lab):
    return lab.ask("show", "denied")["services"][0]["refused"]


def refused_by_rule(lab, client):
    rows = lab.ask("show", "denied")["rules"]
    return next(row["refused"] for row in rows if row["prefix"] == f"{client}/32")


def test():
    """Two million prefixes are loaded and replaced under load: no session
    breaks, denied clients are refused and counted, and the others are served."""
    with Lab() as lab:
        path = lab.dir / "deny.txt"
        first, second, third, *others = lab.clients(4)
        write_list(path, 1, first)
        lab.config.write_text(lab.config_text().replace(
            SERVICE_END, SERVICE_END + f"    deny: {{file: {path}}}\n"))
        lab.start_mtas()
        lab.start_mxsteer()
        wait_for(lambda: is_read(lab), "the list is read", limit_s=120)
        lists = lab.ask("show", "denied")["lists"]
        check(lists[0]["prefixes"] == PREFIXES, f"{PREFIXES} prefixes")
        # Resets begin some seconds after the data plane's start.
        wait_for(lambda: not is_served(lab, first) and refused(lab) > 0,
                 "a denied client is refused and counted")
        check(is_served(lab, second), "and another client is served")

        held = lab.session(second)
        sender = lab.start_sender(300, sessions=20, think=1.0, sources=others)
        sender.wait_accepted(20)
        for seed in range(2, 5):
            write_list(path, seed, second)
            answer = lab.cli("reload", "lists", check=False)
            check(answer.returncode in (0, 3), answer.stdout.strip())
            wait_for(lambda: is_read(lab), "the list is read", limit_s=120)
        wait_for(lambda: not is_served(lab, second), "the new list counts")
        check(is_served(lab, first), "and the old one no longer does")
        held.ehlo()
        held.quit()
        check(True, "a session goes on though its client is denied")

        path.write_text("heavy\n")
        answer = lab.cli("reload", "lists", check=False)
        check(answer.returncode == 1 and "deny.txt:1: " in answer.stdout,
              "a broken list is refused with its line")
        check(not is_served(lab, second), "and the list before is in force")
        lab.cli("allow", f"{second}/32", "for", "10m")
        check(is_served(lab, second), "a client that is allowed is served")
        lab.cli("deny", third)
        check(not is_served(lab, third), "a client is denied by command")
        wait_for(lambda: refused_by_rule(lab, third) > 0, "the rule counts it")
        before = refused_by_rule(lab, third)

        lab.dataplane.kill_group()
        lab.start_dataplane()
        lab.wait_in_force()
        check(refused_by_rule(lab, third) >= before,
              "the rule keeps what it has refused")
        check(not is_served(lab, third) and is_served(lab, first),
              "a new data plane has the list and the rules")
        wait_for(lambda: refused_by_rule(lab, third) > before,
                 "and counts on by the rule")
        before = refused_by_rule(lab, third)
        lab.controlplane.kill_group()
        (lab.dir / "ctl.sock").unlink()
        lab.start_controlplane()
        lab.wait_in_force()
        wait_for(lambda: refused_by_rule(lab, third) >= before,
                 "so does a control plane that was killed")
        sender.check_exactly_once()
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
