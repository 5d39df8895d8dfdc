// SPDX-License-Identifier: MIT
/**
 * experiment - the first tab: choose, run, and see each task's bar grow in the lane of its mode.
 *
 * What is known of the run is in a Playback; here it is put on the screen: at each event, and, while a mode runs, at
 * each frame (once a second for those who want no motion).
 */
import { find, say } from './element.js';
import { experimentFigures, keys, sentence, verdicts } from './figures.js';
import { words } from './format.js';
import { Form } from './form.js';
import { Journal } from './journal.js';
import { checkChosen, checkDuration, checkNames, checkNumber, durationHint, problems } from './limits.js';
import { Playback } from './playback.js';
import { RunControl } from './run_control.js';
import { describe, kinds, Timeline } from './timeline.js';

const calmFrameMs = 1000;

export class ExperimentTab {
  #form = new Form(find('experiment-form', HTMLFormElement), find('experiment-problem', HTMLElement));
  #control;
  #timeline = new Timeline(find('experiment-chart', HTMLElement));
  #journal = new Journal(find('experiment-scroller', HTMLElement), find('experiment-journal', HTMLElement));
  #readout = find('experiment-readout', HTMLElement);
  #state = find('experiment-state', HTMLElement);
  #announce;
  /** @type {any} */
  #limits = null;
  #live = new Playback();
  #shown = this.#live;
  #frame = 0;
  #drawnMs = -Infinity;
  #isCalm = matchMedia('(prefers-reduced-motion: reduce)');

  /** @param {(text: string) => void} announce to those who hear the page */
  constructor(announce) {
    this.#announce = announce;
    this.#control = new RunControl('experiment', this.#form, () => this.#settings());
    this.#timeline.onPoint = (mode, task) => this.#light({ mode, task }, true);
    this.#journal.onPoint = (mode, task) => this.#light({ mode, task }, false);
    this.#timeline.onLeave = this.#journal.onLeave = () => this.#light(null, false);
  }

  get isEmpty() {
    return this.#live.modes.length === 0;
  }

  /** @param {any} limits */
  setLimits(limits) {
    this.#limits = limits;
    this.#form.setHint('tasks', `1 to ${limits.tasks_most} names, sent together`);
    this.#form.setHint('delay', durationHint(limits.delay_least_ms, limits.delay_most_ms));
    this.#form.setHint('threads', `in threads: 1 to ${limits.threads_most}`);
    this.#form.setHint('blocking', 'names of tasks');
  }

