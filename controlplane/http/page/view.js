/* What the page shows of the data that feed.js has. */
"use strict";

const OPEN_MTAS = 24;    /* so many in all: pools begin open */
const FOUND_MAX = 200;   /* rows of a filter */
const TROUBLE_MAX = 100; /* rows of MTAs that are not well */
const REASONS_MAX = 8;   /* until the reader wants all */
const WORDS = {
  OK: "mail flows",
  WARNING: "mail flows, and something is broken",
  CRITICAL: "mail is lost, or it cannot be seen whether it is",
};
const KINDS = {OK: "ok", WARNING: "warn", CRITICAL: "bad", ok: "ok", degraded: "warn", EMPTY: "bad", up: "ok",
  falling: "warn", rising: "warn", soft: "warn", down: "bad", drain: "warn", maint: "warn", error: "bad", warn: "warn"};

const kindOf = word => KINDS[word] || "";
const keyOf = row => row.pool + "/" + row.backend;
/* What an operator took out is no news to operators. */
const badness = row => row.well ? 0 : row.admin !== "ready" ? 1 : row.effective_weight ? 2 : 3;

const fillText = key => (cell, row) => say(cell, row[key]);
const makeTag = cell => cell.append(el("span", {class: "tag"}));
const fillTag = key => (cell, row) => tag(cell.firstChild, row[key], kindOf(row[key]));
const makeText = cell => cell.append(el("div", {class: "text"}));

function makeName(cell) {
  const button = el("button", {type: "button", class: "name text"});
  button.addEventListener("click", () => detailOpen(button.dataset.key));
  cell.append(button);
}

function nameColumn(whole) {
  return {title: "MTA", kind: "head", of: "mtas", make: makeName, fill: (cell, row) => {
    say(cell.firstChild, whole ? keyOf(row) : row.backend);
    set(cell.firstChild, "data-key", keyOf(row));
  }};
}

function weightText(row) {
  return row.effective_weight === row.weight ? number(row.weight)
    : number(row.effective_weight) + " of " + number(row.weight);
}

function sessionsText(row) {
  return number(row.sessions) + (row.connections_max ? " / " + number(row.connections_max) : "");
}

const mtaColumns = [
  {title: "Address", kind: "text wide", fill: fillText("address")},
  {title: "Health", make: makeTag, fill: fillTag("health")},
  {title: "Admin", make: makeTag, fill: fillTag("admin")},
  {title: "Since", kind: "n", fill: (cell, row) => say(cell, row.since_s ? age(serverNow() - row.since_s) : "–")},
  {title: "Weight", kind: "n", fill: (cell, row) => say(cell, weightText(row))},
  {title: "Tier", kind: "n wider", fill: fillText("tier")},
  {title: "Sessions", kind: "n", fill: (cell, row) => say(cell, sessionsText(row))},
  {title: "New/s", kind: "n", fill: (cell, row) => say(cell, rateText(row.sessions_per_s))},
  {title: "Banner ms", kind: "n", fill: (cell, row) => say(cell, row.banner_ms === null ? "–" : row.banner_ms.toFixed(row.banner_ms < 10 ? 2 : 0))},
  {title: "Unserved", kind: "n wider", fill: (cell, row) => say(cell, number(row.unserved))},
  {title: "Reason", kind: "why", make: makeText, fill: (cell, row) => say(cell.firstChild, row.reason)},
];

const serviceColumns = [
  {title: "Service", kind: "head", make: cell => cell.append(el("b", {class: "text"}), el("div", {class: "soft text"})),
    fill: (cell, row) => { say(cell.firstChild, row.service); say(cell.lastChild, row.direction + " · " + row.vips.join(", ")); }},
  {title: "State", make: makeTag, fill: fillTag("state")},
  {title: "Serving", kind: "n", fill: (cell, row) => say(cell, row.serving + " of " + row.backends)},
  {title: "Sessions", kind: "n", fill: (cell, row) => say(cell, number(row.sessions))},
  {title: "New/s", kind: "n", fill: (cell, row) => say(cell, rateText(recentRate(row)))},
  {title: "Refused", kind: "n", fill: (cell, row) => say(cell, number(row.refused))},
  {title: "Five minutes", kind: "line", make: lineNew,
    fill: (cell, row) => lineFill(cell, row.opened_per_step, row.refused_per_step, data.step_s)},
];

const tables = {
  services: tableNew("Services", serviceColumns),
  found: tableNew("MTAs that fit the filter", [nameColumn(true), ...mtaColumns]),
  trouble: tableNew("MTAs that are not well", [nameColumn(true), ...mtaColumns]),
};
const sheets = {};
for (const name of ["found", "trouble"]) {
  sheets[name] = {note: el("p", {class: "note"}), sheet: el("div", {class: "sheet"}, tables[name].node)};
  $(name).append(el("h3", {class: "sub"}, name === "found" ? "Found" : "Not well"), sheets[name].sheet, sheets[name].note);
}
$("services").append(tables.services.node);

