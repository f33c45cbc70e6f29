// One chart: lines against an x axis that all charts share, with what is to be marked on it.

const BOTTOM = 36, RIGHT = 14, ROW = 14, MOST_SAID = 12;
let chartsMade = 0;

/**
 * A line is {name, label, run, column, colour, stage, span, places, points: [[epoch, value]]}; a mean the same with
 * `low` and `high`, points each. Marks are a `band` {from, to}, `best` {epoch, value, label}, `events` {epoch, name}
 * and `forecasts` {epochs, score, low, high}, each with `places`: axis -> (epoch -> x).
 */
class Chart {
  constructor({ title, lines, means = [], marks = {}, tall = false }) {
    Object.assign(this, { title, lines, means, marks, tall });
    Object.assign(this, { axis: "epochs", log: false, zoom: false, hidden: new Set(), width: 0 });
    this.id = `chart-${(chartsMade += 1)}`;
    this.svg = drawn("svg", { role: "img" });
    this.told = element("div", { class: "told", role: "status", hidden: true });
    const help = `${title}: arrow keys read its values`;
    this.box = element("div", { class: "plot", tabindex: 0, role: "group", "aria-label": help }, this.svg, this.told);
    this.canLog = lines.length > 0 && lines.every((line) => line.points.every(([, value]) => value > 0));
    // Also where a folded part opens: until then it has no width.
    const redraw = () => Math.abs(this.box.clientWidth - this.width) > 1 && this.box.clientWidth > 0 && this.draw();
    new ResizeObserver(redraw).observe(this.box);
    readValues(this);
  }

  get shown() {
    return this.lines.filter((line) => !this.hidden.has(line.run));
  }

  draw(axis = this.axis) {
    this.axis = axis;
    this.width = this.box.clientWidth || 480;
    const height = this.tall ? Math.max(260, Math.min(380, this.width * 0.5)) : 200;
    const place = (of) => of.places[axis] ?? (() => 0);
    const forecasts = list(this.marks.forecasts).filter((one) => !this.hidden.has(one.run));
    const range = yRange(this, forecasts), log = { log: this.log };
    const labels = scale(range, [1, 0], height / 48, log).ticks.map(tickText);
    const left = Math.max(...labels.map((label) => label.length), 3) * 6.6 + 10, right = this.width - RIGHT;
    const count = (right - left) / 70, whole = axis !== "seconds";
    this.x = scale(xRange(this, forecasts, place, count), [left, right], count, { whole });
    const at = (of, epoch) => this.x.to(place(of)(epoch)).toFixed(1);
    const named = namedMarks(this.marks, at, right + RIGHT);
    const top = 10 + named.rows * ROW, bottom = height - BOTTOM;
    this.area = { left, right, top, bottom };
    this.y = scale(range, [bottom, top], height / 48, log);
    const up = (value) => this.y.to(this.log ? Math.max(value, range[0] / 10) : value).toFixed(1);
    const clip = { x: left - 1, y: top - 6, width: right - left + 6, height: bottom - top + 8 };
    this.cursor = drawn("line", { class: "cursor", y1: top, y2: bottom });
    this.follow(null);
    this.svg.replaceChildren(
      drawn("defs", {}, drawn("clipPath", { id: this.id }, drawn("rect", clip))),
      frame(this),
      drawn("g", { "clip-path": `url(#${this.id})` }, areas(this, forecasts, at, up), curvesOf(this, at, up)),
      drawMarks(named, top, bottom),
      bestPoints(this, at, up),
      this.cursor,
    );
    const names = this.lines.slice(0, MOST_SAID).map((line) => line.label).join(", ");
    const told = `${this.title} against ${AXES[axis].label}: ${names}`;
    const attributes = { viewBox: `0 0 ${this.width} ${height}`, width: this.width, height, "aria-label": told };
    put(this.svg, attributes, []);
  }

  /** Move the upright line to x; away with null. */
  follow(x) {
    const pixel = x === null ? -9 : this.x.to(x);
    put(this.cursor, { x1: pixel, x2: pixel }, []);
  }
}
