// The page: what was found first, then the curves it rests on.

const report = JSON.parse(document.getElementById("document").textContent);
const single = report.runs.length === 1;

function header() {
  const root = document.documentElement;
  const theme = element("button", { type: "button", class: "theme", onclick: () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  } }, "light / dark");
  const from = [report.made && `made ${report.made}`, single ? report.runs[0].folder : counted(report.runs.length, "run")];
  return element("header", {}, element("div", {}, element("h1", {}, report.title), element("p", { class: "quiet" }, from.filter(Boolean).join(" · "))), theme);
}

function verdict(run) {
  const label = run.verdict?.label ?? "undecided";
  const kind = ["good_fit", "overfitting", "underfitting", "still_improving", "diverged"].includes(label) ? label : "undecided";
  const evidence = evidenceFacts(run);
  return element("section", { class: `verdict ${kind}` },
    element("h2", {}, words(label)),
    element("p", {}, run.verdict?.reason ?? "nothing was judged"),
    facts([
      ["train next time", recommendation(run)], ["best", bestOf(run)], ["test", testOf(run)], ["ended", statusOf(run)],
      ["trained", [counted(run.epochs_run, "epoch"), known(run.steps) && counted(run.steps, "step"), known(run.seconds) && duration(run.seconds)].filter(Boolean).join(", ")],
      ["what more would bring", forecastOf(run)],
    ]),
    element("h3", {}, "The numbers it rests on"), facts(evidence.slice(0, 6)),
    element("details", {}, element("summary", {}, "all of them"), facts(evidence.slice(6))),
    list(run.notes).map((note) => element("p", { class: "note" }, note)),
  );
}

const nextCommands = (run) => list(run.next).length > 0 && element("section", {}, element("h3", {}, "Next"), element("ul", { class: "commands" }, run.next.map(command)));

const details = (run) => [
  list(run.replay).length > 0 && replayTable(run),
  run.phases && phaseBar(run),
  run.plan && planFacts(run.plan),
];

function legend(chart) {
  const stages = [...new Map(chart.lines.map((line) => [single ? line.name : line.stage, line])).values()];
  const told = stages.length > 24 ? [] : stages.map((line) => element("li", {}, swatch(single ? line : { colour: "ink", stage: line.stage }), single ? line.label : words(line.stage === "plain" ? chart.title : line.stage)));
  if (chart.means.length) told.push(element("li", {}, element("span", { class: "key area-key ink" }), "mean of seeds ± 1 standard deviation"));
  if (chart.marks.band) told.push(element("li", {}, element("span", { class: "key recommended-key" }), "recommended epochs"));
  if (chart.marks.forecasts.length) told.push(element("li", {}, element("span", { class: "key area-key c0" }), "forecast, 80 %"));
  return element("ul", { class: "legend" }, told);
}

function figure(chart) {
  const log = element("button", { type: "button", "aria-pressed": "false", disabled: !chart.canLog, title: chart.canLog ? null : "not all values are above 0", onclick: () => {
    chart.log = !chart.log;
    log.setAttribute("aria-pressed", chart.log);
    chart.draw();
  } }, "log");
  const title = element("div", { class: "chart-title" }, element("h3", {}, chart.title), log);
  return element("figure", { class: chart.tall ? "tall" : null }, title, legend(chart), chart.box);
}

