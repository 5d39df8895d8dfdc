// SPDX-License-Identifier: MIT
/**
 * result - reads a saved result, which may come from anybody: nothing in it is believed before it was looked at. Pure.
 *
 *     const document = readResult(text);        // or throws an Error with a sentence that names the place
 *
 * What comes back is a copy with the members that the page shows, each of the type it should be.
 */
import { kinds } from './timeline.js';

export const sizeMost = 16 * 1024 * 1024;
const modesMost = 16;
const tasksMost = 256;
const pointsMost = 1000;
const partsMost = 16;
const textMost = 300;

/** @param {string} text @returns {any} */
export function readResult(text) {
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('The file is no JSON.');
  }
  check(isObject(json), '', 'an object');
  check(json.version === 1, 'version', '1');
  const kind = json.kind ?? (Array.isArray(json.modes) ? 'experiment' : undefined);
  if (kind === 'experiment') {
    return readExperiment(json);
  }
  if (kind === 'sweep') {
    return readSweep(json);
  }
  throw new Error(
    kind === 'hello'
      ? 'This is a hello table; the page shows experiments and sweeps. `lab report` shows it.'
      : 'kind: expected "experiment" or "sweep".',
  );
}

/** @param {any} json */
function readExperiment(json) {
  return {
    kind: 'experiment',
    delay_ms: number(json.delay_ms, 'delay_ms'),
    modes: list(json.modes, 'modes', modesMost).map((mode, index) => readMode(mode, `modes[${index}]`)),
    threads: json.threads === undefined ? undefined : number(json.threads, 'threads'),
    blocking: json.blocking === undefined ? undefined : list(json.blocking, 'blocking', tasksMost).map((name) => text(name, 'blocking')),
    origin: { interrupted: json.origin?.interrupted === true },
  };
}

/** Its figures are looked at one by one where they are shown. @param {any} json */
function readSweep(json) {
  const points = list(json.points, 'points', pointsMost);
  points.forEach((point, index) => check(isObject(point), `points[${index}]`, 'an object'));
  const cases = list(json.cases ?? [], 'cases', pointsMost);
  cases.forEach((each, index) => {
    check(isObject(each), `cases[${index}]`, 'an object');
    text(each.name, `cases[${index}].name`);
    text(each.title, `cases[${index}].title`);
    text(each.sentence, `cases[${index}].sentence`);
  });
  return { kind: 'sweep', points, cases, origin: { interrupted: json.origin?.interrupted === true } };
}

/** @param {any} json @param {string} at */
function readMode(json, at) {
  check(isObject(json), at, 'an object');
  return {
    mode: text(json.mode, `${at}.mode`),
    tasks: list(json.tasks, `${at}.tasks`, tasksMost).map((task, index) => readTask(task, `${at}.tasks[${index}]`)),
    total_s: perhaps(json.total_s, `${at}.total_s`),
    theory_s: perhaps(json.theory_s, `${at}.theory_s`),
    ratio: perhaps(json.ratio, `${at}.ratio`),
    ok: json.ok === true,
  };
}

/** @param {any} json @param {string} at */
function readTask(json, at) {
  check(isObject(json), at, 'an object');
  const { parts } = json;
  return {
    name: text(json.name, `${at}.name`),
    sent_ms: perhaps(json.sent_ms, `${at}.sent_ms`) ?? 0,
    answered_ms: perhaps(json.answered_ms, `${at}.answered_ms`),
    seconds: perhaps(json.seconds, `${at}.seconds`),
    status: perhaps(json.status, `${at}.status`),
    error: json.error === undefined || json.error === null ? null : text(json.error, `${at}.error`),
    theory_s: perhaps(json.theory_s, `${at}.theory_s`),
    theory_earliest_s: perhaps(json.theory_earliest_s, `${at}.theory_earliest_s`),
    ratio: perhaps(json.ratio, `${at}.ratio`),
    ok: json.ok !== false,
    parts: parts === undefined ? undefined : list(parts, `${at}.parts`, partsMost).map((part, index) => readPart(part, `${at}.parts[${index}]`)),
  };
}

/** @param {any} json @param {string} at */
function readPart(json, at) {
  check(isObject(json), at, 'an object');
  return {
    kind: kinds.includes(json.kind) ? json.kind : 'unknown',
    start_ms: number(json.start_ms, `${at}.start_ms`),
    end_ms: number(json.end_ms, `${at}.end_ms`),
  };
}

/** @param {any} value @returns {value is Record<string, any>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {boolean} isRight @param {string} at @param {string} expected */
function check(isRight, at, expected) {
  if (!isRight) {
    throw new Error(`${at ? `${at}: ` : ''}expected ${expected}.`);
  }
}

/** Times are no more than a day. @param {any} value @param {string} at @returns {number} */
function number(value, at) {
  check(typeof value === 'number' && value >= 0 && value <= 86400000, at, 'a number from 0 to 86400000');
  return value;
}

/** @param {any} value @param {string} at */
function perhaps(value, at) {
  return value === undefined || value === null ? null : number(value, at);
}

/** @param {any} value @param {string} at @param {number} most @returns {any[]} */
function list(value, at, most) {
  check(Array.isArray(value) && value.length <= most, at, `a list of at most ${most}`);
  return value;
}

/** @param {any} value @param {string} at @returns {string} */
function text(value, at) {
  check(typeof value === 'string', at, 'a text');
  return value.length > textMost ? `${value.slice(0, textMost)}…` : value;
}
