// From a document to its charts: which columns share one, in what order, and what is marked on them.

const COLOURS = 7;
const STAGE_COLOURS = { val: "c0", train: "c1", train_eval: "c2", test: "c3" };
const STAGED = /^(train_eval|train|val|test)\/(.+)$/;
const NO_SCORE = new Set(["epoch", "step", "samples", "elapsed"]);
const MOST_FORECASTS = 4;

/** The chart that a column belongs on: {section: scores | rates | more, title}. */
function chartOf(name, monitored) {
  const metric = STAGED.exec(name)?.[2];
  if (metric) return { section: "scores", title: metric };
  if (name === monitored) return { section: "scores", title: name };
  if (name === "lr" || name.startsWith("lr/")) return { section: "rates", title: "learning rate" };
  if (name === "seconds" || name.startsWith("seconds/")) return { section: "more", title: "seconds an epoch" };
  return { section: "more", title: name };
}

/** A class of colour for each run: its own, or its group's where seeds make several groups. */
function runColours(report) {
  const groups = report.runs.map((_, index) => list(report.seeds).findIndex((group) => list(group.runs).includes(index)));
  const keys = groups.map((group, index) => (group < 0 || new Set(groups).size === 1 ? `run ${index}` : `group ${group}`));
  const order = [...new Set(keys)];
  return keys.map((key) => `c${order.indexOf(key) % COLOURS}`);
}

/** All charts of a report: {charts, empty: names of columns that hold no number}. */
function makeCharts(report) {
  const single = report.runs.length === 1, colours = runColours(report), groups = new Map(), empty = [];
  const [first] = report.runs;
  const monitored = chartOf(first.monitor, first.monitor);
  const places = report.runs.map((run) => Object.fromEntries(Object.keys(AXES).map((axis) => [axis, placesOf(run, axis)])));
  report.runs.forEach((run, index) => {
    for (const name of new Set([...Object.keys(run.columns), ...Object.keys(run.others)])) {
      if (NO_SCORE.has(name)) continue;
      const found = points(run, name);
      if (!found.length) {
        empty.push(single ? name : `${run.name} · ${name}`);
        continue;
      }
      const where = chartOf(name, run.monitor);
      const group = groups.get(`${where.section} ${where.title}`) ?? { ...where, lines: [] };
      groups.set(`${where.section} ${where.title}`, group);
      const stage = STAGED.exec(name)?.[1] ?? "plain";
      const colour = single ? (STAGE_COLOURS[stage] ?? `c${group.lines.length % COLOURS}`) : colours[index];
      const label = single ? name : `${run.name} · ${name}`;
      group.lines.push({ name: `${run.name}|${name}`, label, run: index, colour, stage, points: found, places: places[index] });
    }
  });
  const isFirst = (group) => group.section === monitored.section && group.title === monitored.title;
  const order = [...groups.values()].sort((one, other) => isFirst(other) - isFirst(one));
  const charts = order.map((group) => {
    const names = new Set(group.lines.map((line) => line.name.slice(report.runs[line.run].name.length + 1)));
    const means = [...names].flatMap((name) => meansOf(report, name, colours, places));
    const chart = new Chart({ title: group.title, lines: group.lines, means, tall: isFirst(group), marks: marksOf(report, isFirst(group), colours, places) });
    return Object.assign(chart, { section: isFirst(group) ? "first" : group.section });
  });
  return { charts, empty };
}

function meansOf(report, name, colours, places) {
  return list(report.seeds).flatMap((group) => {
    const mean = points(group, `${name}|mean`), std = new Map(points(group, `${name}|std`));
    const members = list(group.runs).filter((run) => report.runs[run]);
    if (!mean.length || !members.length) return [];
    const longest = members.reduce((one, other) => (list(report.runs[other].columns.epoch).length > list(report.runs[one].columns.epoch).length ? other : one));
    const colour = new Set(members.map((run) => colours[run])).size > 1 ? "ink" : colours[longest];
    const beside = (sign) => mean.map(([epoch, value]) => [epoch, value + sign * (std.get(epoch) ?? 0)]);
    return [{ name: `${group.name}|${name}`, colour, stage: STAGED.exec(name)?.[1] ?? "plain", points: mean, low: beside(-1), high: beside(1), places: places[longest] }];
  });
}

function marksOf(report, isFirst, colours, places) {
  const single = report.runs.length === 1;
  const of = (run, index) => ({ run: index, places: places[index], colour: single ? "c0" : colours[index] });
  const best = report.runs.flatMap((run, index) => {
    if (!known(run.best_epoch) || run.best_epoch < 0 || run.best_epoch >= Math.max(run.epochs_run, 1)) return [];
    const value = isFirst ? run.best_score : null;
    return [{ ...of(run, index), epoch: run.best_epoch, value, label: single ? `best ${run.best_epoch}` : null }];
  });
  const events = single ? list(report.runs[0].events).filter((event) => known(event.epoch)).map((event) => ({ ...of(report.runs[0], 0), ...event })) : [];
  const forecasts = report.runs.flatMap((run, index) => {
    const ahead = run.forecast;
    const there = isFirst && report.runs.length <= MOST_FORECASTS && ahead && !ahead.reason && list(ahead.epochs).length;
    return there ? [{ ...of(run, index), ...startedAtLast(run, ahead) }] : [];
  });
  const count = single ? report.runs[0].recommended_epochs : null;
  const band = count && known(count.low) && known(count.high) ? { ...of(report.runs[0], 0), from: count.low - 1, to: count.high - 1 } : null;
  return { best, events, forecasts, band };
}

/** A forecast drawn on from the last score measured; epochs without a number are left out. */
function startedAtLast(run, ahead) {
  const last = points(run, run.monitor).at(-1);
  const told = list(ahead.epochs).map((epoch, index) => [epoch, ahead.score?.[index], ahead.low?.[index], ahead.high?.[index]]).filter((row) => row.every(known));
  if (last) told.unshift([last[0], last[1], last[1], last[1]]);
  const [epochs, score, low, high] = [0, 1, 2, 3].map((column) => told.map((row) => row[column]));
  return { epochs, score, low, high };
}
