// Numbers as they are read.

/** A number to some significant digits; large ones whole, in groups of three. */
function number(value, digits = 4) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return minus(value.toLocaleString("en-US"));
  if (size >= 1e6 || size < 1e-4) return minus(value.toExponential(digits < 4 ? Math.min(digits - 1, 2) : digits - 1).replace("e+", "e"));
  if (size >= 10 ** (digits - 1)) return minus(Math.round(value).toLocaleString("en-US"));
  return minus(String(Number(value.toPrecision(digits))));
}

const minus = (text) => text.replaceAll("-", "−");

function duration(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < 60) return `${number(seconds, seconds < 1 ? 2 : 3)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
const spread = (mean, std, digits = 4) => `${number(mean, digits)}${known(std) ? ` ± ${number(std, 2)}` : ""}`;
const percent = (share, digits = 3) => (known(share) ? `${number(share * 100, digits)} %` : "–");

function tickText(value) {
  const size = Math.abs(value), compact = { notation: "compact", maximumSignificantDigits: 4 };
  if (size >= 1e4 && size < 1e15) return minus(value.toLocaleString("en-US", compact));
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    return minus(Number(value.toPrecision(3)).toExponential().replace("e+", "e"));
  }
  return minus(String(Number(value.toPrecision(6))));
}
