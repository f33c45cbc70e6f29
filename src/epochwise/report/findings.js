// What to do next with a run, and what it was made of: commands, replay, phases, plan.

function commandsOf(run) {
  if (!list(run.next).length) return null;
  const commands = element("ul", { class: "commands" }, run.next.map(commandOf));
  return element("section", {}, element("h2", {}, "Next"), commands);
}

/** A command with a button that copies it; where that is not allowed it is selected instead. */
function commandOf({ command, reason }) {
  const code = element("code", {}, command);
  const copy = element("button", { type: "button", "aria-label": `copy: ${command}` }, "copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = "selected";
    }
    setTimeout(() => (copy.textContent = "copy"), 1500);
  });
  const line = element("div", { class: "command" }, element("pre", { tabindex: 0 }, code), copy);
  return element("li", {}, line, element("p", { class: "quiet" }, reason));
}

function ofTheBest(key, row) {
  return key === "min_delta" && row.min_delta_mode === "rel" ? " of the best" : "";
}

function replayOf(run) {
  const rows = list(run.replay);
  if (!rows.length) return null;
  const changes = (key) => key === "patience" || rows.some((row) => row[key] !== rows[0][key] || row[key] > 0);
  const settings = ["patience", "min_delta", "start_epoch", "min_epochs"].filter(changes);
  return table("Early stopping, replayed on this run", [
    ...settings.map((key) => ({ head: words(key), cell: (row) => number(row[key]) + ofTheBest(key, row) })),
    { head: "stops after epoch", cell: (row) => (known(row.stops_at_epoch) ? number(row.stops_at_epoch) : "never") },
    { head: "epochs saved", cell: (row) => number(row.saved_epochs) },
    { head: "best epoch (from 0)", cell: (row) => number(row.best_epoch) },
    { head: "its score", cell: (row) => number(row.best_score, run.digits) },
    { head: "lost", cell: (row) => number(row.lost, 3) },
  ], rows);
}

function phasesOf(run) {
  const there = Object.entries(run.phases ?? {}).filter(([, seconds]) => known(seconds) && seconds > 0);
  const phases = there.sort(([, one], [, other]) => other - one);
  const total = phases.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (!(total > 0)) return null;
  const told = phases.map(([name, seconds]) => `${words(name)} ${percent(seconds / total, 2)}`);
  let x = 0;
  const parts = phases.map(([, seconds], index) => {
    const width = (seconds / total) * 100, size = { x, y: 0, width: Math.max(width - 0.15, 0.05), height: 6 };
    x += width;
    return drawn("rect", { class: `fill p${index % 9}`, ...size }, drawn("title", {}, told[index]));
  });
  const attributes = { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-label": `phases: ${told.join(", ")}` };
  const entry = ([name, seconds], index) => element(
    "li", {}, element("span", { class: `key p${index % 9}` }),
    element("span", {}, `${words(name)} `, element("b", {}, duration(seconds)), ` ${percent(seconds / total, 2)}`),
  );
  const bar = drawn("svg", { class: "phases", role: "img", ...attributes }, parts);
  const head = element("h2", {}, `Where ${duration(total)} went`);
  return element("section", {}, head, bar, element("ul", { class: "legend" }, phases.map(entry)));
}

function planOf(run) {
  const plan = run.plan;
  if (!plan) return null;
  const turns = list(plan.landmarks).filter((turn) => known(turn?.epoch));
  const told = turns.map((turn) => `${words(turn.name)} at epoch ${number(turn.epoch)} (step ${number(turn.step)})`);
  return element("section", {}, element("h2", {}, "What an epoch is here"), facts([
    ["samples an epoch", number(plan.samples_per_epoch)],
    ["batches an epoch", number(plan.batches_per_epoch)],
    ["optimizer steps an epoch", number(plan.steps_per_epoch)],
    ["samples a step", number(plan.samples_per_step)],
    ["epochs planned", number(plan.max_epochs ?? plan.epochs)],
    ["steps planned", number(plan.steps)],
    ["samples planned", number(plan.samples)],
    ["schedule", told.join("; ") || null],
  ], "short"));
}

/** Some training pictures, which say at a glance whether they are cut, turned and coloured as they should be. */
function picturesOf(report) {
  if (!report.pictures) return null;
  const source = `data:image/png;base64,${report.pictures}`, alt = "training pictures with their labels";
  const head = element("h2", {}, "Training pictures, as the network sees them");
  const told = element("p", { class: "quiet" }, "Cut, resized and coloured, before normalising; + is one draw of the augmentation.");
  return element("section", {}, head, told, element("img", { class: "sheet", src: source, alt }));
}

/** All that is told of a run beside its curves; empty parts are left out. */
const findingsOf = (run) => [replayOf(run), phasesOf(run), planOf(run)].filter(Boolean);
