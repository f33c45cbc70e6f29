// One chart: lines against an x axis that all charts share, with what is to be marked on it.

const BOTTOM = 36, RIGHT = 14, ROW = 14;
let charts_drawn = 0;

/**
 * What is drawn. A line is {name, label, run, place, colour, stage, points: [[epoch, value]]}, a mean the same with `low`
 * and `high`, (points each). Marks: `band` {from, to} in epochs, `best` {epoch, label}, `events` {epoch, name},
 * `forecasts` {epochs, score, low, high, colour}; all but lines have a `place` (epoch -> x) too, which `places` gives for
 * the axis chosen.
 */
class Chart {
  constructor({ title, lines, means = [], marks = {}, tall = false, log = false }) {
    Object.assign(this, { title, lines, means, marks, tall, log, hidden: new Set(), axis: "epochs", width: 0 });
    this.id = `chart-${(charts_drawn += 1)}`;
    this.svg = drawn("svg", { role: "img" });
    this.told = element("div", { class: "told", role: "status", hidden: true });
    this.box = element("div", { class: "plot", tabindex: 0, role: "group", "aria-label": `${title}: arrow keys read its values` }, this.svg, this.told);
    this.canLog = lines.length > 0 && lines.every((line) => line.points.every(([, value]) => value > 0));
    new ResizeObserver(() => Math.abs(this.box.clientWidth - this.width) > 1 && this.box.clientWidth && this.draw()).observe(this.box);
    readValues(this);
  }

  get shown() {
    return this.lines.filter((line) => !this.hidden.has(line.run));
  }

  draw(axis = this.axis) {
    this.axis = axis;
    this.width = this.box.clientWidth || 480;
    const { width, marks } = this, height = this.tall ? Math.max(260, Math.min(380, width * 0.5)) : 210;
    const place = (of) => of.places[axis] ?? (() => 0);
    const forecasts = list(marks.forecasts).filter((one) => !this.hidden.has(one.run));
    const yRange = this.yRange(forecasts);
    const labelled = [...list(marks.best).filter((mark) => mark.label), ...list(marks.events)];
    const yTicks = scale(yRange, [1, 0], height / 48, { log: this.log }).ticks;
    const left = Math.max(...yTicks.map((tick) => tickText(tick).length), 3) * 6.6 + 10;
    const top = 8 + (labelled.length ? 3 * ROW : 0), right = width - RIGHT, bottom = height - BOTTOM;
    const xs = this.lines.flatMap((line) => (line.points.length ? [line.points[0][0], line.points.at(-1)[0]].map(place(line)) : []));
    xs.push(...forecasts.flatMap((one) => one.epochs.slice(-1).map(place(one))));
    this.x = scale([Math.min(...xs), Math.max(...xs)], [left, right], (right - left) / 70, { whole: axis !== "seconds" });
    this.y = scale(yRange, [bottom, top], height / 48, { log: this.log });
    this.area = { left, right, top, bottom };
    const at = (of, epoch) => this.x.to(place(of)(epoch)).toFixed(1);
    const up = (value) => this.y.to(this.log ? Math.max(value, yRange[0] / 10) : value).toFixed(1);
    const path = (of, pairs) => pairs.map(([epoch, value], index) => `${index ? "L" : "M"}${at(of, epoch)},${up(value)}`).join("");
    const around = (of, low, high) => `${path(of, low)}L${path(of, high.toReversed()).slice(1)}Z`;
    const clip = { "clip-path": `url(#${this.id})` };

    const inside = drawn("g", clip);
    if (marks.band) {
      const from = Number(at(marks.band, marks.band.from)), to = Number(at(marks.band, marks.band.to));
      inside.append(drawn("rect", { class: "recommended", x: from - 3, y: top, width: Math.max(to - from, 0) + 6, height: bottom - top }));
    }
    for (const one of forecasts) {
      const pairs = (values) => one.epochs.map((epoch, index) => [epoch, values[index]]);
      inside.append(drawn("path", { class: `area ${one.colour}`, d: around(one, pairs(one.low), pairs(one.high)) }));
      inside.append(drawn("path", { class: `forecast ${one.colour}`, d: path(one, pairs(one.score)) }));
    }
    for (const mean of this.means) inside.append(drawn("path", { class: `area ${mean.colour}`, d: around(mean, mean.low, mean.high) }));
    const faint = this.means.length ? " faint" : "";
    const lines = this.shown.map((line) => drawn("path", {
      class: `series ${line.colour} ${line.stage}${faint}`, "data-name": line.name, d: path(line, line.points) + (line.points.length === 1 ? "h0" : ""),
    }));
    const dots = this.shown.filter((line) => line.points.length === 1).map((line) => drawn("circle", {
      class: `dot ${line.colour}`, r: 3, cx: at(line, line.points[0][0]), cy: up(line.points[0][1]),
    }));
    const means = this.means.map((mean) => drawn("path", { class: `mean ${mean.colour} ${mean.stage}`, "data-name": mean.name, d: path(mean, mean.points) }));
    const bests = list(marks.best).filter((mark) => known(mark.value) && !this.hidden.has(mark.run)).map((mark) => drawn("circle", {
      class: `best ${mark.colour}`, r: 4, cx: at(mark, mark.epoch), cy: up(mark.value),
    }));
    this.cursor = drawn("line", { class: "cursor", y1: top, y2: bottom, x1: -9, x2: -9 });
    this.svg.replaceChildren(
      drawn("defs", {}, drawn("clipPath", { id: this.id }, drawn("rect", { x: left, y: top - 5, width: right - left + 4, height: bottom - top + 10 }))),
      this.frame(), inside, this.marked(labelled, at), drawn("g", {}, lines, dots, means, bests), this.cursor,
    );
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("aria-label", `${this.title} against ${AXES[axis].label}: ${this.lines.slice(0, 12).map((line) => line.label).join(", ")}`);
  }

