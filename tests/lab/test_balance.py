#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import argparse
import time

from lab import HERE, MTAS, VIP, Failed, Lab, check, main, wait_for

# Speeds.  The slow MTA has half the CPU; see slowgreeter.py.
SPEEDS = {"mta1": 1, "mta2": 1, "mta3": 0.5}
SLOW = "mta3"
RATE = 185  # sessions a second; the three can greet 250

STEP = 5  # points of percent a second
APART = 1.2  # times to banner
SPAN = 25  # points, of a percent that does not swing
LOOK_S = 0.25
WINDOW_S = 15  # over which times to banner are compared


class BalancedLab(Lab):
    def config_text(self, backends=None, **changes):
        return super().config_text(backends, **changes).replace(
            "    hash: flow\n", "    hash: flow\n    balance: load\n")

    def start_mtas(self):
        for name in MTAS:
            self.mtas[name] = self.spawn(
                name, [HERE / "slowgreeter.py", name, 25, SPEEDS[name]],
                log=self.dir / f"{name}.log")


class Look:
    """What the control plane says at a moment."""

    def __init__(self, lab):
        self.begin = time.monotonic()
        rows = {row["backend"]: row for row in
                lab.ask("show", "backends")["backends"]}
        self.end = time.monotonic()
        self.percent = {name: row["factors"].get("load") or 100
                        for name, row in rows.items()}
        # Both are of the last one to two minutes.
        self.banners = {name: row["banners_timed"] for name, row in rows.items()}
        self.mean_ms = {name: row["banner_mean_ms"] or 0
                        for name, row in rows.items()}

    def sum_ms(self, name):
        return self.banners[name] * self.mean_ms[name]


class Watch:
    """Looks, one after the other.  No percent moves too fast between any two."""

    def __init__(self, lab):
        self.lab, self.looks = lab, [Look(lab)]

    def look(self):
        time.sleep(LOOK_S)
        last, now = self.looks[-1], Look(self.lab)
        # The control plane takes a step a second; a late one may be followed
        # by the next one at once.
        steps = int(now.end - last.begin) + 2
        for name in MTAS:
            moved = abs(now.percent[name] - last.percent[name])
            if moved > STEP * steps:
                raise Failed(f"{name} moved by {moved} % in {steps} steps")
        self.looks.append(now)

    def since(self, seconds):
        return [look for look in self.looks
                if look.begin >= self.looks[-1].begin - seconds]

    def span(self, seconds):
        """By how much the percent that moved most did."""
        looks = self.since(seconds)
        return max(max(look.percent[name] for look in looks) -
                   min(look.percent[name] for look in looks) for name in MTAS)

    def means(self, seconds):
        """Times to banner since then, in ms; None if too few are known."""
        first, last = self.since(seconds)[0], self.looks[-1]
        means = {}
        for name in MTAS:
            banners = last.banners[name] - first.banners[name]
            if banners < 50:  # or older ones do not count any more
                return None
            means[name] = (last.sum_ms(name) - first.sum_ms(name)) / banners
        return means


def apart(means):
    return max(means.values()) / min(means.values())


def text(means):
    return ", ".join(f"{name} {ms:.0f} ms" for name, ms in means.items())


def is_settled(watch):
    watch.look()
    means = watch.means(WINDOW_S)
    return (watch.looks[-1].begin - watch.looks[0].begin >= WINDOW_S and
            watch.looks[-1].percent[SLOW] <= 80 and means and
            apart(means) < APART and watch.span(WINDOW_S) <= SPAN)


def check_settles(watch):
    wait_for(lambda: is_settled(watch),
             lambda: f"waits are equal, and no percent swings: "
             f"{watch.looks[-1].percent}, {watch.means(WINDOW_S)}", 240)
    took = watch.looks[-1].begin - watch.looks[0].begin
    check(True, f"after {took:.0f} s, for {WINDOW_S} s: "
          f"{text(watch.means(WINDOW_S))}; {watch.looks[-1].percent} %")


def check_minutes(watch, minutes, seen):
    """The last half of the time counts."""
    while watch.looks[-1].end - watch.looks[0].begin < minutes * 60:
        watch.look()
        if len(watch.looks) % 40 == 0:
            print(f"  {watch.looks[-1].begin - watch.looks[0].begin:.0f} s: "
                  f"{watch.looks[-1].percent} %, {watch.looks[-1].mean_ms}")
    half = minutes * 30
    span = watch.span(half)
    means = watch.looks[-1].mean_ms
    clients = client_means(seen, half)
    check(apart(means) < APART, f"by the data plane: {text(means)}, "
          f"{(apart(means) - 1) * 100:.0f} % apart")
    check(apart(clients) < APART, f"by the clients: {text(clients)}, "
          f"{(apart(clients) - 1) * 100:.0f} % apart")
    check(span <= SPAN, f"no percent moved by more than {span} points in the "
          f"last {half:.0f} s: {watch.looks[-1].percent} %")


def client_means(seen, seconds):
    """What the clients saw in the last seconds, in ms."""
    rows = [line.split() for line in seen.read_text().splitlines()
            if line.count(" ") == 2]
    last = float(rows[-1][0])
    waits = {name: [] for name in MTAS}
    for at, name, waited in rows:
        if float(at) >= last - seconds:
            waits[name].append(float(waited) * 1000)
    return {name: sum(all_of) / len(all_of) for name, all_of in waits.items()}


def test():
    """`balance: load`: an MTA with half the CPU gets less until all greet as soon."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=0,
                        help="watch for so long (until it has settled)")
    minutes = parser.parse_args().minutes
    with BalancedLab() as lab:
        seen = lab.dir / "greeted"
        lab.start_mtas()
        lab.start_mxsteer()
        watch = Watch(lab)
        lab.spawn("client", [HERE / "greeted.py", VIP, RATE, seen])
        if minutes:
            check_minutes(watch, minutes, seen)
        else:
            check_settles(watch)
        shares = {name: lab.backend(name)["sessions_total"] for name in MTAS}
        check(shares[SLOW] < 0.9 * min(shares["mta1"], shares["mta2"]),
              f"the slow one got fewer sessions: {shares}")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
