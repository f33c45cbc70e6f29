// From values to pixels.

/** The round step that divides [low, high] into about `count` parts. */
function roundStep(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((one) => one * power >= rough * 0.999) ?? 10;
  return Math.max(factor * power, whole ? 1 : 0);
}

function linearTicks(low, high, count, whole = false) {
  const step = roundStep(low, high, count, whole), ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9 && ticks.length < 50; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(low, high, count) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const every = Math.max(Math.ceil((last - first) / count), 1);
  for (const factors of [[1], [1, 3], [1, 2, 5]]) {
    const ticks = [];
    for (let power = first; power <= last; power += every) {
      ticks.push(...factors.map((factor) => Number(`${factor}e${power}`)));
    }
    const within = ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
    if (within.length >= Math.min(3, count)) return within;
  }
  return linearTicks(low, high, count).filter((tick) => tick > 0);
}

/** A scale: `to(value)` a pixel, `from(pixel)` and `ticks`. A range of one value is widened. */
function scale([low, high], [start, end], count, { log = false, whole = false } = {}) {
  if (!(high > low)) {
    const around = Math.abs(low) * 0.1 || 1;
    [low, high] = log ? [low / 1.5, high * 1.5] : [low - (whole ? 0 : around), high + (whole ? 1 : around)];
  }
  const turn = log ? Math.log10 : (value) => value;
  const back = log ? (value) => 10 ** value : (value) => value;
  const share = (end - start) / (turn(high) - turn(low));
  return {
    to: (value) => start + (turn(value) - turn(low)) * share,
    from: (pixel) => back(turn(low) + (pixel - start) / share),
    ticks: log ? logTicks(low, high, count) : linearTicks(low, high, count, whole),
  };
}

/** What x must hold: all epochs of all runs and what is forecast; what is counted begins at 0 and ends at a tick. */
function xRange(chart, forecasts, place, count) {
  const xs = chart.lines.flatMap((line) => line.span.map(place(line)));
  xs.push(...forecasts.flatMap((one) => one.epochs.slice(-1).map(place(one))));
  const low = xs.reduce((one, other) => Math.min(one, other)), high = xs.reduce((one, other) => Math.max(one, other));
  if (chart.axis === "epochs" || !(high > 0)) return [low, high];
  const step = roundStep(0, high, count);
  return [0, Math.ceil(high / step - 1e-9) * step];
}

/** What y must hold. Zoomed in, the first fifth of each run does not count. */
function yRange(chart, forecasts) {
  let low = Infinity, high = -Infinity;
  const widen = (value) => {
    if (!known(value) || (chart.log && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  const read = (pairs, span) => {
    const from = chart.zoom ? span[0] + 0.2 * (span[1] - span[0]) : -Infinity;
    pairs.forEach(([epoch, value]) => epoch >= from && widen(value));
  };
  chart.shown.forEach((line) => read(line.points, line.span));
  chart.means.forEach((mean) => [mean.low, mean.high].forEach((pairs) => read(pairs, mean.span)));
  if (low > high) return [1, 2];
  // A band that is far wider than the curve must not press it flat.
  const within = chart.log ? [low / 3, high * 2] : [low - (high - low) * 0.3, high + (high - low) * 0.2];
  for (const one of forecasts) {
    [...one.low, ...one.high].forEach((value) => widen(Math.max(within[0], Math.min(within[1], value))));
  }
  const room = chart.log ? (high / low) ** 0.03 : (high - low) * 0.03;
  return chart.log ? [low / room, high * room] : [low - room, high + room];
}