/* The mean of ten seconds. */
function recentRate(row) {
  const last = row.opened_per_step.slice(-5).filter(value => value !== null);
  return last.length ? last.reduce((a, b) => a + b, 0) / last.length / data.step_s : null;
}

let allReasons = false;

$("more").addEventListener("click", () => {
  allReasons = !allReasons;
  show();
});

function showState() {
  const bad = data.critical.length, warned = data.warnings.length;
  say($("word"), data.status);
  set($("state"), "data-is", data.status);
  say($("headline"), WORDS[data.status] + (bad + warned ? ": " + (bad + warned === 1 ? "one reason" : bad + warned + " reasons") : ""));
  const reasons = [...data.critical.map(text => ["CRITICAL", text]), ...data.warnings.map(text => ["WARNING", text])];
  const count = {};
  const items = reasons.map(([level, text]) => {
    /* Numbers in it change all the time, and it is the same reason. */
    const same = level + text.replace(/\d+/g, "#");
    count[same] = (count[same] || 0) + 1;
    return {level, text, commands: adviceFor(text), key: same + count[same]};
  });
  $("more").hidden = items.length <= REASONS_MAX;
  say($("more"), allReasons ? "Show fewer" : "Show all " + items.length + " reasons");
  set($("more"), "aria-expanded", String(allReasons));
  keep($("reasons"), allReasons ? items : items.slice(0, REASONS_MAX), item => item.key + item.commands.join("\n"), item => {
    const next = el("div", {class: "next"}, el("span", {class: "soft"}, "Next:"));
    next.append(...item.commands.map(commandNew));
    return el("li", {}, el("span", {class: "tag"}), el("span", {class: "text"}), next);
  }, (li, item) => {
    tag(li.children[0], item.level, kindOf(item.level));
    say(li.children[1], item.text);
  });
}

function showFigures() {
  const rows = [...backends.values()];
  const rates = data.services.map(recentRate).filter(rate => rate !== null);
  const sum = list => list.reduce((a, b) => a + b, 0);
  const refused = sum(data.services.map(row => sum(row.refused_per_step)));
  const plane = data.dataplane;
  const figures = [
    ["Sessions now", number(sum(data.services.map(row => row.sessions))), number(sum(data.services.map(row => row.sessions_total))) + " since the start"],
    ["New sessions a second", rateText(rates.length ? sum(rates) : null), "mean of ten seconds"],
    ["Refused in five minutes", number(refused), "clients that got no session"],
    ["MTAs that serve", rows.filter(row => row.effective_weight > 0).length + " of " + rows.length, data.pools.length === 1 ? "in one pool" : "in " + data.pools.length + " pools"],
    ["Data plane", plane.state, plane.workers + (plane.workers === 1 ? " worker" : " workers") + ", plan " + plane.adopted + (plane.adopted === plane.published ? " in force" : " of " + plane.published + " in force")],
  ];
  keep($("figures"), figures, item => item[0],
    item => el("div", {}, el("dt", {}, item[0]), el("dd", {}, el("span"), el("small"))),
    (div, item) => { say(div.lastChild.firstChild, item[1]); say(div.lastChild.lastChild, item[2]); });
}

function showRows(name, rows, most, rest) {
  for (const row of rows)
    row.off = row.effective_weight === 0;
  tables[name].update(rows.slice(0, most), keyOf);
  sheets[name].sheet.hidden = rows.length === 0;
  say(sheets[name].note, rows.length > most ? "and " + number(rows.length - most) + " more: " + rest : "");
  sheets[name].note.hidden = !sheets[name].note.textContent;
}

/* Of services and pools. */
function byState(rows) {
  const rank = row => row.state === "EMPTY" ? 0 : row.state === "degraded" ? 1 : 2;
  return rows.map((row, i) => [row, i]).sort((a, b) => rank(a[0]) - rank(b[0]) || a[1] - b[1]).map(pair => pair[0]);
}

/* Those that are not well come first, and else the order of the file stays. */
function sorted(rows) {
  return rows.map((row, i) => [row, i])
    .sort((a, b) => badness(b[0]) - badness(a[0]) || a[1] - b[1]).map(pair => pair[0]);
}

function showFound(words) {
  const rows = sorted([...backends.values()].filter(row => {
    const text = [keyOf(row), row.address, row.host, row.health, row.admin, row.reason].join(" ").toLowerCase();
    return words.every(word => text.includes(word));
  }));
  showRows("found", rows, FOUND_MAX, "add a word to the filter");
  if (!rows.length) {
    say(sheets.found.note, "No MTA fits.");
    sheets.found.note.hidden = false;
  }
}

