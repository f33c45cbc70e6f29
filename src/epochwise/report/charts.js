// From a document to its charts: which columns share one, and in what order.

const COLOURS = 7;
const STAGE_COLOURS = { val: "c0", train: "c1", train_eval: "c2", test: "c3" };
const STAGED = /^(train_eval|train|val(?:_[^/]+)?|test)\/(.+)$/;
const NO_SCORE = new Set(["epoch", "step", "samples", "elapsed"]);

const stageOf = (column) => STAGED.exec(column)?.[1] ?? "plain";

/** The chart that a column belongs on: {section: scores | rates | more, title}. */
function chartOf(column, monitor) {
  const metric = STAGED.exec(column)?.[2];
  if (metric) return { section: "scores", title: metric };
  if (column === monitor) return { section: "scores", title: column };
  if (column === "lr" || column.startsWith("lr/")) return { section: "rates", title: "learning rate" };
  if (column === "seconds" || column.startsWith("seconds/")) return { section: "more", title: "seconds an epoch" };
  return { section: "more", title: column };
}

/** A class of colour for each run: its own, or its group's where seeds are not all there is. */
function runColours(report) {
  const groupOf = (index) => list(report.seeds).findIndex((group) => list(group.runs).includes(index));
  const groups = report.runs.map((_, index) => groupOf(index)), alone = new Set(groups).size === 1;
  const keys = groups.map((group, index) => (group < 0 || alone ? `run ${index}` : `group ${group}`));
  const order = [...new Set(keys)];
  return keys.map((key) => `c${order.indexOf(key) % COLOURS}`);
}

/** All charts of a report: {charts, empty: names of columns that hold no number in any run}. */
function makeCharts(report) {
  const single = report.runs.length === 1, groups = new Map(), empty = new Set();
  const colours = runColours(report);
  const drawnAs = report.runs.map((run, index) => {
    return { run: index, colour: colours[index], places: allPlacesOf(run), span: spanOf(run) };
  });
  const of = (index) => drawnAs[index];
  report.runs.forEach((run, index) => {
    for (const column of new Set([...Object.keys(run.columns), ...Object.keys(run.others)])) {
      if (NO_SCORE.has(column)) continue;
      const found = points(run, column), stage = stageOf(column), where = chartOf(column, run.monitor);
      if (!found.length) {
        empty.add(column);
        continue;
      }
      const key = `${where.section} ${where.title}`, group = groups.get(key) ?? { ...where, lines: [] };
      groups.set(key, group);
      const label = single ? column : `${run.name} · ${column}`;
      const line = { ...of(index), name: `${run.name}|${column}`, column, label, stage, points: found };
      if (single) line.colour = STAGE_COLOURS[stage] ?? `c${group.lines.length % COLOURS}`;
      group.lines.push(line);
    }
  });
  const monitored = chartOf(report.runs[0].monitor, report.runs[0].monitor);
  const isFirst = (group) => group.section === monitored.section && group.title === monitored.title;
  const order = [...groups.values()].sort((one, other) => isFirst(other) - isFirst(one));
  const charts = order.map((group) => {
    const columns = [...new Set(group.lines.map((line) => line.column))];
    columns.forEach((column) => empty.delete(column));
    const means = columns.flatMap((column) => meansOf(report, column, of));
    for (const line of group.lines) {
      line.faint = means.some((mean) => mean.column === line.column && mean.members.includes(line.run));
    }
    const marks = marksOf(report, isFirst(group), of);
    const chart = new Chart({ title: group.title, lines: group.lines, means, tall: isFirst(group), marks });
    return Object.assign(chart, { section: isFirst(group) ? "first" : group.section });
  });
  charts.forEach((chart) => (chart.peers = charts));
  return { charts, empty: [...empty] };
}
