// Where an epoch of a run stands on each x axis.

const AXES = {
  epochs: { column: "epoch", label: "epoch, counted from 0" },
  steps: { column: "step", label: "optimizer steps" },
  samples: { column: "samples", label: "samples trained on" },
  seconds: { column: "elapsed", label: "seconds of training" },
};
const PACE_EPOCHS = 10;

/** The points of a column: [epoch, value] of those that hold a number, and the whole it was taken from. */
function points(source, name) {
  const epochs = list(source?.columns?.epoch), values = list(source?.columns?.[name]);
  const [at, found] = values.length || !source?.others?.[name] ? [epochs, values] : [list(source.others.epoch), source.others[name]];
  return found.map((value, index) => [known(at[index]) ? at[index] : index, value]).filter(([, value]) => known(value));
}

/** For a run and an axis: epoch -> x, joined over gaps and extended at the pace of the last epochs; null without any. */
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

/** The axes that every run has. */
const sharedAxes = (runs) => Object.keys(AXES).filter((axis) => runs.every((run) => points(run, AXES[axis].column).length));
