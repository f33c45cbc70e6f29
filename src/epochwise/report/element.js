"use strict";
// Elements. What a document says reaches the page as text nodes and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

const isThere = (value) => value !== null && value !== undefined && value !== false;

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (isThere(value)) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter(isThere));
  return node;
}

const element = (tag, attributes = {}, ...children) => put(document.createElement(tag), attributes, children);
const drawn = (tag, attributes = {}, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

const known = (value) => typeof value === "number" && Number.isFinite(value);
const list = (value) => (Array.isArray(value) ? value : []);
const words = (name) => String(name).replaceAll("_", " ");

/**
 * A table that scrolls inside its own box. Columns are {head, cell: row -> content, text: whether it is read as words};
 * `ofRow` gives the attributes of a row.
 */
function table(caption, columns, rows, ofRow = () => ({})) {
  const side = (column) => (column.text ? null : "number");
  const head = columns.map((column) => element("th", { scope: "col", class: side(column) }, column.head));
  const cells = (row) => columns.map((column) => element("td", { class: side(column) }, column.cell(row)));
  return element(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, rows.map((row) => element("tr", ofRow(row), cells(row)))),
    ),
  );
}

/** Terms and what they are, side by side; those without a value are left out. */
function facts(pairs, kind = "") {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "–");
  const pair = ([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value));
  return element("dl", { class: `facts ${kind}` }, told.map(pair));
}

/** A button that is in or out; `change` is told which. */
function toggle(text, attributes, change) {
  const button = element("button", { type: "button", "aria-pressed": false, ...attributes }, text);
  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", pressed);
    change(pressed);
  });
  return button;
}

/** A short piece of a line as it is drawn. */
function swatch({ colour, stage }) {
  const sample = drawn("path", { class: `sample ${colour} ${stage}`, d: "M1,4H21" });
  return drawn("svg", { class: "swatch", width: 22, height: 8, role: "img", "aria-label": `${stage} line` }, sample);
}