  /** What to send to the server, or null: something is wrong, and it was said. */
  #settings() {
    const form = this.#form;
    const [tasks, blocking] = [words(form.text('tasks')), words(form.text('blocking'))];
    const modes = form.checked('modes');
    const limits = this.#limits;
    const found = limits === null ? [] : problems({
      tasks: checkNames(form.text('tasks'), limits.tasks_most),
      delay: checkDuration(form.text('delay'), limits.delay_least_ms, limits.delay_most_ms),
      modes: checkChosen(modes, 'mode'),
      blocking: modes.includes('mixed') ? checkNames(form.text('blocking'), limits.tasks_most) : '',
      threads: modes.includes('threads') ? checkNumber(form.text('threads'), 1, limits.threads_most) : '',
    });
    form.showProblems(found);
    if (found.length > 0) {
      return null;
    }
    return { kind: 'experiment', tasks, delay: form.text('delay'), modes,
      ...(modes.includes('threads') && { threads: Number(form.text('threads')) }),
      ...(modes.includes('mixed') && { blocking }) };
  }

  /** @param {import('./run_control.js').Runs} runs */
  setRuns(runs) {
    this.#control.setRuns(runs);
    this.#sayState();
  }

  /** The next event of an experiment's run. @param {any} event @param {number} ageMs */
  take(event, ageMs) {
    const isShown = this.#shown === this.#live;
    if (event.event === 'begin') {
      this.#live = new Playback();
      this.#shown = isShown ? this.#live : this.#shown;
    }
    this.#live.take(event, performance.now() - ageMs);
    this.#tell(event);
    if (isShown) {
      this.#afterEvent(event);
    }
  }

  /** Shows a saved result instead of the run. @param {any} document see readResult() */
  showSaved(document) {
    this.#shown = Playback.ofDocument(document);
    this.#showAll();
  }

  /** Back from a saved result. */
  showLive() {
    this.#shown = this.#live;
    this.#showAll();
  }

  /** A run that ended before the page was there. @param {any} document */
  showEnded(document) {
    if (this.isEmpty) {
      this.#live = Playback.ofDocument(document);
      this.showLive();
    }
  }

  /** @param {any} event */
  #tell(event) {
    if (event.event === 'begin') {
      this.#announce('The experiment has begun.');
    } else if (event.event === 'mode_done') {
      this.#announce(`Done: ${sentence(this.#live.modes.filter(({ mode }) => mode === event.result.mode))}.`);
    } else if (event.event === 'end' || event.event === 'failed') {
      this.#announce(this.#live.failure || `The experiment is over: ${sentence(this.#live.modes) || 'nothing was measured'}.`);
    }
  }

  /** @param {any} event */
  #afterEvent(event) {
    if (event.event !== 'line') {
      this.#showAll();
      return;
    }
    const mode = this.#shown.current;
    this.#shown.modes[mode]?.bars.forEach((_, task) => this.#timeline.update(mode, task, this.#elapsed()));
    this.#journal.show(this.#shown.lines);
  }

  #elapsed() {
    return this.#shown.elapsed(performance.now());
  }

  #showAll() {
    const playback = this.#shown;
    const isThere = playback.modes.length > 0;
    find('experiment-view', HTMLElement).hidden = !isThere;
    find('experiment-view', HTMLElement).classList.toggle('alone', playback !== this.#live || playback.lines.length === 0 && playback.isOver);
    if (isThere) {
      this.#timeline.show(playback.modes, playback.longestSeconds());
      playback.modes.forEach((lanes, mode) => lanes.bars.forEach((_, task) => this.#timeline.update(mode, task, this.#elapsed())));
      find('experiment-keys', HTMLElement).replaceChildren(...keys(this.#kinds(), true));
    }
    this.#journal.clear();
    this.#journal.show(playback.lines);
    this.#sayState();
    this.#showResult(playback);
    this.#animate();
  }

  /** The kinds of parts that there are, or will be. */
  #kinds() {
    const used = new Set(this.#shown.modes.flatMap((lanes) => lanes.bars.flatMap((bar) => bar.parts.map(({ kind }) => kind))));
    return kinds.filter((kind) => used.has(kind) || (!this.#shown.isOver && kind !== 'unknown'));
  }

  /** @param {Playback} playback */
  #showResult({ document, modes }) {
    const hasResult = document !== null && document.modes.length > 0;
    const verdict = find('experiment-verdict', HTMLElement);
    verdict.hidden = modes.length === 0;
    verdict.replaceChildren(...verdicts(modes));
    find('experiment-figures', HTMLElement).replaceChildren(...(hasResult ? experimentFigures(document) : []));
    this.#control.showDownloads(hasResult && this.#shown === this.#live);
  }

  #sayState() {
    const playback = this.#shown;
    const { state } = this.#control;
    if (playback.failure) {
      say(this.#state, playback.failure);
    } else if (playback.isOver) {
      const isCut = playback.document?.origin?.interrupted || (playback === this.#live && state === 'cancelled');
      say(this.#state, isCut ? 'Cancelled. What was measured until then:' : 'From the first request to the last answer:');
    } else if (playback.modes.length > 0) {
      const running = playback.modes[playback.current];
      say(this.#state, running ? `Running ${running.mode}: ${running.meaning}.` : 'Starting gateway and backend…');
    }
  }

  /** @param {{mode: string, task: string} | null} which @param {boolean} isFollowed whether the log lines come into sight */
  #light(which, isFollowed) {
    this.#timeline.light(which);
    this.#journal.light(which, isFollowed);
    const bar = which && this.#shown.modes.find(({ mode }) => mode === which.mode)?.bars.find(({ name }) => name === which.task);
    this.#readout.textContent = bar && which ? `${which.mode}, ${bar.name}: ${describe(bar)}` : '';
  }

  /** Lets the bars grow as long as something runs. */
  #animate() {
    cancelAnimationFrame(this.#frame);
    if (this.#shown.isOver || this.#shown.modes.length === 0) {
      return;
    }
    this.#frame = requestAnimationFrame((nowMs) => {
      if (!this.#isCalm.matches || nowMs - this.#drawnMs >= calmFrameMs) {
        this.#drawnMs = nowMs;
        this.#grow();
      }
      this.#animate();
    });
  }

  #grow() {
    const { current, modes } = this.#shown;
    const elapsedMs = this.#elapsed();
    const isOpen = modes[current]?.bars.some((bar) => bar.parts.length > 0 && !bar.isOver);
    if (isOpen && elapsedMs / 1000 > this.#timeline.longestSeconds) {
      this.#timeline.show(modes, this.#timeline.longestSeconds * 1.25);
    }
    modes[current]?.bars.forEach((bar, task) => {
      if (!bar.isOver) {
        this.#timeline.update(current, task, elapsedMs);
      }
    });
    const total = find('experiment-verdict', HTMLElement).children[current]?.querySelector('strong');
    if (isOpen && total) {
      total.textContent = `${(elapsedMs / 1000).toFixed(1)} s`;
    }
  }
}
