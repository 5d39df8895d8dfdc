// SPDX-License-Identifier: MIT
/**
 * playback - what is known of an experiment: from its events as they come, or from a saved document. Pure: it is told
 * what time it is.
 *
 * While a mode runs, its log lines tell which part of a bar has begun; that is a guess to within what a log line can
 * say, and the parts that were measured take its place when the mode is done.
 */
import { spokenSeconds } from './format.js';

/** @typedef {import('./timeline.js').Bar} Bar */
/** @typedef {import('./timeline.js').Lanes} Lanes */
/** @typedef {{atMs: number | null, side: string, text: string, mode: string, task: string | null}} Line */

/** Which part begins with what a line says; null: none, the bar ends. @type {Record<string, string | null>} */
const beginnings = {
  send: 'waiting',
  received: 'gateway',
  call_started: 'backend',
  call_done: 'gateway',
  answered: null,
};

const linesMost = 4000;

export class Playback {
  /** @type {Lanes[]} */
  modes = [];
  /** @type {Line[]} */
  lines = [];
  /** The document, once there is one. @type {any} */
  document = null;
  /** The mode under way, or -1. */
  current = -1;
  isOver = false;
  /** Why it failed, or "". */
  failure = '';
  #startMs = Infinity;

  /** Of a saved result. @param {any} document see readExperiment() */
  static ofDocument(document) {
    const playback = new Playback();
    playback.#end(document);
    return playback;
  }

  /** The next event of a run. @param {any} event @param {number} nowMs when it happened, on any steady clock */
  take(event, nowMs) {
    switch (event.event) {
      case 'begin':
        this.#begin(event);
        break;
      case 'mode':
        this.#startMs = Infinity;
        this.current = this.modes.findIndex((lanes) => lanes.mode === event.mode);
        break;
      case 'line':
        this.#line(event, nowMs);
        break;
      case 'mode_done':
        this.#modeDone(event.result);
        break;
      case 'failed':
        this.failure = String(event.error);
        this.#stop(this.elapsed(nowMs));
        break;
      case 'end':
        this.#end(event.document, this.elapsed(nowMs));
        break;
      default:
        break;
    }
  }

  /** Milliseconds since the first request of the mode under way. @param {number} nowMs on the clock of take() */
  elapsed(nowMs) {
    return Number.isFinite(this.#startMs) ? Math.max(0, nowMs - this.#startMs) : 0;
  }

  /** How long the shared axis has to be: theory's last answer, or what came later, and the delay at least. */
  longestSeconds() {
    const bars = this.modes.flatMap((lanes) => lanes.bars);
    const ends = bars.flatMap((bar) => [bar.theory?.latest_s ?? 0, (bar.parts.at(-1)?.end_ms ?? 0) / 1000]);
    return Math.max(0.001, ...ends) * 1.02;
  }

  /** @param {any} event */
  #begin(event) {
    const context = { threads: event.threads, blocking: event.blocking };
    this.modes = event.modes.map((/** @type {string} */ mode, /** @type {number} */ index) => ({
      mode,
      meaning: meaning(mode, context),
      total: '',
      bars: event.tasks.map((/** @type {string} */ name, /** @type {number} */ task) => ({
        ...emptyBar(name),
        theory: event.theory?.[index]?.tasks?.[task] ?? null,
      })),
    }));
  }

  /** @param {any} event @param {number} nowMs */
  #line(event, nowMs) {
    this.#startMs = Math.min(this.#startMs, nowMs - event.at_ms);
    if (this.lines.length < linesMost && event.side !== 'backend') {
      this.lines.push({ atMs: event.at_ms, side: event.side, text: event.text, mode: event.mode, task: event.task });
    }
    const bar = this.modes[this.current]?.bars.find(({ name }) => name === event.task);
    if (bar && !bar.isOver && Object.hasOwn(beginnings, event.what)) {
      begin(bar, beginnings[event.what], event.at_ms);
    }
  }

  /** @param {any} result */
  #modeDone(result) {
    const lanes = this.modes.find(({ mode }) => mode === result.mode);
    if (!lanes) {
      return;
    }
    lanes.total = typeof result.total_s === 'number' ? spokenSeconds(result.total_s) : 'no answer';
    lanes.bars = result.tasks.map((/** @type {any} */ task) => measured(task));
    this.current = -1;
  }

  /** Bars that still grow stay as they are. @param {number} elapsedMs */
  #stop(elapsedMs) {
    for (const bar of this.modes.flatMap((lanes) => lanes.bars)) {
      const last = bar.parts.at(-1);
      if (last && last.end_ms === null) {
        last.end_ms = Math.max(last.start_ms, elapsedMs);
        bar.error = 'stopped';
        bar.isOver = true;
      }
    }
    this.current = -1;
    this.isOver = true;
  }

  /** @param {any} document @param {number} [elapsedMs] */
  #end(document, elapsedMs = 0) {
    this.document = document;
    for (const result of document.modes) {
      if (!this.modes.some(({ mode }) => mode === result.mode)) {
        this.modes.push({ mode: result.mode, meaning: meaning(result.mode, document), total: '', bars: [] });
      }
      this.#modeDone(result);
    }
    this.#stop(elapsedMs);
  }
}

/** @param {string} name @returns {Bar} */
function emptyBar(name) {
  return { name, parts: [], seconds: null, error: null, isOver: false, theory: null };
}

/** @param {any} task of a document @returns {Bar} */
function measured(task) {
  const parts = task.parts ?? (task.answered_ms === null || task.answered_ms === undefined
    ? [] : [{ kind: 'unknown', start_ms: task.sent_ms, end_ms: task.answered_ms }]);
  const theory = typeof task.theory_s === 'number'
    ? { earliest_s: task.theory_earliest_s ?? task.theory_s, latest_s: task.theory_s } : null;
  return { name: task.name, parts, seconds: task.seconds ?? null, error: task.error ?? null, isOver: true, theory };
}

/** Ends the bar's last part and begins the next. @param {Bar} bar @param {string | null} kind @param {number} atMs */
function begin(bar, kind, atMs) {
  const last = bar.parts.at(-1);
  if (last?.kind === kind || (!last && kind !== 'waiting')) {
    return;
  }
  const at = Math.max(atMs, last?.start_ms ?? 0);
  if (last) {
    last.end_ms = at;
  }
  if (kind === null) {
    bar.isOver = true;
    bar.seconds = (at - bar.parts[0].start_ms) / 1000;
  } else {
    bar.parts.push({ kind, start_ms: at, end_ms: null });
  }
}

/** What a mode does, in words. @param {string} mode @param {{threads?: number, blocking?: string[]}} settings */
export function meaning(mode, { threads, blocking }) {
  switch (mode) {
    case 'sync':
      return 'blocking calls: while one runs, the gateway stands still';
    case 'async':
      return 'non-blocking calls: all run at once';
    case 'mixed':
      return `${blocking?.length === 1 ? `${blocking[0]} blocks` : 'some calls block'}, the others do not, and all stand still for ${
        blocking?.length === 1 ? 'it' : 'those that do'}`;
    case 'threads':
      return `blocking calls on a pool of ${threads ? `${threads} ` : ''}threads: fine until all are taken`;
    case 'wire':
      return 'non-blocking calls, HTTP spoken by the gateway itself';
    default:
      return '';
  }
}
