// Scales and their ticks.

/** Round values that divide [low, high] into about `count` parts. */
function linearTicks(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10), whole ? 1 : 0);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9 && ticks.length < 50; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(low, high, count) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const every = Math.max(Math.ceil((last - first) / count), 1);
  const within = (factors, stride) => {
    const ticks = [];
    for (let power = first; power <= last; power += stride) ticks.push(...factors.map((factor) => Number(`${factor}e${power}`)));
    return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  };
  for (const factors of [[1], [1, 3], [1, 2, 5]]) {
    const ticks = within(factors, every);
    if (ticks.length >= Math.min(3, count)) return ticks;
  }
  return linearTicks(low, high, count).filter((tick) => tick > 0);
}

/** A scale from values to pixels: `to(value)`, `from(pixel)` and `ticks`. */
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

function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e15) return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 });
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return Number(value.toPrecision(3)).toExponential().replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** Labels at x that do not overlap: each gets a row, from 0, or null where there is no room left. */
function rowsFor(labels, rows, right) {
  const ends = Array(rows).fill(-Infinity);
  return labels.map(({ x, text }) => {
    const width = text.length * 6.2 + 10;
    const start = Math.min(x, right - width);
    const row = ends.findIndex((end) => end <= start);
    if (row >= 0) ends[row] = start + width;
    return row < 0 ? null : { row, x: start };
  });
}