function curves() {
  const { charts, empty } = makeCharts(report), shared = sharedAxes(report.runs);
  const within = (section) => charts.filter((chart) => chart.section === section).map(figure);
  const axes = Object.keys(AXES).map((axis) => element("button", {
    type: "button", "data-axis": axis, "aria-pressed": axis === "epochs", disabled: !shared.includes(axis),
    title: shared.includes(axis) ? null : `not every run has ${axis}`, onclick: () => {
      axes.forEach((button) => button.setAttribute("aria-pressed", button.dataset.axis === axis));
      charts.forEach((chart) => chart.draw(axis));
    },
  }, axis));
  const more = within("more");
  const section = element("section", { id: "charts" },
    element("div", { class: "curves-title" }, element("h2", {}, "Curves"), element("div", { class: "switch", role: "group", "aria-label": "x axis" }, axes)),
    report.thinned && element("p", { class: "note" }, report.thinned),
    charts.length === 0 && element("p", { class: "note" }, "Nothing to draw: no column holds a number."),
    within("first"), element("div", { class: "grid" }, within("scores"), within("rates")),
    more.length > 0 && element("details", {}, element("summary", {}, `more: ${counted(more.length, "chart")}`), element("div", { class: "grid" }, more)),
    empty.length > 0 && element("p", { class: "note" }, `Nothing to draw of ${empty.slice(0, 20).join(", ")}${empty.length > 20 ? ` and ${empty.length - 20} more` : ""}: no epoch has a number there.`),
  );
  return { section, charts };
}

function runsTable(charts) {
  const colours = runColours(report), tests = [...new Set(report.runs.flatMap((run) => Object.keys(run.test ?? {})))].slice(0, 8);
  const monitors = new Set(report.runs.map((run) => run.monitor));
  const shows = (run, index) => element("label", {}, element("input", { type: "checkbox", checked: true, onchange: ({ target }) => charts.forEach((chart) => {
    chart.hidden[target.checked ? "delete" : "add"](index);
    chart.draw();
  }) }), swatch({ colour: colours[index], stage: "plain" }), ` ${run.name}`);
  const of = (cell) => ([run, index]) => cell(run, index);
  return table("Runs", [
    { head: "run (shown in the curves)", text: true, cell: of(shows) }, { head: "verdict", text: true, cell: of((run) => words(run.verdict?.label ?? "–")) },
    { head: "status", text: true, cell: of((run) => words(run.status ?? "–")) }, { head: "epochs", cell: of((run) => number(run.epochs_run)) },
    { head: "best epoch", cell: of((run) => number(run.best_epoch)) },
    { head: monitors.size > 1 ? "best score" : `best ${report.runs[0].monitor}`, cell: of((run) => `${monitors.size > 1 ? `${run.monitor} ` : ""}${number(run.best_score)}`) },
    { head: "recommended epochs", cell: of(({ recommended_epochs: count }) => (count ? `${number(count.value)} (${number(count.low)}–${number(count.high)})` : "–")) },
    ...tests.map((name) => ({ head: `test ${name}`, cell: of((run) => number(run.test?.[name])) })),
  ], report.runs.map((run, index) => [run, index]));
}

function seedsTable() {
  const tests = [...new Set(report.seeds.flatMap((group) => Object.keys(group.test ?? {})))].slice(0, 8);
  const of = (name, value, digits) => ({ head: name, cell: (group) => spread(value(group)?.mean, value(group)?.std, digits) });
  return table("Seeds: mean ± standard deviation", [
    { head: "setting", text: true, cell: (group) => group.name }, { head: "runs", cell: (group) => number(list(group.runs).length) },
    of("best epoch", (group) => group.best_epoch, 3), of("best score", (group) => group.best_score), ...tests.map((name) => of(`test ${name}`, (group) => group.test?.[name])),
  ], report.seeds);
}

function folded(run) {
  const box = element("details", { class: "run" }, element("summary", {}, `${run.name}: ${words(run.verdict?.label ?? "not judged")}`));
  box.addEventListener("toggle", () => box.append(...[verdict(run), nextCommands(run), details(run)].flat().filter(Boolean)), { once: true });
  return box;
}

const { section, charts } = report.runs.length ? curves() : { section: element("p", { class: "note" }, "No runs: nothing to show."), charts: [] };
const parts = single
  ? [verdict(report.runs[0]), nextCommands(report.runs[0]), section, details(report.runs[0])]
  : [list(report.seeds).length > 0 && seedsTable(), report.runs.length > 0 && runsTable(charts), section, report.runs.map(folded)];
document.getElementById("report").append(header(), ...parts.flat().filter(Boolean));
charts.forEach((chart) => chart.draw());