function poolNew(pool) {
  const table = tableNew("MTAs of pool " + pool.pool, [nameColumn(false), ...mtaColumns]);
  const body = el("div", {}, table.node);
  const node = el("details", {class: "pool sheet"},
    el("summary", {}, el("b", {class: "text"}), el("span", {class: "tag"}), el("span", {class: "soft"})), body);
  node.table = table;
  if (backends.size <= OPEN_MTAS)
    node.open = true;
  node.addEventListener("toggle", () => show());
  return node;
}

function poolFill(node, pool) {
  const [name, state, text] = node.firstChild.children;
  say(name, pool.pool);
  tag(state, pool.state, kindOf(pool.state));
  const count = {};
  for (const row of pool.rows)
    if (!row.well)
      count[row.admin !== "ready" ? row.admin : row.health] = (count[row.admin !== "ready" ? row.admin : row.health] || 0) + 1;
  say(text, pool.serving + " of " + pool.backends + " serve" +
    Object.entries(count).map(([word, n]) => ", " + n + " " + (word === "up" ? "not well" : word)).join("") +
    "; " + number(pool.rows.reduce((sum, row) => sum + row.sessions, 0)) + " sessions");
  if (!node.open)
    return;
  for (const row of pool.rows)
    row.off = row.effective_weight === 0;
  node.table.update(sorted(pool.rows), keyOf);
}

function showMtas() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(word => word);
  const all = [...backends.values()];
  const bad = sorted(all.filter(row => !row.well));
  say($("sum"), all.length === 1 ? "one" : number(all.length) + ", " + (bad.length ? number(bad.length) + " not well" : "all well"));
  $("found").hidden = !words.length;
  $("pools").hidden = words.length > 0;
  $("trouble").hidden = words.length > 0 || !bad.length || all.length <= OPEN_MTAS;
  if (words.length)
    return showFound(words);
  if (!$("trouble").hidden)
    showRows("trouble", bad, TROUBLE_MAX, "open a pool, or filter");
  const of = new Map(data.pools.map(pool => [pool.pool, []]));
  for (const row of all)
    if (of.has(row.pool))
      of.get(row.pool).push(row);
  const pools = byState(data.pools).map(pool => ({...pool, rows: of.get(pool.pool)}));
  keep($("pools"), pools, pool => pool.pool, poolNew, poolFill);
  return undefined;
}

function showEvents() {
  keep($("events"), [...events].reverse(), event => event.number, event => {
    const time = el("time", {datetime: new Date(event.when_s * 1000).toISOString()});
    const what = [event.what, event.before && event.after ? event.before + " → " + event.after : event.after]
      .filter(text => text).join(" ");
    return el("li", {}, time, el("span", {class: "tag " + kindOf(event.level)}, event.level),
      el("span", {class: "text"}, el("b", {}, clean(event.subject)), " " + clean(what) + (event.why ? ", " : ""),
        el("span", {class: "soft"}, clean(event.why))));
  }, (li, event) => say(li.firstChild, clockText(event.when_s)));
  $("events").hidden = events.length === 0;
}

/* One MTA with all that is known, over the page. */
let detailKey = null;

function detailOpen(key) {
  detailKey = key;
  showDetail();
  $("detail").showModal();
}

function showDetail() {
  const row = backends.get(detailKey);
  if (!row)
    return $("detail").open ? $("detail").close() : undefined;
  say($("d-name"), keyOf(row));
  const facts = [["Address", row.address], ["Name in DNS", row.host], ["Health", row.health], ["Admin", row.admin],
    ["Since", row.since_s ? clockText(row.since_s) + ", " + age(serverNow() - row.since_s) : "not known"],
    ["Weight now", weightText(row)], ["Tier", row.tier], ["Sessions", sessionsText(row)],
    ["New sessions a second", rateText(row.sessions_per_s)],
    ["Time to the banner", row.banner_ms === null ? "not known" : row.banner_ms.toFixed(2) + " ms, median of a minute"],
    ["Sessions left unserved", number(row.unserved)], ["Reason", row.reason]].filter(fact => fact[1] !== null && fact[1] !== undefined);
  keep($("d-facts"), facts.flatMap(([name, value]) => [["dt", name, name], ["dd", name, value]]),
    item => item[0] + item[1], item => el(item[0], {class: "text"}), (node, item) => say(node, item[2]));
  keep($("d-commands"), commandsFor(row), item => item[0],
    item => el("li", {}, commandNew(item[0]), el("small", {}, item[1])), () => {});
  return undefined;
}

function show() {
  if (!data)
    return;
  $("main").hidden = false;
  say($("instance"), data.instance);
  say($("about"), "mxsteer " + data.version + ", instance " + data.instance);
  showState();
  showFigures();
  tables.services.update(byState(data.services), row => row.service);
  showMtas();
  showEvents();
  if ($("detail").open)
    showDetail();
}
