// What was found out about one run: the verdict and its numbers, the counts, where the time went.

const DIRECTIONS = { min: 1, max: -1 };

/** The numbers a verdict rests on, in words. They are kept as losses: where more is better, scores are turned back. */
function evidenceFacts(run) {
  const found = run.verdict?.evidence ?? {}, sign = DIRECTIONS[run.mode] ?? 1;
  const score = (value) => number(known(value) ? sign * value : value);
  const percent = (value) => (known(value) ? `${number(value * 100, 3)} %` : "–");
  const gains = (value, stderr) => (known(value) ? `${value > 0 ? "loses" : "gains"} ${spread(Math.abs(value), stderr, 3)}` : "–");
  return [
    ["noise of one validation score", known(found.noise) ? `± ${number(found.noise, 3)}` : "–"],
    ["worse at the end than at its best by", known(found.rise) ? spread(found.rise, found.rise_stderr, 3) : "–"],
    ["each epoch at the end", gains(found.slope, found.slope_stderr)],
    ["half as many epochs again would gain", number(found.gain_ahead, 3)],
    ["epochs after the best of the course", number(found.epochs_after_best)],
    ["validation behind training, at the end", number(found.gap_at_end, 3)],
    ["the same at the best epoch", number(found.gap_at_best, 3)],
    ["that gap, each epoch", known(found.gap_slope) ? `${found.gap_slope > 0 ? "grows" : "shrinks"} ${spread(Math.abs(found.gap_slope), found.gap_slope_stderr, 3)}` : "–"],
    ["of what training learned, lost on validation", percent(found.gap_share)],
    ["training gained after the best epoch", number(found.train_gain_after_best, 3)],
    ["course: before training", score(found.initial)],
    ["course: at its best", score(found.best)],
    ["course: at the end", score(found.end)],
    ["of the way to the ideal score", percent(found.learned)],
    ["validated epochs", number(found.validated_epochs)],
  ];
}

function recommendation(run) {
  const count = run.recommended_epochs;
  if (!count) return "–";
  const band = count.low === count.high ? "" : ` (${number(count.low)} to ${number(count.high)} score within the noise of the best)`;
  return element("span", {}, element("b", {}, counted(count.value, "epoch")), band);
}

const statusOf = (run) => [run.status && words(run.status), run.reason].filter(Boolean).join(": ") || "–";

function bestOf(run) {
  return known(run.best_epoch) ? `epoch ${number(run.best_epoch)}, ${run.monitor} ${number(run.best_score)}` : "–";
}

function testOf(run) {
  const told = Object.entries(run.test ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(", ");
  return told && known(run.tested_epoch) ? `${told} (weights of epoch ${number(run.tested_epoch)})` : told || "–";
}

function forecastOf(run) {
  const ahead = run.forecast;
  if (!ahead) return "–";
  if (ahead.reason) return ahead.reason.replace(/^no forecast: /, "none: ");
  const reached = `${run.monitor} ${number(ahead.score?.at(-1))} (80 %: ${number(ahead.low?.at(-1))} to ${number(ahead.high?.at(-1))})`;
  const price = known(ahead.seconds) ? `, for ${duration(ahead.seconds)}` : "";
  return `${counted(list(ahead.epochs).length, "more epoch")}: ${reached}${price}`;
}

/** A command with a button that copies it; where that is not allowed it is selected instead. */
function command({ command: text, reason }) {
  const code = element("code", {}, text);
  const copy = element("button", { type: "button", "aria-label": `copy: ${text}`, onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = "selected";
    }
    setTimeout(() => (copy.textContent = "copy"), 1500);
  } }, "copy");
  return element("li", {}, element("div", { class: "command" }, element("pre", { tabindex: 0 }, code), copy), element("p", { class: "quiet" }, reason));
}

function replayTable(run) {
  const same = (key) => list(run.replay).every((row) => row[key] === run.replay[0][key]);
  const settings = ["patience", "min_delta", "start_epoch", "min_epochs"].filter((key) => key === "patience" || !same(key));
  return table("Early stopping, replayed on this run", [
    ...settings.map((key) => ({ head: words(key), cell: (row) => number(row[key]) })),
    { head: "stops after epoch", cell: (row) => (known(row.stops_at_epoch) ? number(row.stops_at_epoch) : "never") },
    { head: "epochs saved", cell: (row) => number(row.saved_epochs) },
    { head: "best epoch", cell: (row) => number(row.best_epoch) },
    { head: "its score", cell: (row) => number(row.best_score) },
    { head: "lost", cell: (row) => number(row.lost, 3) },
  ], list(run.replay));
}

function phaseBar(run) {
  const phases = Object.entries(run.phases).filter(([, seconds]) => known(seconds) && seconds >= 0).sort(([, one], [, other]) => other - one);
  const total = phases.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (!(total > 0)) return null;
  const share = (seconds) => `${number((seconds / total) * 100, 2)} %`;
  const told = phases.map(([name, seconds]) => `${words(name)} ${share(seconds)}`).join(", ");
  let x = 0;
  const bar = drawn("svg", { class: "phases", role: "img", "aria-label": `phases: ${told}`, viewBox: "0 0 100 6", preserveAspectRatio: "none" }, phases.map(([name, seconds], index) => {
    const width = (seconds / total) * 100;
    const part = drawn("rect", { class: `fill p${index % 9}`, x, y: 0, width: Math.max(width - 0.15, 0.05), height: 6 }, drawn("title", {}, `${words(name)} ${share(seconds)}`));
    x += width;
    return part;
  }));
  const legend = phases.map(([name, seconds], index) => element("li", {}, element("span", { class: `key p${index % 9}` }), `${words(name)} `, element("b", {}, duration(seconds)), ` ${share(seconds)}`));
  return element("section", {}, element("h3", {}, `Where ${duration(total)} went`), bar, element("ul", { class: "legend" }, legend));
}

function planFacts(plan) {
  const turns = list(plan.landmarks).filter((turn) => turn && known(turn.epoch)).map((turn) => `${words(turn.name)} at epoch ${number(turn.epoch)} (step ${number(turn.step)})`);
  const told = ["samples", "batches", "steps"].map((name) => [`${name} an epoch`, number(plan[`${name}_per_epoch`])]);
  const max = plan.max_epochs ?? plan.epochs;
  return element("section", {}, element("h3", {}, "What an epoch is here"), facts([
    ...told, ["samples a step", number(plan.samples_per_step)], ["epochs planned", number(max)], ["steps in all", number(plan.steps)],
    ["samples in all", number(plan.samples)], ["schedule", turns.join("; ") || null],
  ]));
}
