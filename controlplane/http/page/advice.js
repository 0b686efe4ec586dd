/* What to do next: a sentence of the control plane's status, and the commands that
 * help.  A command has nothing that an MTA said: names end where the grammar of
 * names does. */
"use strict";

const NAME = "([A-Za-z0-9_.:-]+)";
const BACKEND = `(${NAME.slice(1, -1)}/${NAME.slice(1, -1)}?)`;

/* The first row that fits counts.  $1 stands for the name. */
const ADVICE = [
  ["^backend " + BACKEND + ":? ", "show backend $1", "show events of $1"],
  ["^agent " + BACKEND + " ", "show agents"],
  ["^pool " + NAME + " is EMPTY", "show backends $1", "show events of $1"],
  ["^pool " + NAME + ": DNS ", "show discovery"],
  ["^service " + NAME + " has more SYNs", "show services", "show clients"],
  ["^service " + NAME + " refuses .*see show clients$", "show clients", "show denied"],
  ["^service " + NAME + " refuses ", "show drops", "show backends trouble"],
  ["^service " + NAME + ": the data plane could not", "show denied"],
  ["^port ", "show ports"],
  ["^worker ", "show workers"],
  ["^snat ", "show snat"],
  ["^next hop ", "show next-hops"],
  ["^what DNS names ", "show discovery"],
  ["^what the control plane wants ", "show generation", "show workers"],
  ["^not saved to ", "show wishes"],
  ["^a prefix is denied by command", "show denied"],
  ["^log: lines ", "show log"],
  ["^group: ", "show group", "show events of box"],
  ["confirm", "config history", "config confirm", "config undo"],
  [" is applied; a restart will read ", "config history"],
];

function adviceFor(text) {
  const unit = /systemctl (?:enable --now|restart|start) mxsteer-[a-z]+|restart (mxsteer-[a-z]+)/.exec(text);
  if (unit && !text.startsWith("backend "))
    return [unit[1] ? "systemctl restart " + unit[1] : unit[0]];
  if (/^(the|no) data plane /.test(text))
    return ["systemctl status mxsteer-dataplane", "journalctl -u mxsteer-dataplane -n 50"];
  for (const [pattern, ...commands] of ADVICE) {
    const found = new RegExp(pattern).exec(text);
    if (found)
      return commands.map(command => "mxsteer " + command.replace("$1", (found[1] || "").replace(/:$/, "")));
  }
  const see = /\bsee (show [a-z-]+)/.exec(text);
  return ["mxsteer " + (see ? see[1] : "status")];
}

/* What an operator may do with an MTA now, and what for. */
function commandsFor(row) {
  const name = row.pool + "/" + row.backend;
  const list = [["show backend " + name, "the last check in all its phases, the certificate, wishes"],
    ["show events of " + name, "what changed, when, why, and who did it"]];
  if (row.admin === "ready") {
    list.push(["drain " + name + " for 2h", "no new sessions for two hours; those under way go on"],
      ["wait 600 drained " + name, "returns when its last session has ended"],
      ["weight " + name + " 50%", "half of its share of new sessions"]);
  } else {
    list.push(["wait 600 drained " + name, "returns when its last session has ended"],
      ["ready " + name, "it gets new sessions again"]);
  }
  return list.map(([command, why]) => ["mxsteer " + command, why]);
}
