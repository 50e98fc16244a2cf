/** How names, numbers and times are written. */

const NUMBER = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'});

export function number(n) {
  return NUMBER.format(n);
}

/** A growth with its sign; empty for none. */
export function signed(n) {
  return n === 0 ? '' : n > 0 ? '+' + NUMBER.format(n) : '−' + NUMBER.format(-n);
}

export function percent(part, whole) {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  return (share >= 10 || share === 0 ? share.toFixed(0) : share.toFixed(1)) + ' %';
}

export function clock(millis) {
  return CLOCK.format(new Date(millis));
}

export function span(millis) {
  const seconds = Math.floor(millis / 1000);
  if (seconds < 60) {
    return seconds + ' s';
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? minutes + ' min ' + (seconds % 60) + ' s'
    : Math.floor(minutes / 60) + ' h ' + (minutes % 60) + ' min';
}

/** Class and method: `Worker.run` of `com.example.Worker.run`. */
export function shortName(name) {
  const method = name.lastIndexOf('.');
  const type = name.lastIndexOf('.', method - 1);
  return name.slice(type + 1);
}

/** The first three parts of the package, enough to tell whose code it is. */
export function packageOf(name) {
  const parts = name.split('.');
  let end = parts.findIndex((part) => /^[A-Z]/.test(part));
  if (end < 0) {
    end = Math.max(parts.length - 2, 0);
  }
  return parts.slice(0, Math.min(end, 3)).join('.') || '(none)';
}
