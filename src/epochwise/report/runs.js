// Several runs side by side.

const MOST_TESTS = 8;

const testsOf = (rows) => [...new Set(rows.flatMap((row) => Object.keys(row.test ?? {})))].slice(0, MOST_TESTS);

const band = (run) => {
  const count = run.recommended_epochs;
  if (isLeast(run)) return `at least ${number(count.value)}`;
  return count ? `${number(count.value)} (${number(count.low)} to ${number(count.high)})` : "–";
};

/** Bring the lines of one run forward; of all with null. */
function emphasise(index) {
  for (const path of document.querySelectorAll("path.series")) {
    path.classList.toggle("dim", index !== null && path.dataset.run !== String(index));
  }
}

function runsTable(report, charts) {
  const colours = runColours(report), monitors = new Set(report.runs.map((run) => run.monitor));
  const show = (index, shown) => charts.forEach((chart) => {
    chart.hidden[shown ? "delete" : "add"](index);
    chart.draw();
  });
  const shows = (run, index) => {
    const change = (event) => show(index, event.target.checked);
    const box = element("input", { type: "checkbox", checked: true, onchange: change });
    return element("label", {}, box, swatch({ colour: colours[index], stage: "plain" }), run.name);
  };
  const score = (run) => `${monitors.size > 1 ? `${run.monitor} ` : ""}${number(run.best_score, run.digits)}`;
  const columns = [
    { head: "shown in the curves", text: true, cell: shows },
    { head: "verdict", text: true, cell: (run) => words(run.verdict?.label ?? "–") },
    { head: "status", text: true, cell: (run) => words(run.status ?? "–") },
    { head: "epochs", cell: (run) => number(run.epochs_run) },
    { head: "best epoch (from 0)", cell: (run) => number(run.best_epoch) },
    { head: monitors.size > 1 ? "best score" : `best ${[...monitors][0]}`, cell: score },
    { head: "recommended epochs", cell: band },
    ...testsOf(report.runs).map((name) => ({ head: `test ${name}`, cell: (run) => number(run.test?.[name]) })),
  ];
  const ofPair = (column) => ({ ...column, cell: ([run, index]) => column.cell(run, index) });
  const ofRow = ([, index]) => {
    const forward = () => emphasise(index), back = () => emphasise(null);
    return { onpointerenter: forward, onpointerleave: back, onfocusin: forward, onfocusout: back };
  };
  return table("Runs", columns.map(ofPair), report.runs.map((run, index) => [run, index]), ofRow);
}

function seedsTable(report) {
  if (!list(report.seeds).length) return null;
  const of = (head, value, digits) => {
    return { head, cell: (group) => spread(value(group)?.mean, value(group)?.std, digits) };
  };
  return table("Over seeds and folds: mean ± standard deviation", [
    { head: "setting", text: true, cell: (group) => group.name },
    { head: "runs", cell: (group) => number(list(group.runs).length) },
    of("best epoch (from 0)", (group) => group.best_epoch, 3),
    of("best score", (group) => group.best_score),
    { head: "recommended epochs", cell: band },
    ...testsOf(report.seeds).map((name) => of(`test ${name}`, (group) => group.test?.[name])),
  ], report.seeds);
}

/** What was found out about one of several runs; made when it is opened. */
function foldedRun(run) {
  const head = element("summary", {}, `${run.name}: ${words(run.verdict?.label ?? "not judged")}`);
  const box = element("details", { class: "run" }, head);
  const fill = () => put(box, {}, [verdictOf(run), commandsOf(run), findingsOf(run)]);
  box.addEventListener("toggle", fill, { once: true });
  return box;
}
