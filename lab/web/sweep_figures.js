// SPDX-License-Identifier: MIT
/**
 * sweep_figures - what a sweep measured, for reading: a row for each point, theory beside it, and in large figures where
 * the modes differ most. A point is foreign: each figure is looked at before it is shown.
 */
import { make } from './element.js';
import { table } from './figures.js';
import { bytes, duration, ratio, significant } from './format.js';

const head = ['mode', '#clients', '#delay', '#calls', '#due a second', '#bytes', '#backend serves', '#answers a second', '#theory', '#ratio', '#p50 ms', '#p99 ms', '#CPU µs a request',
  '#memory', '#failed', 'limit'];

/** The table. @param {any[]} points */
export function sweepFigures(points) {
  const sorted = inGroups(points);
  const rows = sorted.map((point, index) => row(point, index > 0 && group(sorted[index - 1]) === group(point)));
  const isUsed = head.map((_, index) => rows.some((cells) => cells[index] !== '–' && cells[index] !== ''));
  return table('Measured, and what theory says', head.filter((_, index) => isUsed[index]), rows.map((cells) => cells.filter((__, index) => isUsed[index])));
}

/** For each mode its last point of the first setting that was swept: where they differ most. @param {any[]} points */
export function sweepVerdicts(points) {
  /** @type {Map<string, any>} */
  const last = new Map();
  for (const point of points.filter((candidate) => setting(candidate) === setting(points[0]))) {
    last.set(String(point.mode), point);
  }
  return [...last].map(([mode, point]) => {
    const p99 = number(point.latency_ms?.p99?.median);
    const rest = [p99 === null ? '' : ` p99 ${duration(p99 * 1000)}`, `${String(point.clients)} clients`].filter(Boolean).join(', ');
    return make('li', {}, `${mode} `, make('strong', {}, `${significant(number(point.throughput?.median))} a second`), rest);
  });
}

/** What is the same for all points of a curve but the mode. @param {any} point */
function setting(point) {
  return [point.case, point.delay, point.fan_out, point.load].map(String).join('\n');
}

/** @param {any} point */
function group(point) {
  return `${setting(point)}\n${String(point.mode)}`;
}

/** The points of a curve one after the other. @param {any[]} points */
function inGroups(points) {
  /** @type {Map<string, Map<string, any[]>>} */
  const settings = new Map();
  for (const point of points) {
    const modes = settings.get(setting(point)) ?? new Map();
    settings.set(setting(point), modes.set(group(point), [...(modes.get(group(point)) ?? []), point]));
  }
  return [...settings.values()].flatMap((modes) => [...modes.values()].flat());
}

/** @param {any} point @param {boolean} isSame as the mode of the row above */
function row(point, isSame) {
  const figure = (/** @type {any} */ spread) => significant(number(spread?.median));
  const memory = number(point.gateway?.resident_bytes?.median);
  const failed = (number(point.failed) ?? 0) + (number(point.unanswered) ?? 0);
  return [
    isSame ? '' : String(point.mode),
    String(point.clients ?? '–'),
    String(point.delay ?? '–'),
    String(point.fan_out ?? '–'),
    String(point.rate ?? '–'),
    String(point.bytes ?? '–'),
    String(point.backend_concurrency ?? '–'),
    figure(point.throughput),
    significant(number(point.theory?.throughput)),
    ratio(number(point.deviation?.throughput)),
    latency(point.latency_ms?.p50),
    latency(point.latency_ms?.p99),
    figure(point.gateway?.cpu_us_per_request),
    memory === null ? '–' : bytes(memory),
    failed > 0 ? make('span', { class: 'bad' }, String(failed)) : '0',
    limit(point),
  ];
}

/** @param {any} value */
function number(value) {
  return typeof value === 'number' ? value : null;
}

/** @param {any} spread */
function latency(spread) {
  const median = number(spread?.median);
  return median === null ? '–' : `${spread.is_lower_bound ? '≥ ' : ''}${significant(median)}`;
}

/** What ran out. @param {any} point */
function limit(point) {
  if (point.is_client_limited) {
    return make('span', { class: 'bad' }, 'client: says nothing about the gateway');
  }
  return point.limit === 'none' || point.limit === undefined ? '' : String(point.limit);
}
