// The values of a chart at an epoch, under the pointer or by the arrow keys.

const MOST_TOLD = 10, MOST_DIGITS = 7;

/** The point of a line nearest to x, as {line, epoch, value, x}; null without any. */
function nearest(line, axis, x) {
  const place = line.places[axis] ?? (() => 0);
  let found = null;
  for (const [epoch, value] of line.points) {
    const at = place(epoch);
    if (!found || Math.abs(at - x) < Math.abs(found.x - x)) found = { line, epoch, value, x: at };
  }
  return found;
}

function readValues(chart) {
  let epochTold = null;

  function hide() {
    chart.told.hidden = true;
    epochTold = null;
    list(chart.peers).forEach((peer) => peer.follow(null));
  }

  function tell(x) {
    const found = chart.shown.map((line) => nearest(line, chart.axis, x)).filter(Boolean);
    if (!found.length) return;
    const first = found.reduce((best, one) => (Math.abs(one.x - x) < Math.abs(best.x - x) ? one : best));
    const pixel = chart.x.to(first.x);
    const near = found.filter((one) => Math.abs(chart.x.to(one.x) - pixel) < 6);
    near.sort((one, other) => other.value - one.value);
    const events = list(chart.marks.events).filter((event) => event.epoch === first.epoch);
    const where = chart.axis === "epochs" ? null : `${number(first.x)} ${chart.axis}`;
    const head = [`epoch ${first.epoch}`, where, ...events.map((event) => words(event.name))];
    const value = ({ line, value: score }) => {
      return element("p", {}, swatch(line), `${line.label} `, element("b", {}, number(score, MOST_DIGITS)));
    };
    const rest = near.length > MOST_TOLD && element("p", {}, `and ${near.length - MOST_TOLD} more`);
    chart.told.replaceChildren();
    const title = element("p", {}, head.filter(Boolean).join(" · "));
    put(chart.told, {}, [title, near.slice(0, MOST_TOLD).map(value), rest]);
    chart.told.hidden = false;
    const toTheLeft = pixel > chart.width / 2;
    chart.told.style.left = toTheLeft ? "" : `${pixel + 12}px`;
    chart.told.style.right = toTheLeft ? `${chart.width - pixel + 12}px` : "";
    list(chart.peers).forEach((peer) => peer.follow(first.x));
    epochTold = first.epoch;
  }

  function step(event) {
    if (event.key === "Escape") hide();
    const inOrder = (one, other) => one - other;
    const all = [...new Set(chart.shown.flatMap((line) => line.points.map(([epoch]) => epoch)))].sort(inOrder);
    const now = all.indexOf(epochTold), last = all.length - 1;
    const next = { ArrowRight: now + 1, ArrowLeft: now < 0 ? last : now - 1, Home: 0, End: last }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    const epoch = all[Math.max(0, Math.min(next, last))];
    const line = chart.shown.find((one) => one.points.some(([other]) => other === epoch));
    tell((line.places[chart.axis] ?? (() => 0))(epoch));
  }

  const under = (event) => tell(chart.x.from(event.clientX - chart.box.getBoundingClientRect().left));
  put(chart.box, { onpointermove: under, onpointerdown: under, onpointerleave: hide }, []);
  put(chart.box, { onblur: hide, onkeydown: step }, []);
}
