// Where an epoch of a run stands on each x axis.

const AXES = {
  epochs: { column: "epoch", label: "epoch, counted from 0" },
  steps: { column: "step", label: "optimizer steps" },
  samples: { column: "samples", label: "samples trained on" },
  seconds: { column: "elapsed", label: "seconds of training" },
};
const PACE_EPOCHS = 10;
const UNITS = { round: "round", evaluation: "evaluation", step: "line" };

/** What a row of a run is: a round of boosting, an evaluation within epochs, a line of steps; else an epoch. */
const unitOf = (run) => UNITS[run?.unit] ?? "epoch";

/** The points of a column that hold a number, as [epoch, value]; sums of larger values would not be finite. */
function points(source, name) {
  const rows = Object.hasOwn(source.columns, name) ? source.columns : source.others;
  const epochs = list(rows.epoch), within = (value) => Math.max(-1e300, Math.min(1e300, value));
  const found = list(rows[name]).map((value, index) => [known(epochs[index]) ? epochs[index] : index, value]);
  return found.filter(([, value]) => known(value)).map(([epoch, value]) => [epoch, within(value)]);
}

/** For a run and an axis: epoch -> x, joined over gaps, extended at the pace of the last epochs; null without any. */
function placesOf(run, axis) {
  const there = points(run, AXES[axis].column);
  if (!there.length) return null;
  if (axis === "epochs") return (epoch) => epoch;
  const [lastEpoch, last] = there.at(-1);
  const [earlierEpoch, earlier] = there.at(-1 - PACE_EPOCHS) ?? there[0];
  const pace = lastEpoch > earlierEpoch ? (last - earlier) / (lastEpoch - earlierEpoch) : last / (lastEpoch + 1);
  return (epoch) => {
    if (epoch >= lastEpoch) return last + (epoch - lastEpoch) * pace;
    let low = 0, high = there.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (there[middle][0] <= epoch) low = middle;
      else high = middle;
    }
    const [from, x] = there[low], [to, next] = there[high];
    return to > from ? x + ((epoch - from) / (to - from)) * (next - x) : x;
  };
}

const allPlacesOf = (run) => Object.fromEntries(Object.keys(AXES).map((axis) => [axis, placesOf(run, axis)]));

/** First and last epoch of a run. */
function spanOf(run) {
  const epochs = points(run, "epoch").map(([epoch]) => epoch);
  return epochs.length ? [epochs[0], epochs.at(-1)] : [0, Math.max(run.epochs_run - 1, 0)];
}

/** The axes that every run has. */
const sharedAxes = (runs) =>
  Object.keys(AXES).filter((axis) => runs.every((run) => points(run, AXES[axis].column).length));
