// What is marked on a chart beside its lines. `of(index)` gives the colour and places of a run.

const MOST_FORECASTS = 4;

/** The mean of each group of seeds, with a band of one standard deviation. */
function meansOf(report, column, of) {
  return list(report.seeds).flatMap((group) => {
    const mean = points(group, `${column}|mean`), std = new Map(points(group, `${column}|std`));
    const members = list(group.runs).filter((run) => report.runs[run]);
    if (!mean.length || !members.length) return [];
    const longest = members.map(of).reduce((one, other) => (other.span[1] > one.span[1] ? other : one));
    const colour = new Set(members.map((run) => of(run).colour)).size > 1 ? "ink" : longest.colour;
    const beside = (sign) => mean.map(([epoch, value]) => [epoch, value + sign * (std.get(epoch) ?? 0)]);
    const drawnAs = { column, members, colour, stage: stageOf(column), name: `${group.name}|${column}` };
    return [{ ...longest, ...drawnAs, points: mean, low: beside(-1), high: beside(1) }];
  });
}

/** Best epochs, events, forecasts and the band of recommended epochs; with several runs, what is not too much of it. */
function marksOf(report, isFirst, of) {
  const single = report.runs.length === 1, [run] = report.runs;
  const all = report.runs.map((one, index) => [one, { ...of(index), ...(single ? { colour: "c0" } : {}) }]);
  const [, own] = all[0];
  const best = all.filter(([one]) => known(one.best_epoch) && one.best_epoch >= 0 && one.best_epoch < one.epochs_run);
  const events = single ? list(run.events).filter((event) => known(event.epoch)) : [];
  const ahead = isFirst && all.length <= MOST_FORECASTS ? all.filter(([one]) => list(one.forecast?.epochs).length) : [];
  const forecasts = ahead.map(([one, place]) => ({ ...place, ...continued(one) }));
  const whole = list(report.seeds).find((group) => list(group.runs).length === report.runs.length);
  const count = single ? run.recommended_epochs : whole?.recommended_epochs;
  return {
    best: best.map(([{ best_epoch: epoch, best_score: score }, place]) => ({
      ...place, epoch, value: isFirst ? score : null, label: single ? `best ${epoch}` : null,
    })),
    events: events.map((event) => ({ ...own, epoch: event.epoch, name: event.name })),
    forecasts: forecasts.filter((one) => one.epochs.length > 0),
    // Counts of epochs: n of them end with number n - 1.
    band: known(count?.low) && known(count?.high) ? { ...own, from: count.low - 1, to: count.high - 1 } : null,
  };
}

/** A forecast, drawn on from the last score measured; epochs without a number are left out. */
function continued(run) {
  const ahead = run.forecast, last = points(run, run.monitor).at(-1);
  const row = (epoch, index) => [epoch, ahead.score?.[index], ahead.low?.[index], ahead.high?.[index]];
  const told = list(ahead.epochs).map(row).filter((values) => values.every(known));
  if (last) told.unshift([last[0], last[1], last[1], last[1]]);
  const [epochs, score, low, high] = [0, 1, 2, 3].map((column) => told.map((values) => values[column]));
  return { epochs, score, low, high };
}
