// SPDX-License-Identifier: MIT
/**
 * curves_data - what is drawn of a result: a row of panels for each case, or for each delay and fan-out; in each panel a
 * series for each mode. Pure.
 *
 * The files of curves import nothing but each other, one import a line: a report has them one behind the other.
 */

/** @typedef {{x: number, y: number, least: number, most: number, isBound: boolean, isHollow: boolean, about: string[]}} Mark */
/** @typedef {{name: string, colour: string, shape: string, marks: Mark[], theory: {x: number, y: number}[]}} Series */
/** @typedef {{key: string, title: string, unit: string, format: (value: number) => string, axis: Axis, isTall: boolean,
 *   series: Series[]}} PanelData */
/** @typedef {{title: string, values: number[], labels: string[], isLogarithmic: boolean,
 *   place?: (point: any) => number}} Axis */
/** @typedef {{title: string, sentence: string, panels: PanelData[]}} Row */

/** Colour (a property of lab.css) and point of a mode; the order of the legend. */
export const looks = {
  sync: { colour: '--sync', shape: 'circle' },
  threads: { colour: '--threads', shape: 'triangle' },
  async: { colour: '--async', shape: 'rect' },
  mixed: { colour: '--mixed', shape: 'rectRot' },
  wire: { colour: '--wire', shape: 'crossRot' },
};
export const otherLooks = [
  { colour: '--faint', shape: 'crossRot' },
  { colour: '--ink', shape: 'rectRot' },
  { colour: '--gateway', shape: 'star' },
  { colour: '--connecting-edge', shape: 'triangle' },
];

const axisTitles = {
  clients: 'clients',
  rate: 'requests due a second',
  fan_out: 'calls of a request',
  delay: 'the backend’s delay',
  bytes: 'bytes of an answer',
  backend_concurrency: 'places at the backend',
};

const panelsOfSweep = [
  { name: 'throughput', title: 'Throughput', unit: 'answers a second', format: formatCount, measured: (point) => point.throughput, theory: (theory) => theory.throughput },
  { name: 'p50', title: 'Latency, half of all (p50)', unit: '', format: formatTime, measured: (point) => point.latency_ms?.p50, theory: (theory) => theory.p50_ms },
  { name: 'p99', title: 'Latency, 99 of 100 (p99)', unit: '', format: formatTime, measured: (point) => point.latency_ms?.p99, theory: (theory) => theory.p99_ms },
  { name: 'p99 from sending', title: 'p99 from sending', unit: 'uncorrected', format: formatTime, measured: (point) => point.uncorrected_ms?.p99, theory: () => null },
];

/** One row for each case, or for each delay and fan-out: along the clients, in an open loop along the rate. @returns {Row[]} */
export function sweepRows(shown, select) {
  const groups = new Map();
  (shown?.points ?? []).forEach((point, index) => {
    if (select(point, index)) {
      const fixed = point.load === 'open' ? point.clients : point.rate;
      const key = point.case ?? [point.delay, point.fan_out, point.load, fixed, point.bytes, point.backend_concurrency].join(' ');
      groups.set(key, [...(groups.get(key) ?? []), point]);
    }
  });
  return [...groups].map(([key, points]) => sweepRow(key, points, shown.cases?.find((entry) => entry.name === points[0].case)));
}

/** @returns {Row} */
function sweepRow(key, points, entry) {
  const [first] = points;
  const place = entry?.axis ?? (first.load === 'open' ? 'rate' : 'clients');
  const axis = axisOf(place, points);
  const load = first.load === 'open' ? `requests due at a constant rate, ${first.clients} connections at most` : 'each client waits for its answer';
  const calls = `${first.fan_out} call${first.fan_out === 1 ? '' : 's'} of ${first.delay}, ${load}`;
  const drawn = panelsOfSweep.filter((panel) => points.some((point) => isKnown(panel.measured(point)?.median)));
  return {
    title: entry?.title ?? calls,
    sentence: entry?.sentence ?? '',
    panels: drawn.map((panel) => ({
      key: `${key} ${panel.name}`,
      title: panel.title,
      unit: panel.unit,
      format: panel.format,
      isTall: false,
      axis,
      series: Object.keys(looks)
        .map((mode) => sweepSeries(mode, points.filter((point) => point.mode === mode), panel, axis))
        .filter((series) => series.marks.length > 0),
    })),
  };
}

