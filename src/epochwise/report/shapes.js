// The shapes of a chart. `at(of, epoch)` and `up(value)` are pixels.

const MOST_LETTERS = 28;

const pathOf = (of, pairs, at, up) =>
  pairs.map(([epoch, value], index) => `${index ? "L" : "M"}${at(of, epoch)},${up(value)}`).join("");

/** Recommended epochs, forecasts and the spread of seeds: what lies behind the lines. */
function areas(chart, forecasts, at, up) {
  const { top, bottom } = chart.area, { band } = chart.marks, found = [];
  const between = (of, low, high) => `${pathOf(of, low, at, up)}L${pathOf(of, high.toReversed(), at, up).slice(1)}Z`;
  if (band) {
    const from = Number(at(band, band.from)), to = Number(at(band, band.to));
    const size = { x: from - 3, y: top, width: Math.max(to - from, 0) + 6, height: bottom - top };
    found.push(drawn("rect", { class: "recommended", ...size }));
  }
  for (const one of forecasts) {
    const pairs = (values) => one.epochs.map((epoch, index) => [epoch, values[index]]);
    found.push(drawn("path", { class: `area ${one.colour}`, d: between(one, pairs(one.low), pairs(one.high)) }));
    found.push(drawn("path", { class: `forecast ${one.colour}`, d: pathOf(one, pairs(one.score), at, up) }));
  }
  for (const mean of chart.means) {
    found.push(drawn("path", { class: `area ${mean.colour}`, d: between(mean, mean.low, mean.high) }));
  }
  return found;
}

function curvesOf(chart, at, up) {
  const lines = chart.shown.map((line) => {
    const alone = line.points.length === 1, d = pathOf(line, line.points, at, up) + (alone ? "h0" : "");
    const kind = `series ${line.colour} ${line.stage}${line.faint ? " faint" : ""}`;
    const path = drawn("path", { class: kind, "data-name": line.name, "data-run": line.run, d });
    const [epoch, value] = line.points[0];
    return [path, alone && drawn("circle", { class: `dot ${line.colour}`, r: 3, cx: at(line, epoch), cy: up(value) })];
  });
  const means = chart.means.map((mean) => {
    const d = pathOf(mean, mean.points, at, up);
    return drawn("path", { class: `mean ${mean.colour} ${mean.stage}`, "data-name": mean.name, d });
  });
  return [lines, means];
}

function bestPoints(chart, at, up) {
  const bests = list(chart.marks.best).filter((mark) => known(mark.value) && !chart.hidden.has(mark.run));
  const point = (mark) => ({ class: `best ${mark.colour}`, r: 4, cx: at(mark, mark.epoch), cy: up(mark.value) });
  return drawn("g", {}, bests.map((mark) => drawn("circle", point(mark))));
}

function frame(chart) {
  const { left, right, bottom } = chart.area;
  const text = (label, x, y, anchor) => drawn("text", { x, y, "text-anchor": anchor }, label);
  const across = chart.y.ticks.map((tick) => {
    const y = chart.y.to(tick);
    return [drawn("line", { x1: left, x2: right, y1: y, y2: y }), text(tickText(tick), left - 6, y + 4, "end")];
  });
  const upright = chart.x.ticks.map((tick) => {
    const x = chart.x.to(tick), line = { class: "tick", x1: x, x2: x, y1: bottom, y2: bottom + 4 };
    return [drawn("line", line), text(tickText(tick), x, bottom + 16, "middle")];
  });
  const label = { class: "axis-label", x: right, y: bottom + 31, "text-anchor": "end" };
  return drawn("g", { class: "frame" }, across, upright, drawn("text", label, chart.xLabel ?? AXES[chart.axis].label));
}

const shortened = (text) => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text);

/** Marks with a name, those at one place together, and rows for the names: {marks: [{x, text, row, from}], rows}. */
function namedMarks({ best, events }, at, right) {
  const found = new Map(), most = 3, ends = Array(most).fill(-Infinity);
  for (const mark of [...list(best).filter(({ label }) => label), ...list(events)]) {
    const x = at(mark, mark.epoch), before = found.get(x);
    const text = [before?.text, mark.label ?? words(mark.name)].filter(Boolean).join(", ");
    found.set(x, { x: Number(x), text: shortened(text), best: Boolean(mark.label || before?.best) });
  }
  const marks = [...found.values()].sort((one, other) => one.x - other.x);
  for (const mark of marks) {
    const width = mark.text.length * 6.2 + 10;
    mark.from = mark.x + width > right ? Math.max(mark.x - width, 0) : mark.x; // left of its line where need be
    mark.row = ends.findIndex((end) => end <= mark.from); // -1: no room; the read-out names it
    if (mark.row >= 0) ends[mark.row] = mark.from + width;
  }
  return { marks, rows: Math.max(0, ...marks.map((mark) => mark.row + 1)) };
}

function drawMarks({ marks }, top, bottom) {
  const lines = marks.map(({ x, best, row }) => {
    const from = row < 0 ? top : 4 + row * ROW;
    return drawn("line", { class: best ? "best-line" : "event-line", x1: x, x2: x, y1: from, y2: bottom });
  });
  const named = marks.filter(({ row }) => row >= 0);
  const names = named.map(({ text, row, from }) => drawn("text", { x: from + 4, y: 13 + row * ROW }, text));
  return drawn("g", { class: "marks" }, lines, names);
}
