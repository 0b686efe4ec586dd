/* The data, and how it comes: as a feed while somebody looks, and else, or where
 * there is no place at the feed, as a whole from time to time. */
"use strict";

const STALE_S = 8;      /* the feed has news every two seconds */
const SILENT_S = 15;    /* then the connection is made anew */
const AGAIN_MS = 5000;  /* after a refusal */
const HIDDEN_MS = 20000;
const EVENTS_MAX = 50;

let data = null;         /* as /api/snapshot, but for these two */
const backends = new Map();
let events = [];
let heard = null;        /* Date.now() of the last news */
let source = null;       /* the feed */
let timer = 0;           /* the next attempt */
let polls = false;       /* the feed had no place: news come by snapshots */
let told = "";           /* what was announced */

const silent_s = () => heard === null ? Infinity : (Date.now() - heard) / 1000;
const serverNow = () => data.at_s + (heard === null ? 0 : silent_s());

/* A page that is not the one of this server: it was upgraded. */
function isOther(news) {
  const mine = document.querySelector("meta[name=mxsteer-page]").content;
  if (!news.page || news.page === mine)
    return false;
  try {
    /* Once for each: what lies between may keep old pages. */
    if (sessionStorage.getItem("mxsteer-page") === news.page)
      return false;
    sessionStorage.setItem("mxsteer-page", news.page);
  } catch {
    return false;
  }
  location.reload();
  return true;
}

/* The list of before, and the last steps of a newer one behind it. */
function joined(before, newer, steps, most) {
  const missed = Math.min(most, Math.max(0, steps - newer.length));
  const list = [...before, ...new Array(missed).fill(null), ...(steps > 0 ? newer.slice(-steps) : [])];
  return [...new Array(Math.max(0, most - list.length)).fill(null), ...list].slice(-most);
}

/* Services of a change have the last steps alone. */
function addSteps(services, before, steps) {
  const old = new Map(before.map(row => [row.service, row]));
  const most = Math.max(2, ...before.map(row => row.opened_per_step.length));
  for (const row of services)
    for (const key of ["opened_per_step", "refused_per_step"])
      row[key] = joined(old.has(row.service) ? old.get(row.service)[key] : [], row[key], steps, most);
}

function takeSnapshot(news) {
  backends.clear();
  for (const row of news.backends)
    backends.set(row.pool + "/" + row.backend, row);
  events = news.events;
  data = news;
  took();
}

function takeChange(news) {
  if (!data)
    return;
  addSteps(news.services, data.services, news.step - data.step);
  for (const row of news.backends)
    backends.set(row.pool + "/" + row.backend, {...backends.get(row.pool + "/" + row.backend), ...row});
  for (const name of news.backends_gone)
    backends.delete(name);
  events = [...events, ...news.events].slice(-EVENTS_MAX);
  data = news;
  took();
}

const COLOURS = {OK: "%23127a43", WARNING: "%23d98e04", CRITICAL: "%23c8251d", "": "%23808890"};

function setTitle(word) {
  document.title = (word ? word + " · " : "") + "mxsteer" + (data ? " " + data.instance : "");
  const href = "data:image/svg+xml,<svg xmlns='http:%2F%2Fwww.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='" +
    COLOURS[COLOURS[word] ? word : ""] + "'/></svg>";
  if ($("icon").getAttribute("href") !== href)
    $("icon").setAttribute("href", href);
}

function announce(text) {
  if (text !== told)
    say($("announce"), told = text);
}

function took() {
  if (isOther(data))
    return;
  heard = Date.now();
  lookAtAge();
  setTitle(data.status);
  announce("State: " + data.status + ". " + [...data.critical, ...data.warnings].map(text => text.replace(/\d+ s ago/, "")).slice(0, 3).join(". "));
  if (!document.hidden)
    show();
}

/* Say how old the news are.  While the page is hidden they come seldom. */
function lookAtAge() {
  const s = silent_s();
  const old = s > (polls || document.hidden ? HIDDEN_MS / 1000 + STALE_S : STALE_S);
  document.documentElement.classList.toggle("stale", old);
  say($("news"), heard === null ? "no news yet" : s < 4 && !old ? "live" : "last news " + age(s) + " ago");
  $("old").hidden = !old;
  if (!old)
    return;
  say($("old"), heard === null ? "No news have come yet. The page goes on trying."
    : "No news for " + age(s) + ": what is below is old. The page goes on trying; mxsteer status says more.");
  if (heard !== null) {
    setTitle("no news");
    announce("No news come. What the page shows is old.");
  }
}

function disconnect() {
  clearTimeout(timer);
  timer = 0;
  if (source)
    source.close();
  source = null;
}

function later(action, ms) {
  clearTimeout(timer);
  timer = setTimeout(action, ms);
}

/* All at once, without the feed. */
async function poll() {
  try {
    const reply = await fetch("api/snapshot", {cache: "no-store"});
    if (reply.ok)
      takeSnapshot(await reply.json());
  } catch {
    /* The age of the news tells of it. */
  }
  later(document.hidden ? poll : connect, document.hidden ? HIDDEN_MS : AGAIN_MS);
}

function connect() {
  disconnect();
  source = new EventSource("events");
  const mine = source;
  const on = (name, take) => source.addEventListener(name, event => {
    if (source !== mine)
      return;
    polls = false;
    take(JSON.parse(event.data));
  });
  on("snapshot", takeSnapshot);
  on("change", takeChange);
  /* A browser tries again by itself if the connection ended, and not if the server
   * refused it: all places of the feed were taken. */
  source.addEventListener("error", () => {
    if (source !== mine || mine.readyState !== EventSource.CLOSED)
      return;
    disconnect();
    polls = true;
    poll();
  });
}

/* A page that nobody sees gives its place at the feed to another. */
function followVisibility() {
  if (document.hidden) {
    later(() => { disconnect(); poll(); }, data ? HIDDEN_MS : 0);
    return;
  }
  clearTimeout(timer);
  timer = 0;
  if (!source || silent_s() > STALE_S)
    connect();
  show();
}
document.addEventListener("visibilitychange", followVisibility);

setInterval(() => {
  lookAtAge();
  if (source && silent_s() > SILENT_S && !document.hidden && !timer)
    later(connect, AGAIN_MS);
}, 1000);

/* -- what the reader does ------------------------------------------------- */

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  if (theme === "auto")
    document.documentElement.removeAttribute("data-theme");
  else
    document.documentElement.setAttribute("data-theme", theme);
  say($("theme"), {auto: "Auto", light: "Light", dark: "Dark"}[theme]);
  set($("theme"), "aria-label", "Colours: " + theme + ". Change");
}

let theme = "auto";
try {
  theme = THEMES.includes(localStorage.getItem("mxsteer-theme")) ? localStorage.getItem("mxsteer-theme") : "auto";
} catch {
  /* The browser keeps nothing. */
}
setTheme(theme);
$("theme").hidden = false;
$("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(theme);
  try {
    localStorage.setItem("mxsteer-theme", theme);
  } catch {
    /* It holds until the page is left. */
  }
});

$("filter").addEventListener("input", () => show());
$("d-close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("click", event => {
  if (event.target === $("detail"))
    $("detail").close();
});
document.addEventListener("keydown", event => {
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || $("detail").open ||
      /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName))
    return;
  event.preventDefault();
  $("filter").focus();
});

followVisibility();