/** @returns {Axis} */
function axisOf(place, points) {
  const places = [...new Set(points.map((point) => point[place]))];
  const isNumeric = places.length > 1 && places.every((value) => isKnown(value) && value > 0);
  const format = place === 'bytes' ? formatBytes : formatCount;
  places.sort((one, other) => (one ?? 0) - (other ?? 0) || 0);
  return {
    title: axisTitles[place] ?? place,
    values: isNumeric ? places : places.map((_, index) => index),
    labels: places.map((value) => (isKnown(value) ? format(value) : String(value ?? 'its own'))),
    isLogarithmic: isNumeric,
    place: (point) => (isNumeric ? point[place] : places.indexOf(point[place])),
  };
}

/** @returns {Series} */
function sweepSeries(mode, points, panel, axis) {
  const marks = points
    .map((point) => ({ point, figure: panel.measured(point) }))
    .filter(({ figure }) => isKnown(figure?.median))
    .map(({ point, figure }) => ({
      x: axis.place(point),
      y: figure.median,
      least: figure.least,
      most: figure.most,
      isBound: figure.is_lower_bound === true,
      isHollow: point.is_client_limited === true,
      about: describe(point, figure, panel),
    }));
  const theory = points
    .map((point) => ({ x: axis.place(point), y: point.theory ? panel.theory(point.theory) : null }))
    .filter(({ y }) => isKnown(y));
  const byPlace = (one, other) => one.x - other.x;
  return { name: mode, ...looks[mode], marks: marks.sort(byPlace), theory: theory.sort(byPlace) };
}

/** Lines of the note beside a point. */
function describe(point, figure, panel) {
  const theory = point.theory ? panel.theory(point.theory) : null;
  return [
    `${figure.is_lower_bound ? 'at least ' : ''}${panel.format(figure.median)}${figure.least === figure.most ? '' : ` (${panel.format(figure.least)} to ${panel.format(figure.most)})`}`,
    ...(isKnown(theory) && theory > 0 ? [`theory ${panel.format(theory)}, measured ${(figure.median / theory).toFixed(2)} of it`] : []),
    ...(point.failed > 0 ? [`${point.failed} of ${point.requests} failed`] : []),
    ...(point.limit && point.limit !== 'none' ? [`what ran out: ${point.limit}`] : []),
  ];
}

/** @returns {Row[]} */
export function helloRows(shown) {
  const clients = shown.clients ?? [];
  const axis = { title: 'clients at the same time', values: clients, labels: clients.map(String), isLogarithmic: false };
  let others = 0;
  const series = (shown.rows ?? []).map((row) => ({
    name: row.client === 'command' ? `${row.name}, other client` : row.name,
    ...(looks[row.name] ?? otherLooks[others++ % otherLooks.length]),
    marks: helloMarks(row, clients),
    theory: (row.theory_s ?? []).map((y, index) => ({ x: clients[index], y })).filter(({ y }) => isKnown(y)),
  }));
  const title = 'Seconds for 1000 requests of each client';
  return [{ title: '', sentence: '', panels: [{ key: 'hello', title, unit: 'mean', format: formatSeconds, isTall: true, axis, series: series.filter((entry) => entry.marks.length > 0) }] }];
}

/** @returns {Mark[]} */
function helloMarks(row, clients) {
  return clients
    .map((x, index) => ({ x, figure: row.seconds?.[index], limit: row.limit?.[index] }))
    .map(({ x, figure, limit }) => ({ x, limit, figure: isKnown(figure) ? { median: figure, least: figure, most: figure } : figure }))
    .filter(({ figure }) => isKnown(figure?.median))
    .map(({ x, figure, limit }) => ({
      x,
      y: figure.median,
      least: figure.least,
      most: figure.most,
      isBound: false,
      isHollow: limit === 'client',
      about: [formatSeconds(figure.median), ...(limit ? [`what ran out: ${limit}`] : [])],
    }));
}

// ---- figures as text ----

function isKnown(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function formatCount(value) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value >= 10000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toFixed(digits)));
}

function formatBytes(value) {
  const [unit, name] = value > 0 && value % 1000000 === 0 ? [1000000, 'MB'] : value >= 1024 * 1024 ? [1024 * 1024, 'MiB'] : value >= 1024 ? [1024, 'KiB'] : [1, 'B'];
  return `${Number((value / unit).toPrecision(3))} ${name}`;
}

function formatTime(value) {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Number(value.toPrecision(3))} ms`;
}

function formatSeconds(value) {
  return `${Number(value.toPrecision(3))} s`;
}
