/* Parts of the page.  Every text goes into it by textContent: what an MTA said is
 * never markup.  A part that is as it was is not touched, so that the focus and a
 * selection stay. */
"use strict";

const $ = id => document.getElementById(id);
const SVG = $("mark").namespaceURI;

/* Signs that turn the direction of a text, or have no shape. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function clean(text) {
  return text === null || text === undefined ? "" : String(text).replace(UNSEEN, "\ufffd");
}

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const key in attributes)
    node.setAttribute(key, attributes[key]);
  node.append(...children);
  return node;
}

function say(node, text) {
  const wanted = clean(text);
  if (node.textContent !== wanted)
    node.textContent = wanted;
}

function set(node, key, value) {
  if (node.getAttribute(key) !== value)
    node.setAttribute(key, value);
}

function tag(node, word, kind) {
  say(node, word);
  set(node, "class", "tag " + kind);
}

const number = new Intl.NumberFormat("en").format;

function rateText(perSecond) {
  if (perSecond === null || perSecond === undefined)
    return "–";
  return perSecond >= 100 ? number(Math.round(perSecond)) : perSecond.toFixed(1);
}

function age(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120)
    return s + " s";
  if (s < 7200)
    return Math.floor(s / 60) + " min";
  if (s < 172800)
    return Math.floor(s / 3600) + " h";
  return Math.floor(s / 86400) + " days";
}

function clockText(seconds) {
  const date = new Date(seconds * 1000);
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === new Date().toDateString() ? time
    : date.toLocaleDateString("en-GB", {day: "numeric", month: "short"}) + " " + time;
}

/* Keep the children of a node, one for each item, in their order.  make(item)
 * returns a new child, fill(child, item) writes what is so now. */
function keep(parent, items, keyOf, make, fill) {
  const had = parent.kept || new Map();
  const has = new Map();
  let at = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const child = had.get(key) || make(item);
    had.delete(key);
    has.set(key, child);
    fill(child, item);
    if (child === at)
      at = at.nextSibling;
    else
      parent.insertBefore(child, at);
  }
  for (const child of had.values())
    child.remove();
  parent.kept = has;
}

/* A table.  columns: {title, kind, fill(cell, row)}, the first one names the row.
 * Roles are said, since a narrow page shows rows as cards. */
function tableNew(label, columns) {
  const head = el("tr", {role: "row"});
  const body = el("tbody", {role: "rowgroup"});
  for (const column of columns)
    head.append(el("th", {scope: "col", role: "columnheader", class: column.kind || ""}, column.title));
  const node = el("table", {role: "table", "aria-label": label, class: columns[0].kind === "head" ? columns[0].of || "" : ""},
    el("thead", {role: "rowgroup"}, head), body);
  const make = () => {
    const tr = el("tr", {role: "row"});
    columns.forEach((column, i) => {
      const cell = el("td", {role: i ? "cell" : "rowheader", class: column.kind || "", "data-title": column.title});
      if (column.make)
        column.make(cell);
      tr.append(cell);
    });
    return tr;
  };
  const fill = (tr, row) => {
    if (row.off !== undefined)
      tr.classList.toggle("off", row.off);
    columns.forEach((column, i) => column.fill(tr.children[i], row));
  };
  return {node, update: (rows, keyOf) => keep(body, rows, keyOf, make, fill)};
}

/* A command with a button that copies it. */
function commandNew(command) {
  const button = el("button", {type: "button", "aria-label": "Copy: " + command}, "Copy");
  const code = el("code", {}, command);
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      /* Browsers give pages that came without TLS from afar no clipboard. */
      getSelection().selectAllChildren(code);
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return el("span", {class: "command"}, code, button);
}

/* Lines of five minutes.  A step without a value is a gap. */
const LINE_WIDTH = 300, LINE_HEIGHT = 34;

function svg(name, kind) {
  const node = document.createElementNS(SVG, name);
  node.setAttribute("class", kind);
  return node;
}

function lineNew(cell) {
  const picture = svg("svg", "");
  picture.setAttribute("viewBox", `0 0 ${LINE_WIDTH} ${LINE_HEIGHT}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("role", "img");
  const base = svg("line", "base");
  base.setAttribute("x2", LINE_WIDTH);
  base.setAttribute("y1", LINE_HEIGHT - 0.5);
  base.setAttribute("y2", LINE_HEIGHT - 0.5);
  picture.append(base, svg("g", "pieces"));
  cell.append(picture, el("small"));
}

function pieces(values, top) {
  const step = LINE_WIDTH / Math.max(1, values.length - 1);
  const found = [];
  let piece = null;
  values.forEach((value, i) => {
    if (value === null) {
      piece = null;
      return;
    }
    if (!piece)
      found.push(piece = []);
    piece.push((i * step).toFixed(1) + "," +
      (LINE_HEIGHT - 1 - (value / top) * (LINE_HEIGHT - 4)).toFixed(1));
  });
  return found;
}

function lineFill(cell, opened, refused, step_s) {
  const top = Math.max(1, ...opened, ...refused);
  const group = cell.firstChild.lastChild;
  const drawn = [];
  const draw = (name, kind, points) => {
    const node = svg(name, kind);
    node.setAttribute("points", points.join(" "));
    drawn.push(node);
  };
  for (const piece of pieces(opened, top)) {
    const x = point => point.split(",")[0];
    draw("polygon", "area", [x(piece[0]) + "," + LINE_HEIGHT, ...piece, x(piece[piece.length - 1]) + "," + LINE_HEIGHT]);
    draw("polyline", "new", piece);
  }
  if (refused.some(value => value > 0))
    for (const piece of pieces(refused, top))
      draw("polyline", "lost", piece);
  group.replaceChildren(...drawn);
  const known = opened.some(value => value !== null);
  const lost = refused.reduce((sum, value) => sum + value, 0);
  const text = (known ? "at most " + rateText(Math.max(0, ...opened) / step_s) + "/s" : "not known") +
    (lost ? ", " + number(lost) + " refused" : "");
  say(cell.lastChild, text);
  set(cell.firstChild, "aria-label", "New sessions of five minutes, " + text);
}
