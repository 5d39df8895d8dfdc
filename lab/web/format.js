// SPDX-License-Identifier: MIT
/**
 * format - numbers and times as text, and the marks of an axis. Pure.
 */

/** A figure in a table or at the end of a bar: "4.003 s".
 * @param {number | null} value seconds
 * @param {number} [digits]
 */
export function seconds(value, digits = 3) {
  return value === null ? '–' : `${value.toFixed(digits)} s`;
}

/** A figure in a sentence, as precise as one would say it: "4.0 s", "0.60 s", "35 ms".
 * @param {number} value seconds
 */
export function spokenSeconds(value) {
  if (value >= 0.9995) {
    return `${value.toFixed(1)} s`;
  }
  return value >= 0.1 ? `${value.toFixed(2)} s` : `${Math.round(value * 1000)} ms`;
}

/** A time in its own unit: "1.204 s", "12.3 ms", "480 µs".
 * @param {number | null} value microseconds
 */
export function duration(value) {
  if (value === null) {
    return '–';
  }
  if (value >= 1e6) {
    return `${(value / 1e6).toFixed(3)} s`;
  }
  return value >= 1000 ? `${significant(value / 1000)} ms` : `${Math.round(value)} µs`;
}

/** A number with three digits that count, thousands set apart by a thin space: "12 400", "3.14".
 * @param {number | null} value
 */
export function significant(value) {
  if (value === null) {
    return '–';
  }
  const size = Math.abs(value);
  if (size >= 1000) {
    return Math.round(Number(value.toPrecision(3))).toString().replace(/\B(?=(\d{3})+$)/g, '\u2009');
  }
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number | null} value a ratio: "1.00" */
export function ratio(value) {
  return value === null ? '–' : value.toFixed(value < 10 ? 2 : 1);
}

/** "less than a minute", "about 3 min": how long something will still take.
 * @param {number} value seconds
 */
export function timeLeft(value) {
  if (value < 60) {
    return `about ${Math.max(1, Math.ceil(value))} s left`;
  }
  return `about ${Math.ceil(value / 60)} min left`;
}

/** @param {number} value bytes */
export function bytes(value) {
  return value >= 1048576 ? `${significant(value / 1048576)} MiB` : `${significant(value / 1024)} KiB`;
}

/** The round step (1, 2 or 5 times a power of ten) that cuts `longest` into at most `most` parts.
 * @param {number} longest above 0
 * @param {number} most
 */
export function step(longest, most) {
  const power = 10 ** Math.floor(Math.log10(longest / most));
  const found = [1, 2, 5, 10].find((factor) => longest / (factor * power) <= most + 1e-9);
  return (found ?? 10) * power;
}

/** The marks of an axis from 0 to `longest` seconds.
 * @param {number} longest above 0
 * @param {number} most
 * @returns {{at: number, text: string}[]}
 */
export function marks(longest, most) {
  const width = step(longest, most);
  const unit = width >= 0.1 ? { name: 's', size: 1 } : { name: 'ms', size: 0.001 };
  const digits = Math.max(0, -Math.floor(Math.log10(width / unit.size) + 1e-9));
  const count = Math.floor(longest / width + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = index * width;
    return { at, text: index === 0 ? '0' : `${(at / unit.size).toFixed(digits)} ${unit.name}` };
  });
}

/** Microseconds of "250ms", "2s", "1m"; null if it is nothing of that kind.
 * @param {string} text
 */
export function parseDuration(text) {
  const found = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text.trim());
  const units = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };
  return found ? Number(found[1]) * units[/** @type {keyof typeof units} */ (found[2])] : null;
}

/** The words of a list that people write with commas or blanks.
 * @param {string} text
 */
export function words(text) {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
