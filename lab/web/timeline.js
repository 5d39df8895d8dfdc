// SPDX-License-Identifier: MIT
/**
 * timeline - where the time went: one axis for all modes, a lane for each task, a bar cut into what happened. Draws what
 * it is given; knows neither runs nor events.
 *
 *     timeline.show(modes, longestSeconds);     // anew
 *     timeline.update(mode, task, nowMs)  // one bar of it
 *
 * A figure stands where its bar ends. A dashed line stands where theory has the bar end.
 */
import { draw, make, rove, set } from './element.js';
import { duration, marks, seconds } from './format.js';

/** @typedef {{kind: string, start_ms: number, end_ms: number | null}} Part end_ms null: it goes on */
/** @typedef {{name: string, parts: Part[], seconds: number | null, error: string | null, isOver: boolean,
 *   theory: {earliest_s: number, latest_s: number} | null}} Bar */
/** @typedef {{mode: string, meaning: string, total: string, bars: Bar[]}} Lanes total: how long it took, in words; "": not over */
/** @typedef {{svg: SVGElement, name: HTMLElement, bar: Bar, mode: string}} Lane */

/** What a part means, for a person. @type {Record<string, string>} */
export const meanings = {
  waiting: 'waiting for the gateway',
  connecting: 'connecting to the backend',
  backend: 'the backend at work',
  gateway: 'the gateway at work',
  unknown: 'not known',
};

/** A part with so much room says what it is. */
const labelPixels = 64;
/** Of the chart, beside its lanes. */
const marginPixels = 130;

export const kinds = Object.keys(meanings);

export class Timeline {
  #chart;
  #longestMs = 1;
  #lanePixels = 0;
  /** @type {Lane[][]} */
  #lanes = [];
  /** @type {(mode: string, task: string) => void} */
  onPoint = () => {};
  onLeave = () => {};

  /** @param {HTMLElement} chart an element of the class chart */
  constructor(chart) {
    this.#chart = chart;
    rove(chart, () => this.#lanes.flat().map((lane) => lane.svg), { next: 'ArrowDown', previous: 'ArrowUp' });
  }

  /** @param {Lanes[]} modes @param {number} longestSeconds of the axis */
  show(modes, longestSeconds) {
    const focused = this.#focused();
    this.#longestMs = longestSeconds * 1000;
    this.#lanePixels = this.#chart.clientWidth - marginPixels;
    this.#lanes = [];
    this.#chart.replaceChildren(...this.#axis(longestSeconds), ...modes.flatMap((lanes) => this.#mode(lanes)));
    this.#lanes[0]?.[0]?.svg.setAttribute('tabindex', '0');
    if (focused) {
      this.#lane(focused.mode, focused.bar.name)?.svg.focus({ preventScroll: true });
    }
  }

  get longestSeconds() {
    return this.#longestMs / 1000;
  }

  /** Draws one bar again, its open part up to now. @param {number} mode @param {number} task @param {number} nowMs */
  update(mode, task, nowMs) {
    const lane = this.#lanes[mode]?.[task];
    if (lane) {
      this.#fill(lane, nowMs);
    }
  }

  /** Lights up one bar; null: none. @param {{mode: string, task: string} | null} which */
  light(which) {
    for (const lane of this.#lanes.flat()) {
      const isLit = which !== null && lane.mode === which.mode && lane.bar.name === which.task;
      lane.svg.classList.toggle('lit', isLit);
      lane.name.classList.toggle('lit', isLit);
    }
  }

  #focused() {
    return this.#lanes.flat().find((lane) => lane.svg === document.activeElement);
  }

