// What was found out about one run, in words: the verdict, the counts, and the numbers they rest on.

const LABELS = ["good_fit", "overfitting", "underfitting", "still_improving", "diverged", "undecided"];
const MOST_EVENTS = 20;

const statusOf = (run) => [run.status && words(run.status), run.reason].filter(Boolean).join(": ") || "–";

// Whether a count is told as a least one: beside "overfitting" that would read as advice to overfit more.
const isLeast = ({ recommended_epochs: count, verdict }) => Boolean(count?.at_least) && verdict?.label !== "overfitting";

function recommendation(run) {
  const count = run.recommended_epochs;
  if (!count) return "–";
  const band = ` (${number(count.low)} to ${number(count.high)} score within the noise of the best)`;
  const least = run.schedule_end?.ended ? " (its schedule ended: a longer one may gain)" : "";
  const ofThis = " of this schedule; one of another length has its own count";
  const rest = isLeast(run) ? least : count.at_least ? ofThis : count.low === count.high ? "" : band;
  const word = isLeast(run) ? "at least " : "";
  return element("span", {}, element("b", {}, `${word}${counted(count.value, unitOf(run))}`), rest);
}

function namedEpoch(run) {
  const { best_epoch: epoch, epochs_run: count } = run;
  const nth = epoch + 1, teen = nth % 100 > 10 && nth % 100 < 14;
  return `${unitOf(run)} ${number(epoch)} (from 0), the ${nth}${(!teen && ["th", "st", "nd", "rd"][nth % 10]) || "th"} of ${count}`;
}

function bestOf(run) {
  return known(run.best_epoch) ? `${namedEpoch(run)}, ${run.monitor} ${number(run.best_score, run.digits)}` : "–";
}

function testOf(run) {
  const told = Object.entries(run.test ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(", ");
  return told && known(run.tested_epoch) ? `${told} (weights of epoch ${number(run.tested_epoch)})` : told || "–";
}

function forecastOf(run) {
  const ahead = run.forecast;
  if (!list(ahead?.epochs).length && !ahead?.reason) return "–";
  if (ahead.reason) return ahead.reason;
  const band = `80 %: ${number(ahead.low?.at(-1))} to ${number(ahead.high?.at(-1))}`;
  const price = known(ahead.seconds) ? `, for ${duration(ahead.seconds)}` : "";
  const count = counted(ahead.epochs.at(-1) - ahead.epochs[0] + 1, `more ${unitOf(run)}`);
  return `${count}: ${run.monitor} ${number(ahead.score?.at(-1))} (${band})${price}`;
}

function trainedOf(run) {
  const steps = known(run.steps) && counted(run.steps, "step"), seconds = known(run.seconds) && duration(run.seconds);
  return [counted(run.epochs_run, unitOf(run)), steps, seconds].filter(Boolean).join(", ");
}

function eventsOf(run) {
  const tell = (event) => `${words(event.name)} at epoch ${number(event.epoch)}`;
  const told = list(run.events).slice(0, MOST_EVENTS).map(tell);
  const rest = list(run.events).length - told.length;
  return told.length ? told.join(", ") + (rest > 0 ? ` and ${rest} more` : "") : "–";
}

/** The numbers a verdict rests on. They are kept as losses: where more is better, scores are turned back. */
function evidenceOf(run) {
  const found = run.verdict?.evidence ?? {}, end = run.schedule_end ?? {};
  const score = (value) => number(known(value) && run.mode === "max" ? -value : value, run.digits);
  const changes = (value, stderr, [less, more]) => {
    if (value === 0) return spread(0, stderr);
    return known(value) ? `${value > 0 ? more : less} by ${spread(Math.abs(value), stderr, 3)}` : "–";
  };
  return [
    ["noise of one validation score", known(found.noise) ? `± ${number(found.noise, 3)}` : "–"],
    ["validation at the end, each epoch", changes(found.slope, found.slope_stderr, ["better", "worse"])],
    ["validation at the end against its best", changes(found.rise, found.rise_stderr, ["better", "worse"])],
    ["half as many epochs again would gain", number(found.gain_ahead, 3)],
    ["worse than training, at the end, by", number(found.gap_at_end, 3)],
    ["that gap at the end, each epoch", changes(found.gap_slope, found.gap_slope_stderr, ["shrinks", "grows"])],
    ["worse than training, at the best epoch, by", number(found.gap_at_best, 3)],
    ["of what training learned, lost on validation", percent(found.gap_share)],
    ["training gained after the best epoch", number(found.train_gain_after_best, 3)],
    ["noise of one training score", known(found.train_noise) ? `± ${number(found.train_noise, 3)}` : "–"],
    ["smooth course before training", score(found.initial)],
    ["smooth course at its best", `${score(found.best)}, epoch ${number(found.best_epoch)} (from 0)`],
    ["smooth course at the end", `${score(found.end)}, ${counted(found.epochs_after_best, "epoch")} later`],
    ["way to the ideal score gone", percent(found.learned)],
    ["nearest neighbours score", score(found.neighbours)],
    ["learning rate of the best epoch, of its peak", end.fell ? percent(end.rate_at_best) : "–"],
    ["epochs before the rate fell", end.fell ? number(end.steady_epochs) : "–"],
    ["validation then, each epoch", end.fell ? changes(end.slope, end.slope_stderr, ["better", "worse"]) : "–"],
    ["epochs with a validation score", number(found.validated_epochs)],
  ].filter(([, value]) => !value.startsWith("–"));
}

function verdictOf(run) {
  const label = run.verdict?.label, evidence = evidenceOf(run), rest = evidence.slice(6);
  const numbers = evidence.length > 0 && [
    element("h3", {}, "The numbers it rests on"),
    facts(evidence.slice(0, 6), "short"),
    rest.length > 0 && element("details", {}, element("summary", {}, "all of them"), facts(rest, "short")),
  ];
  return element(
    "section",
    { class: `verdict ${LABELS.includes(label) ? label : "undecided"}` },
    element("h2", {}, label ? words(label) : "not judged"),
    element("p", {}, run.verdict?.reason),
    facts([
      ["epochs to train next time", recommendation(run)],
      ["best", bestOf(run)],
      ["test", testOf(run)],
      ["how it ended", statusOf(run)],
      ["trained", trainedOf(run)],
      ["what more would bring", forecastOf(run)],
      ["on the way", eventsOf(run)],
    ]),
    numbers,
    list(run.notes).map((note) => element("p", { class: "note" }, note)),
  );
}
