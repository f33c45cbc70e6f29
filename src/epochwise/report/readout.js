// The values of a chart at an epoch, under the pointer or by the arrow keys.

const MOST_TOLD = 10;

/** The point of a line nearest to x, as {epoch, value, x}. */
function nearest(line, axis, x) {
  const place = line.places[axis] ?? (() => 0);
  let found = null;
  for (const [epoch, value] of line.points) {
    const at = place(epoch);
    if (!found || Math.abs(at - x) < Math.abs(found.x - x)) found = { epoch, value, x: at };
  }
  return found;
}

function readValues(chart) {
  const hide = () => {
    chart.told.hidden = true;
    chart.cursor?.setAttribute("x1", -9);
    chart.cursor?.setAttribute("x2", -9);
    chart.at = null;
  };
  const tell = (x) => {
    const found = chart.shown.map((line) => ({ line, ...nearest(line, chart.axis, x) })).filter(({ epoch }) => epoch !== undefined);
    if (!found.length) return hide();
    const first = found.reduce((best, one) => (Math.abs(one.x - x) < Math.abs(best.x - x) ? one : best));
    const { epoch } = first, pixel = chart.x.to(first.x);
    const near = found.filter((one) => Math.abs(chart.x.to(one.x) - pixel) < 6).sort((one, other) => other.value - one.value);
    const events = list(chart.marks.events).filter((event) => event.epoch === epoch).map((event) => words(event.name));
    const where = chart.axis === "epochs" ? "" : ` · ${number(first.x)} ${chart.axis}`;
    chart.told.replaceChildren(
      element("p", {}, `epoch ${epoch}${where}${events.length ? ` · ${events.join(", ")}` : ""}`),
      ...near.slice(0, MOST_TOLD).map(({ line, value }) => element("p", {}, swatch(line), `${line.label} `, element("b", {}, number(value, 5)))),
      ...(near.length > MOST_TOLD ? [element("p", {}, `and ${near.length - MOST_TOLD} more`)] : []),
    );
    chart.told.hidden = false;
    const right = pixel > chart.width / 2;
    chart.told.style.left = right ? "" : `${pixel + 12}px`;
    chart.told.style.right = right ? `${chart.width - pixel + 12}px` : "";
    chart.cursor.setAttribute("x1", pixel);
    chart.cursor.setAttribute("x2", pixel);
    chart.at = epoch;
    return undefined;
  };
  const epochs = () => [...new Set(chart.shown.flatMap((line) => line.points.map(([epoch]) => epoch)))].sort((one, other) => one - other);
  chart.box.addEventListener("pointermove", (event) => tell(chart.x.from(event.clientX - chart.box.getBoundingClientRect().left)));
  chart.box.addEventListener("pointerleave", hide);
  chart.box.addEventListener("blur", hide);
  chart.box.addEventListener("keydown", (event) => {
    const all = epochs(), now = all.indexOf(chart.at ?? -1);
    const next = { ArrowRight: now + 1, ArrowLeft: now < 0 ? all.length - 1 : now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") hide();
    if (next === undefined || !all.length) return;
    event.preventDefault();
    const epoch = all[Math.max(0, Math.min(next, all.length - 1))];
    const line = chart.shown.find((one) => one.points.some(([other]) => other === epoch));
    tell((line.places[chart.axis] ?? (() => 0))(epoch));
  });
}

/** A short piece of a line as it is drawn. */
const swatch = ({ colour, stage }) =>
  drawn("svg", { class: "swatch", width: 22, height: 8, role: "img", "aria-label": `${stage} line` }, drawn("path", { class: `sample ${colour} ${stage}`, d: "M1,4H21" }));
