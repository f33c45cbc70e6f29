"use strict";
// Elements, numbers and durations. What a document says reaches the page as text nodes and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const element = (tag, attributes = {}, ...children) => put(document.createElement(tag), attributes, children);
const drawn = (tag, attributes = {}, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

const known = (value) => typeof value === "number" && Number.isFinite(value);
const list = (value) => (Array.isArray(value) ? value : []);
const words = (name) => String(name).replaceAll("_", " ");

/** A number to some significant digits; large ones whole, in groups of three. */
function number(value, digits = 4) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en-US");
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(Math.min(digits - 1, 2)).replace("e+", "e").replace("-", "−");
  if (size >= 10 ** (digits - 1)) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

function duration(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < 60) return `${number(seconds, seconds < 1 ? 2 : 3)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
const spread = (mean, std, digits = 4) => `${number(mean, digits)}${known(std) ? ` ± ${number(std, 2)}` : ""}`;

/** A table that scrolls inside its own box; columns are {head, cell(row), text: whether it is read as words}. */
function table(caption, columns, rows) {
  const side = (column) => (column.text ? null : "number");
  return element(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, columns.map((column) => element("th", { scope: "col", class: side(column) }, column.head)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, columns.map((column) => element("td", { class: side(column) }, column.cell(row)))))),
    ),
  );
}

/** Terms and what they are, side by side; those without a value are left out. */
function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "–");
  return element("dl", { class: "facts" }, told.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
}
