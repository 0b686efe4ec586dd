#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
import shutil
import socket
import subprocess

from lab import ROOT, Lab, check, main, wait_for

URL = "http://127.0.0.1:8080"
# A user of the bouncer's own, and the group of `access: {operate: GROUP}`.
USER, GROUP = "daemon", "operator"
SERVICE_END = "    forward: fullnat\n"
CONFIG = """
common: {{daemonize: false, log_media: stdout, log_level: info}}
config_paths:
  config_dir: {folder}/
  data_dir: {folder}/data/
  simulation_path: {folder}/simulation.yaml
  hub_dir: {folder}/hub/
  index_path: {folder}/hub/.index.json
  notification_dir: {folder}/none/
  plugin_dir: {folder}/none/
crowdsec_service: {{acquisition_path: {folder}/acquis.yaml}}
cscli: {{output: human}}
db_config: {{type: sqlite, db_path: {folder}/data/crowdsec.db, use_wal: true}}
api:
  client: {{credentials_path: {folder}/credentials.yaml}}
  server: {{listen_uri: "127.0.0.1:8080", profiles_path: {folder}/profiles.yaml}}
prometheus: {{enabled: false}}
"""


class CrowdSec:
    """The real LAPI without a hub, and the bouncer that mxsteer ships."""

    def __init__(self, lab):
        self.lab = lab
        self.tree = lab.build / "peers/crowdsec"
        self.folder = lab.dir / "crowdsec"
        self.server = self.bouncer = None
        self.list = lab.dir / "lists/deny.txt"
        self.list.parent.mkdir()
        self.list.write_text("")
        for path in (self.list.parent, self.list):
            shutil.chown(path, USER)
        for name in ("data", "hub", "none"):
            (self.folder / name).mkdir(parents=True)
        for name in ("simulation.yaml", "profiles.yaml"):
            shutil.copy(self.tree / "etc/crowdsec" / name, self.folder)
        (self.folder / "hub/.index.json").write_text("{}")
        for name in ("acquis.yaml", "credentials.yaml"):
            (self.folder / name).write_text("")
        self.config = self.folder / "config.yaml"
        self.config.write_text(CONFIG.format(folder=self.folder))
        self.say("machines", "add", "lab", "--password", "lab", "-u", URL,
                 "-f", self.folder / "credentials.yaml")
        (self.folder / "key").write_text(
            self.say("-o", "raw", "bouncers", "add", "mxsteer"))

    def say(self, *words):
        """Run cscli; returns its output."""
        return self.lab.run("lb", self.tree / "usr/bin/cscli", "-c",
                            self.config, *words, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout

    def insist(self, *words):
        """Run cscli until the LAPI takes it: its database may be busy."""
        def is_taken():
            try:
                self.say(*words)
            except subprocess.CalledProcessError:
                return False
            return True
        wait_for(is_taken, f"cscli {' '.join(map(str, words[:2]))}", 60)

    def start(self):
        self.server = self.lab.spawn("lb", [
            self.tree / "usr/bin/crowdsec", "-no-cs", "-c", self.config])

    def bounce(self):
        command = f"{self.lab.build}/controlplane/mxsteer -s " \
            f"{self.lab.dir}/ctl.operate.sock"
        self.bouncer = self.lab.spawn("lb", [
            "/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}",
            f"--groups={GROUP}", "--no-new-privs", "/usr/bin/python3", ROOT / "config/crowdsec/bouncer.py",
            "--key-file", self.folder / "key", "--list", self.list,
            "--interval", "0.5", "--resync", "5", "--rules-max", "3", "--mxsteer", command],
            log=self.lab.dir / "bouncer.log")

    def decide(self, *values):
        """Ban these clients for an hour, as one who has a file of them."""
        path = self.folder / "decisions.csv"
        path.write_text("duration,scope,value\n" + "".join(
            f"1h,ip,{value}\n" for value in values))
        self.insist("decisions", "import", "-i", path)

    def log(self):
        return (self.lab.dir / "bouncer.log").read_text()


def is_served(lab, client):
    try:
        lab.session(client, timeout=10).quit()
        return True
    except (ConnectionRefusedError, socket.timeout):
        return False


def rules(lab):
    return {row["prefix"]: row for row in lab.ask("show", "denied")["rules"]}


def listed(lab):
    return (lab.ask("show", "denied")["lists"] or [{}])[0].get("prefixes")


def test():
    """CrowdSec bans at the balancer: by rules, and by the file of a deny list."""
    with Lab() as lab:
        bad, honest, many = lab.clients(4)[:3]
        crowdsec = CrowdSec(lab)
        lab.config.write_text(
            f"access: {{operate: {GROUP}}}\n" + lab.config_text().replace(
                SERVICE_END,
                SERVICE_END + f"    deny: {{file: {crowdsec.list}}}\n"))
        lab.start_mtas()
        lab.start_mxsteer()
        crowdsec.bounce()
        wait_for(lambda: "gives no decisions" in crowdsec.log(),
                 "the bouncer says that the LAPI does not answer")
        crowdsec.start()
        wait_for(lambda: "works again" in crowdsec.log(), "the LAPI answers")
        crowdsec.insist("decisions", "add", "--ip", bad, "--duration", "1h")
        wait_for(lambda: f"{bad}/32" in rules(lab), "a decision is a rule")
        row = rules(lab)[f"{bad}/32"]
        check(row["program"] == "crowdsec" and 3500 < row["for_s"] <= 3600,
              "of crowdsec, for the time of the decision")
        check(row["by"].startswith(f"{USER} (uid "),
              f"given by a user that may only operate: {row['by']}")
        wait_for(lambda: not is_served(lab, bad), "its SYN is refused")
        check(is_served(lab, honest), "and another client is served")

        crowdsec.insist("decisions", "add", "--range", "0.0.0.0/0")
        crowdsec.insist("decisions", "add", "--ip",
                        lab.mta_address("mta1", 4))
        for why in ("with too wide a range, such as 0.0.0.0/0",
                    "it has the MTA"):
            wait_for(lambda: why in crowdsec.log(), f"the log says {why}")
        check(is_served(lab, honest), "what is hardly meant denies nobody")

        crowdsec.decide(many, *(f"203.0.{n // 200}.{n % 200}"
                                for n in range(2000)))
        wait_for(lambda: (listed(lab) or 0) >= 1990, "a long list is a file")
        wait_for(lambda: not is_served(lab, many), "whose clients are refused")
        check(len(rules(lab)) <= 3, f"and few rules: {len(rules(lab))}")

        crowdsec.bouncer.kill_group()
        crowdsec.insist("decisions", "delete", "--ip", bad)
        crowdsec.bounce()
        wait_for(lambda: is_served(lab, bad),
                 "a decision that is deleted while no bouncer runs ends")
        crowdsec.insist("decisions", "delete", "--all")
        wait_for(lambda: listed(lab) == 0 and not rules(lab) and
                 is_served(lab, many), "all end")
        lab.check_accounts()


if __name__ == "__main__":
    main(test)
