// SPDX-License-Identifier: MIT
/**
 * records - a list of finished requests, the newest on top: a bar for each, its calls below, all on one axis.
 *
 * Bounded, and drawn anew a few times a second at most, however many come.
 */
import { draw, make } from './element.js';
import { duration, marks, step } from './format.js';
import { meanings } from './timeline.js';

/** @typedef {import('./record.js').Request} Request */
/** @typedef {import('./record.js').Part} Part */

const most = 100;
const pauseMs = 150;
/** A list so wide has room for few marks. */
const narrowPixels = 600;

export class Records {
  #list;
  /** Newest first, each with its item once it is drawn. @type {{request: Request, item: HTMLElement | null}[]} */
  #entries = [];
  #longestMs = 0;
  /** @type {number | undefined} */
  #timer;
  #isPaused = false;
  /** How many came. */
  seen = 0;
  /** Called after each drawing. */
  onDrawn = () => {};

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** @param {Request} request */
  add(request) {
    this.seen++;
    if (this.#isPaused) {
      return;
    }
    this.#entries.unshift({ request, item: null });
    this.#entries.length = Math.min(this.#entries.length, most);
    this.#timer ??= setTimeout(() => this.#draw(), pauseMs);
  }

  clear() {
    this.#entries = [];
    this.seen = 0;
    this.#draw();
  }

  /** Paused: what is there stays, what comes is counted. @param {boolean} isPaused */
  pause(isPaused) {
    this.#isPaused = isPaused;
  }

  get count() {
    return this.#entries.length;
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const longestMs = round(Math.max(0, ...this.#entries.map(({ request }) => request.totalUs)) / 1000);
    if (longestMs !== this.#longestMs) {
      this.#longestMs = longestMs;
      this.#entries.forEach((entry) => {
        entry.item = null;
      });
    }
    for (const entry of this.#entries) {
      entry.item ??= this.#item(entry.request);
    }
    const items = this.#entries.flatMap(({ item }) => (item ? [item] : []));
    this.#list.replaceChildren(...(items.length > 0 ? [this.#axis()] : []), ...items);
    this.onDrawn();
  }

  #axis() {
    const axis = draw('svg', { class: 'axis' });
    for (const { at, text } of marks(this.#longestMs / 1000, this.#list.clientWidth < narrowPixels ? 3 : 5)) {
      const x = this.#percent(at * 1000);
      axis.append(
        draw('line', { class: 'tick', x1: x, x2: x, y1: '70%', y2: '100%' }),
        draw('text', { x, y: '55%', 'text-anchor': at === 0 ? 'start' : at * 1000 > this.#longestMs * 0.95 ? 'end' : 'middle' }, text),
      );
    }
    return make('li', { class: 'scale', 'aria-hidden': 'true' }, make('span'),
      make('div', { class: 'chart' }, make('span'), axis, make('span', { class: 'room' })));
  }

  /** @param {Request} request */
  #item(request) {
    const isGood = request.status !== null && request.status < 400;
    const facts = make('div', { class: 'request' },
      make('span', { class: `status ${isGood ? 'good' : 'bad'}` }, String(request.status ?? '–')),
      make('span', { class: 'target' }, `${request.method} ${request.target}`),
      make('span', { class: 'facts' }, [request.mode, clock(request.at)].filter(Boolean).join(', ')));
    const chart = make('div', { class: 'chart' });
    chart.append(...this.#lane('total', request.total, null, duration(request.totalUs), 'total'));
    for (const call of request.calls) {
      chart.append(...this.#lane(call.name, call.parts, call.firstByteMs, duration(call.endUs), 'call'));
      chart.append(...(call.note ? [make('span'), make('span', { class: `note${call.isBad ? ' bad' : ''}` }, call.note), make('span')] : []));
    }
    if (request.moreCalls > 0) {
      chart.append(make('span'), make('span', { class: 'facts' }, `and ${request.moreCalls} more calls`), make('span'));
    }
    return make('li', {}, facts, chart);
  }

  /** @param {string} name @param {Part[]} parts @param {number | null} firstByteMs @param {string} end
   * @param {string} kind */
  #lane(name, parts, firstByteMs, end, kind) {
    const svg = draw('svg', { class: `lane ${kind}`, role: 'img', 'aria-label': describe(parts, end) });
    for (const { kind: partKind, start_ms, end_ms } of parts) {
      svg.append(draw('rect', { class: partKind, x: this.#percent(start_ms), width: this.#percent(end_ms - start_ms), y: '6%', height: '88%' }));
    }
    if (firstByteMs !== null) {
      const x = this.#percent(firstByteMs);
      svg.append(draw('line', { class: 'first-byte', x1: x, x2: x, y1: '6%', y2: '94%' }));
    }
    svg.append(draw('text', { class: 'figure', x: this.#percent(parts.at(-1)?.end_ms ?? 0), y: '50%', dy: '.35em', dx: 6 }, end));
    return [make('span', { class: `name ${kind}`, title: name }, name), svg, make('span', { class: 'room' })];
  }

  /** @param {number} ms */
  #percent(ms) {
    return `${Math.min(100, (ms * 100) / this.#longestMs).toFixed(3)}%`;
  }
}

/** A round length that is no shorter. @param {number} ms */
function round(ms) {
  const width = step(Math.max(0.01, ms), 5);
  return Math.ceil(Math.max(0.01, ms) / width - 1e-9) * width;
}

/** @param {Part[]} parts @param {string} end */
function describe(parts, end) {
  const spoken = parts.map(({ kind, start_ms, end_ms }) => `${meanings[kind]} ${duration((end_ms - start_ms) * 1000)}`);
  return [...spoken, end].join(', ');
}

/** The time of day here of a time stamp. @param {string} stamp */
function clock(stamp) {
  const time = new Date(stamp);
  return Number.isNaN(time.getTime()) ? '' : `${time.toLocaleTimeString('en-GB')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
