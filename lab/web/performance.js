// SPDX-License-Identifier: MIT
/**
 * performance - the second tab: a sweep, or one of the cases in which non-blocking calls do not win; its curves fill in
 * as points come.
 */
import { find, make, say } from './element.js';
import { timeLeft, words } from './format.js';
import { Form } from './form.js';
import { checkChosen, checkDuration, checkNumber, checkNumbers, durationHint, problems } from './limits.js';
import { RunControl } from './run_control.js';
import { sweepFigures, sweepVerdicts } from './sweep_figures.js';
import { createCurves } from './curves.js';

export class PerformanceTab {
  #form = new Form(find('sweep-form', HTMLFormElement), find('sweep-problem', HTMLElement));
  #control;
  #announce;
  #case = find('sweep-case', HTMLSelectElement);
  #state = find('sweep-state', HTMLElement);
  #figures = find('sweep-figures', HTMLElement);
  #curves = createCurves(find('sweep-curves', HTMLElement));
  /** @type {any} */
  #limits = null;
  #live = emptySweep();
  #shown = this.#live;

  /** @param {(text: string) => void} announce to those who hear the page */
  constructor(announce) {
    this.#announce = announce;
    this.#control = new RunControl('sweep', this.#form, () => this.#settings());
    this.#case.addEventListener('change', () => this.#showOwn());
  }

  get isEmpty() {
    return this.#live.points.length === 0 && !this.#live.isRunning;
  }

  /** @param {any} limits */
  setLimits(limits) {
    this.#limits = limits;
    this.#case.append(...limits.cases.map((/** @type {any} */ { name, title }) => make('option', { value: name }, title)));
    const form = this.#form;
    form.setHint('clients', `up to ${limits.clients_count_most} numbers, each 1 to ${limits.clients_most}`);
    form.setHint('delay', durationHint(limits.delay_least_ms ?? 0, limits.delay_most_ms));
    form.setHint('fan_out', `1 to ${limits.fan_out_most}; up to ${limits.fan_out_count_most} numbers`);
    form.setHint('rate', 'empty: each client waits for its answer');
    form.setHint('duration', durationHint(limits.duration_least_ms ?? 1, limits.duration_most_ms));
    form.setHint('repeats', `1 to ${limits.repeats_most}`);
  }

  /** A case brings its own settings. */
  #showOwn() {
    for (const field of document.querySelectorAll('#sweep-form .own')) {
      /** @type {HTMLElement} */ (field).hidden = this.#case.value !== '';
    }
  }

  #settings() {
    const form = this.#form;
    if (this.#case.value !== '') {
      form.showProblems([]);
      return { kind: 'sweep', case: this.#case.value };
    }
    const limits = this.#limits;
    const rate = form.text('rate');
    const found = limits === null ? [] : problems({
      modes: checkChosen(form.checked('modes'), 'mode'),
      clients: checkNumbers(form.text('clients'), limits.clients_count_most, limits.clients_most),
      delay: checkDuration(form.text('delay'), limits.delay_least_ms ?? 0, limits.delay_most_ms),
      fan_out: checkNumbers(form.text('fan_out'), limits.fan_out_count_most, limits.fan_out_most),
      rate: rate === '' ? '' : checkNumber(rate, 1, limits.rate_most),
      duration: checkDuration(form.text('duration'), limits.duration_least_ms ?? 1, limits.duration_most_ms),
      repeats: checkNumber(form.text('repeats'), 1, limits.repeats_most),
    });
    form.showProblems(found);
    if (found.length > 0) {
      return null;
    }
    return { kind: 'sweep', modes: form.checked('modes'), clients: words(form.text('clients')).map(Number), delay: form.text('delay'),
      fan_out: words(form.text('fan_out')).map(Number), rate: rate === '' ? null : Number(rate), duration: form.text('duration'),
      repeats: Number(form.text('repeats')) };
  }

  /** @param {import('./run_control.js').Runs} runs */
  setRuns(runs) {
    this.#control.setRuns(runs);
    this.#sayState();
  }

  /** The next event of a sweep's run. @param {any} event */
  take(event) {
    const isShown = this.#shown === this.#live;
    if (event.event === 'begin') {
      this.#live = { ...emptySweep(), isRunning: true, leftSeconds: event.expected_s, of: event.points * event.repeats };
      this.#shown = isShown ? this.#live : this.#shown;
      this.#announce('The sweep has begun.');
    } else if (event.event === 'point') {
      Object.assign(this.#live, { done: event.done, of: event.of, leftSeconds: event.left_s });
      this.#live.points[event.index] = event.point;
    } else if (event.event === 'end') {
      Object.assign(this.#live, ofDocument(event.document));
      this.#announce(`The sweep is over: ${event.document.points.length} points.`);
    } else if (event.event === 'failed') {
      Object.assign(this.#live, { isRunning: false, failure: String(event.error) });
      this.#announce(this.#live.failure);
    }
    if (isShown) {
      this.#show();
    }
  }

  /** Shows a saved result instead of the run. @param {any} document see readResult() */
  showSaved(document) {
    this.#shown = ofDocument(document);
    this.#show();
  }

  /** Back from a saved result. */
  showLive() {
    this.#shown = this.#live;
    this.#show();
  }

  /** A run that ended before the page was there. @param {any} document */
  showEnded(document) {
    if (this.isEmpty) {
      this.#live = ofDocument(document);
      this.showLive();
    }
  }

  #show() {
    const { points, cases, isRunning, done, of, leftSeconds } = this.#shown;
    const measured = points.filter(Boolean);
    this.#curves.update({ points: measured, cases });
    find('sweep-verdict', HTMLElement).replaceChildren(...(measured.length > 0 ? sweepVerdicts(measured) : []));
    this.#figures.replaceChildren(...(measured.length > 0 ? sweepFigures(measured) : []));
    find('sweep-progress', HTMLElement).hidden = !isRunning;
    const bar = find('sweep-bar', HTMLProgressElement);
    bar.max = Math.max(1, of);
    bar.value = done;
    find('sweep-left', HTMLElement).textContent = `${done} of ${of}, ${timeLeft(leftSeconds)}`;
    this.#control.showDownloads(!isRunning && measured.length > 0 && this.#shown === this.#live);
    this.#sayState();
  }

  #sayState() {
    const { points, isRunning, failure, isInterrupted } = this.#shown;
    const isCut = isInterrupted || (this.#shown === this.#live && this.#control.state === 'cancelled');
    if (failure) {
      say(this.#state, failure);
    } else if (isRunning) {
      say(this.#state, 'Measuring. Points appear as they are done.');
    } else if (points.length > 0) {
      say(this.#state, isCut ? 'Cancelled. What was measured until then:' : 'At the end of the curves:');
    }
  }
}

function emptySweep() {
  return { points: /** @type {any[]} */ ([]), cases: /** @type {any[]} */ ([]), isRunning: false, isInterrupted: false, failure: '',
    done: 0, of: 0, leftSeconds: 0 };
}

/** @param {any} document */
function ofDocument(document) {
  const cases = Array.isArray(document.cases) ? document.cases : [];
  return { ...emptySweep(), points: document.points, cases, isInterrupted: document.origin?.interrupted === true };
}
