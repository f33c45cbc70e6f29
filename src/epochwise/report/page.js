// The page: what was found first, then the curves that it rests on.

function header(report) {
  const root = document.documentElement;
  const turn = () => {
    const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const dark = (root.dataset.theme ?? preferred) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
  };
  const from = report.runs.length === 1 ? report.runs[0].folder : counted(report.runs.length, "run");
  const made = [report.made && `made ${report.made}`, from].filter(Boolean).join(" · ");
  const title = element("div", {}, element("h1", {}, report.title), element("p", { class: "quiet" }, made));
  const button = element("button", { type: "button", class: "theme", onclick: turn }, "light / dark");
  return element("header", {}, title, button);
}

function show(report) {
  const [run] = report.runs;
  AXES.epochs.label = `${unitOf(run)}, counted from 0`;
  const found = run ? makeCharts(report) : { charts: [], empty: [] };
  const curves = run && curvesSection(report, found);
  const parts = report.runs.length === 1
    ? [verdictOf(run), commandsOf(run), curves, picturesOf(report), findingsOf(run)]
    : [seedsTable(report), run && runsTable(report, found.charts), curves, report.runs.map(foldedRun)];
  const nothing = !run && element("p", { class: "note" }, "No runs to show.");
  put(document.getElementById("report"), {}, [header(report), nothing, countsOf(report), parts]);
  found.charts.forEach((chart) => chart.draw());
}

show(JSON.parse(document.getElementById("document").textContent));
