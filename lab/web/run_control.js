// SPDX-License-Identifier: MIT
/**
 * run_control - the Run and Cancel buttons of a tab, and where its results are saved from.
 *
 * There is one run at a time, whoever began it: every page shows it, and every page can cancel it.
 */
import { find, make } from './element.js';
import { cancelRun, downloads, Refusal, startRun } from './runs.js';

/** @typedef {{current: string | null, runs: {run: string, kind: string, state: string}[]}} Runs as of /api/runs */
/** @typedef {import('./form.js').Form} Form */

export class RunControl {
  #kind;
  #form;
  #name;
  #run;
  #cancel;
  /** The newest run of our kind. @type {{run: string, kind: string, state: string} | null} */
  #newest = null;
  #isStopping = false;

  /**
   * @param {'experiment' | 'sweep'} kind
   * @param {Form} form
   * @param {() => object | null} settings what to send; null: nothing
   */
  constructor(kind, form, settings) {
    this.#kind = kind;
    this.#form = form;
    this.#name = kind;
    this.#run = find(`${kind}-run`, HTMLButtonElement);
    this.#cancel = find(`${kind}-cancel`, HTMLButtonElement);
    find(`${kind}-form`, HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#start(settings());
    });
    this.#cancel.addEventListener('click', () => void this.#stop());
  }

  /** "running", "done", "cancelled", "failed", or "": there was none. */
  get state() {
    return this.#newest?.state ?? '';
  }

  /** @param {Runs} runs */
  setRuns({ current, runs }) {
    const hadFocus = document.activeElement;
    this.#newest = runs.find(({ kind }) => kind === this.#kind) ?? null;
    const isOurs = current !== null && this.#newest?.run === current;
    this.#run.disabled = current !== null;
    this.#cancel.disabled = !isOurs;
    if (hadFocus === this.#run && isOurs) {
      this.#cancel.focus();
    } else if (hadFocus === this.#cancel && current === null) {
      this.#run.focus();
    }
  }

  /** @param {boolean} isThere */
  showDownloads(isThere) {
    const place = find(`${this.#name}-save`, HTMLElement);
    place.hidden = !isThere || this.#newest === null;
    if (this.#newest !== null) {
      const links = downloads(this.#newest.run).map(({ title, href, isSaved }) => (
        make('a', isSaved ? { href, download: true } : { href, target: '_blank', rel: 'noopener' }, title)));
      place.replaceChildren(...links);
    }
  }

  /** @param {object | null} settings */
  async #start(settings) {
    if (settings === null || this.#run.disabled) {
      return;
    }
    try {
      await startRun(settings);
      this.#form.showProblems([]);
    } catch (error) {
      this.#show(error);
    }
  }

  async #stop() {
    if (this.#newest === null || this.#isStopping) {
      return;
    }
    this.#isStopping = true;
    try {
      await cancelRun(this.#newest.run);
    } catch (error) {
      this.#show(error);
    } finally {
      this.#isStopping = false;
    }
  }

  /** @param {unknown} error */
  #show(error) {
    const refusal = error instanceof Refusal ? error : new Refusal(String(error), undefined);
    this.#form.showProblems([{ field: refusal.field, detail: refusal.message }]);
  }
}