  /** @param {string} mode @param {string} task */
  #lane(mode, task) {
    return this.#lanes.flat().find((lane) => lane.mode === mode && lane.bar.name === task);
  }

  /** @param {number} longestSeconds */
  #axis(longestSeconds) {
    const axis = draw('svg', { class: 'axis', 'aria-hidden': 'true' });
    for (const { at, text } of marks(longestSeconds, this.#most())) {
      const x = this.#percent(at * 1000);
      const anchor = at === 0 ? 'start' : at > longestSeconds * 0.95 ? 'end' : 'middle';
      axis.append(
        draw('line', { class: 'tick', x1: x, x2: x, y1: '70%', y2: '100%' }),
        draw('text', { x, y: '55%', 'text-anchor': anchor }, text),
      );
    }
    return [make('span'), axis, make('span')];
  }

  /** As many marks as there is room for, and no more. */
  #most() {
    return this.#lanePixels < 400 ? 4 : 8;
  }

  /** @param {Lanes} lanes */
  #mode(lanes) {
    const heading = make('div', { class: 'mode' }, make('h3', {}, lanes.mode), make('span', { class: 'does faint' }, lanes.meaning));
    const made = lanes.bars.map((bar) => this.#newLane(lanes.mode, bar));
    this.#lanes.push(made);
    return [heading, ...made.flatMap((lane) => [lane.name, lane.svg, make('span', { class: 'room' })])];
  }

  /** @param {string} mode @param {Bar} bar @returns {Lane} */
  #newLane(mode, bar) {
    const name = make('span', { class: 'name', title: bar.name }, bar.name);
    const svg = draw('svg', { class: 'lane', role: 'img', tabindex: -1, 'data-mode': mode, 'data-task': bar.name });
    const lane = { svg: /** @type {SVGElement} */ (svg), name, bar, mode };
    for (const element of [svg, name]) {
      element.addEventListener('pointerenter', () => this.onPoint(mode, bar.name));
      element.addEventListener('pointerleave', () => this.onLeave());
    }
    svg.addEventListener('focus', () => this.onPoint(mode, bar.name));
    svg.addEventListener('blur', () => this.onLeave());
    this.#fill(lane, 0);
    return lane;
  }

  /** @param {Lane} lane @param {number} nowMs */
  #fill(lane, nowMs) {
    const { bar, svg } = lane;
    const drawn = svg.querySelectorAll('rect.part');
    const isSame = drawn.length === bar.parts.length && drawn.length > 0 && !bar.isOver;
    if (!isSame) {
      svg.replaceChildren(...this.#grid(), ...bar.parts.map((part) => draw('rect', { class: `part ${part.kind}` })));
      svg.append(...bar.parts.map(({ kind }) => draw('text', { class: `label ${kind}`, y: '50%', dy: '.35em' })));
      svg.append(...this.#theory(bar), draw('text', { class: 'figure', y: '50%', dy: '.35em', dx: '6' }));
    }
    const labels = svg.querySelectorAll('text.label');
    svg.querySelectorAll('rect.part').forEach((rect, index) => this.#place(rect, labels[index], bar.parts[index], nowMs));
    this.#end(lane, nowMs);
  }

  /** A part, and what it is written into it where there is room. @param {Element} rect @param {Element} label
   * @param {Part} part @param {number} nowMs */
  #place(rect, label, part, nowMs) {
    const endMs = Math.max(part.start_ms, part.end_ms ?? nowMs);
    const lengthMs = endMs - part.start_ms;
    set(rect, {
      class: `part ${part.kind}`,
      x: this.#percent(part.start_ms),
      width: this.#percent(lengthMs),
      y: '8%',
      height: '84%',
    });
    set(label, { class: `label ${part.kind}`, x: this.#percent((part.start_ms + endMs) / 2) });
    label.textContent = lengthMs * this.#lanePixels > this.#longestMs * labelPixels ? part.kind : '';
  }

  /** The figure behind the bar, and the words for those who hear it. @param {Lane} lane @param {number} nowMs */
  #end({ bar, svg, mode }, nowMs) {
    const figure = /** @type {Element} */ (svg.querySelector('text.figure'));
    const last = bar.parts.at(-1);
    const endMs = last ? last.end_ms ?? nowMs : 0;
    const text = bar.error ?? (bar.isOver ? seconds(bar.seconds) : last ? seconds(endMs / 1000, 1) : '');
    set(figure, { x: this.#percent(Math.max(0, endMs)), class: `figure${bar.error ? ' bad' : bar.isOver ? '' : ' faint'}` });
    figure.textContent = text;
    if (bar.isOver || !svg.hasAttribute('aria-label')) {
      svg.setAttribute('aria-label', `${mode}, ${bar.name}: ${describe(bar)}`);
    }
  }

  #grid() {
    return marks(this.longestSeconds, this.#most()).map(({ at }) => {
      const x = this.#percent(at * 1000);
      return draw('line', { class: 'grid', x1: x, x2: x, y1: '0', y2: '100%' });
    });
  }

  /** @param {Bar} bar */
  #theory({ theory }) {
    if (!theory) {
      return [];
    }
    return [...new Set([theory.earliest_s, theory.latest_s])].map((at) => {
      const x = this.#percent(at * 1000);
      return draw('line', { class: 'theory', x1: x, x2: x, y1: '-6%', y2: '106%' });
    });
  }

  /** @param {number} timeMs */
  #percent(timeMs) {
    return `${((timeMs * 100) / this.#longestMs).toFixed(3)}%`;
  }
}

/** What a bar shows, in words. @param {Bar} bar */
export function describe(bar) {
  if (!bar.isOver) {
    return 'not over yet';
  }
  const parts = bar.parts.map(({ kind, start_ms, end_ms }) => (
    `${meanings[kind] ?? meanings.unknown} ${duration(((end_ms ?? start_ms) - start_ms) * 1000)}`));
  return [...parts, bar.error ? `no answer: ${bar.error}` : `answered after ${seconds(bar.seconds)}`].join(', ');
}