  yRange(forecasts) {
    const of = (line) => line.points.map(([, value]) => value);
    const values = [...this.shown.map(of), ...this.means.flatMap((mean) => [mean.low, mean.high].map((points) => points.map(([, value]) => value)))];
    let low = Infinity, high = -Infinity;
    const widen = (value) => known(value) && (!this.log || value > 0) && ((low = Math.min(low, value)), (high = Math.max(high, value)));
    values.forEach((line) => line.forEach(widen));
    if (low > high) return [1, 2];
    // A band that is far wider than the curve must not press it flat.
    const [least, most] = this.log ? [low / 3, high * 2] : [low - (high - low) * 0.3, high + (high - low) * 0.2];
    for (const one of forecasts) [...one.low, ...one.high].forEach((value) => widen(Math.max(least, Math.min(most, value))));
    const room = this.log ? (high / low) ** 0.03 : (high - low) * 0.03;
    return this.log ? [low / room, high * room] : [low - room, high + room];
  }

  frame() {
    const { left, right, top, bottom } = this.area;
    const text = (label, x, y, anchor) => drawn("text", { x, y, "text-anchor": anchor }, label);
    const across = this.y.ticks.map((tick) => [drawn("line", { x1: left, x2: right, y1: this.y.to(tick), y2: this.y.to(tick) }), text(tickText(tick), left - 6, this.y.to(tick) + 4, "end")]);
    const upright = this.x.ticks.map((tick) => [drawn("line", { class: "tick", x1: this.x.to(tick), x2: this.x.to(tick), y1: bottom, y2: bottom + 4 }), text(tickText(tick), this.x.to(tick), bottom + 16, "middle")]);
    const label = drawn("text", { class: "axis-label", x: right, y: bottom + 31, "text-anchor": "end" }, AXES[this.axis].label);
    return drawn("g", { class: "frame" }, across, upright, label);
  }

  /** Upright lines with their names above, where these fit; at one epoch they share a line. */
  marked(labelled, at) {
    const { top, bottom, right } = this.area, found = new Map();
    for (const mark of labelled) {
      const x = at(mark, mark.epoch);
      found.set(x, { x: Number(x), text: [found.get(x)?.text, mark.label ?? words(mark.name)].filter(Boolean).join(", "), best: Boolean(mark.label) });
    }
    const marks = [...found.values()].sort((one, other) => one.x - other.x);
    const rows = rowsFor(marks, 3, right + RIGHT);
    return drawn("g", { class: "marks" }, marks.map(({ x, text, best }, index) => [
      drawn("line", { class: best ? "best-line" : "event-line", x1: x, x2: x, y1: rows[index] ? 6 + rows[index].row * ROW : top, y2: bottom }, drawn("title", {}, text)),
      rows[index] && drawn("text", { x: rows[index].x + 4, y: 14 + rows[index].row * ROW }, text),
    ]));
  }
}
