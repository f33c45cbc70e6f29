// The charts of a report on the page: their legends, and the one switch of the x axis.

const MOST_LEGEND = 24, MOST_EMPTY = 20;

function legendOf(chart, single) {
  const lines = [...new Map(chart.lines.map((line) => [single ? line.column : line.stage, line])).values()];
  const entry = (line) => {
    const label = line.stage === "plain" ? chart.title : words(line.stage);
    return element("li", {}, swatch(single ? line : { colour: "ink", stage: line.stage }), single ? line.label : label);
  };
  const area = (kind, label) => element("li", {}, element("span", { class: `key ${kind}` }), label);
  return element(
    "ul", { class: "legend" },
    lines.length <= MOST_LEGEND && lines.map(entry),
    chart.means.length > 0 && area("area-key ink", "mean ± standard deviation"),
    chart.marks.band && chart.tall && area("recommended-key", "recommended epochs"),
    chart.marks.forecasts.length > 0 && area(`area-key ${single ? "c0" : "ink"}`, "forecast, 80 %"),
  );
}

function figureOf(chart, single) {
  const change = (key) => (pressed) => {
    chart[key] = pressed;
    chart.draw();
  };
  const why = chart.canLog ? "logarithmic axis" : "not all values are above 0";
  const log = toggle("log", { class: "log", disabled: !chart.canLog, title: why }, change("log"));
  const close = "y axis without the first fifth of the epochs";
  const zoom = toggle("zoom", { class: "zoom", title: close }, change("zoom"));
  const head = element("div", { class: "chart-title" }, element("h3", {}, chart.title), element("div", {}, zoom, log));
  return element("figure", { class: chart.tall ? "tall" : null }, head, legendOf(chart, single), chart.box);
}

function axisSwitch(report, charts) {
  const shared = sharedAxes(report.runs);
  const choose = (chosen) => {
    buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.axis === chosen));
    charts.forEach((chart) => chart.draw(chosen));
  };
  const buttons = Object.keys(AXES).map((axis) => {
    const there = shared.includes(axis), title = there ? null : `not every run has ${axis}`;
    const state = { "data-axis": axis, "aria-pressed": axis === "epochs", disabled: !there, title };
    return element("button", { type: "button", ...state, onclick: () => choose(axis) }, axis);
  });
  return element("div", { class: "switch", role: "group", "aria-label": "x axis" }, buttons);
}

function curvesSection(report, { charts, empty }) {
  const single = report.runs.length === 1;
  const figure = (chart) => figureOf(chart, single);
  const within = (section) => charts.filter((chart) => chart.section === section).map(figure);
  const note = (text) => element("p", { class: "note" }, text);
  const more = within("more"), moreCharts = element("summary", {}, `more: ${counted(more.length, "chart")}`);
  const named = empty.slice(0, MOST_EMPTY).join(", ");
  const rest = empty.length > MOST_EMPTY ? ` and ${empty.length - MOST_EMPTY} more` : "";
  return element(
    "section", { id: "charts" },
    element("div", { class: "curves-title" }, element("h2", {}, "Curves"), axisSwitch(report, charts)),
    report.thinned && note(report.thinned),
    charts.length === 0 && note("Nothing to draw: no column holds a number."),
    within("first"),
    element("div", { class: "grid" }, within("scores"), within("rates")),
    more.length > 0 && element("details", {}, moreCharts, element("div", { class: "grid" }, more)),
    charts.length > 0 && empty.length > 0 && note(`Nothing to draw of ${named}${rest}: no epoch has a number there.`),
  );
}
