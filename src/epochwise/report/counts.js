// The score over counts of epochs, each run with its schedule ended: the answer in words, the picture, the table.

const COUNTS_HEIGHT = 300;

/** What is drawn, as pairs [count, value]; places without a number are left out. */
function linesOver(found) {
  const pairs = (counts, values) => list(values).map((value, index) => [counts[index], value])
    .filter((pair) => pair.every(known));
  const beside = (sign) => found.mean.map((mean, index) => (known(mean) ? mean + sign * (found.stderr[index] ?? 0) : null));
  const ahead = found.forecast, last = pairs(found.counts, found.mean).at(-1);
  const continued = (values) => (ahead && last ? [last, ...pairs(ahead.counts, values)] : []);
  return {
    seeds: list(found.scores[found.monitor]).map((scores) => pairs(found.counts, scores)),
    mean: pairs(found.counts, found.mean),
    errors: [beside(-1), beside(1)].map((values) => pairs(found.counts, values)),
    trunk: list(found.trunk).map((value, index) => [index + 1, value]).filter((pair) => pair.every(known)),
    ahead: ["score", "low", "high"].map((name) => continued(ahead?.[name])),
  };
}

/** The scores and, as far as they do not press these flat, what is forecast. */
function scoresRange({ seeds, errors, ahead }) {
  const values = [...seeds, ...errors].flat().map(([, value]) => value);
  const low = Math.min(...values), high = Math.max(...values), room = (high - low) * 0.3;
  const within = ahead.flat().map(([, value]) => Math.max(low - room, Math.min(high + room, value)));
  return [Math.min(low, ...within) - room * 0.1, Math.max(high, ...within) + room * 0.1];
}

function countsChart(found) {
  const lines = linesOver(found), width = 760, bottom = COUNTS_HEIGHT - BOTTOM, id = "counts-clip";
  const counts = [...lines.mean, ...lines.ahead[0]].map(([count]) => count);
  const y = scale(scoresRange(lines), [bottom, 10], COUNTS_HEIGHT / 48);
  const left = Math.max(...y.ticks.map((tick) => tickText(tick).length)) * 6.6 + 12, right = width - RIGHT;
  const x = scale([Math.min(...counts) / 1.2, Math.max(...counts) * 1.05], [left, right], 8, { log: true });
  x.ticks = [...new Set([...found.counts, ...list(found.forecast?.counts).slice(-1)])];
  const path = (pairs) => pairs.map(([count, value], index) => `${index ? "L" : "M"}${x.to(count).toFixed(1)},${y.to(value).toFixed(1)}`).join("");
  const line = (kind, pairs) => pairs.length > 0 && drawn("path", { class: kind, d: path(pairs) });
  const [score, low, high] = lines.ahead, chosen = lines.mean.find(([count]) => count === found.recommended);
  const error = (_, index) => drawn("path", { class: "mean c0", d: path(lines.errors.map((pairs) => pairs[index])) });
  const at = x.to(found.recommended);
  const label = `${found.monitor} against epochs of a run, recommended ${found.recommended}`;
  return drawn(
    "svg", { viewBox: `0 0 ${width} ${COUNTS_HEIGHT}`, class: "counts", role: "img", "aria-label": label },
    drawn("defs", {}, drawn("clipPath", { id }, drawn("rect", { x: left, y: 4, width: right - left, height: bottom }))),
    frame({ area: { left, right, bottom }, x, y, xLabel: "epochs of a run, its schedule ended" }),
    drawn("line", { class: "best-line", x1: at, x2: at, y1: 4, y2: bottom }),
    drawn(
      "g", { "clip-path": `url(#${id})` },
      line("trunk", lines.trunk),
      score.length > 1 && drawn("path", { class: "area c0", d: `${path(low)}L${path(high.toReversed()).slice(1)}Z` }),
      line("forecast c0", score),
      lines.seeds.length > 1 && lines.seeds.map((pairs) => line("mean c0 faint", pairs)),
      line("mean c0", lines.mean),
      lines.mean.map(error),
    ),
    chosen && drawn("circle", { class: "best c0", r: 5, cx: at, cy: y.to(chosen[1]) }),
  );
}

function countsTable(found) {
  const others = Object.keys(found.scores).filter((name) => name !== found.monitor);
  const mean = (scores) => scores.filter(known).reduce((sum, score, _, all) => (sum ?? 0) + score / all.length, null);
  return table("Counts: mean ± standard error over seeds", [
    { head: "epochs", cell: (place) => number(found.counts[place]) },
    { head: "steps", cell: (place) => number(found.steps[place]) },
    { head: "time of one run", cell: (place) => duration(found.seconds[place]) },
    { head: found.monitor, cell: (place) => spread(found.mean[place], found.stderr[place]) },
    { head: "gain over the count before", cell: (place) => spread(found.gain[place], found.gain_stderr[place], 3) },
    { head: "epochs trained for it, a seed", cell: (place) => number(found.price_epochs[place]) },
    ...others.map((name) => {
      return { head: name, cell: (place) => number(mean(found.scores[name].map((scores) => scores[place]))) };
    }),
  ], found.counts.map((_, place) => place));
}

function countsOf(report) {
  const found = report.counts;
  if (!found) return null;
  const [answer, ...rest] = list(found.words);
  const tests = Object.entries(found.test ?? {}).map(([name, { mean, stderr }]) => `${name} ${spread(mean, stderr)}`);
  const key = (kind, label) => element("li", {}, element("span", { class: `key ${kind}` }), label);
  return element(
    "section", { class: "verdict good_fit" },
    element("h2", {}, answer),
    rest.map((sentence) => element("p", {}, sentence)),
    tests.length > 0 && element("p", {}, `test, scored once, at the recommended count: ${tests.join(", ")}`),
    Object.entries(found.failed ?? {}).map(([job, reason]) => element("p", { class: "note" }, `${job} failed: ${reason}`)),
    element("div", { class: "plot" }, countsChart(found)),
    element(
      "ul", { class: "legend" },
      element("li", {}, swatch({ colour: "c0", stage: "plain" }), "mean over seeds ± standard error, each seed faint"),
      found.forecast && key("area-key c0", "forecast, 80 %"),
      list(found.trunk).length > 0 && key("trunk-key", "the trunk, before any cool-down"),
    ),
    countsTable(found),
  );
}
