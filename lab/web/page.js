// SPDX-License-Identifier: MIT
/**
 * page - starts everything: the tabs, what the server says about runs, and saved results that are opened.
 */
import { find, say } from './element.js';
import { EventStream } from './events.js';
import { ExperimentTab } from './experiment.js';
import { PerformanceTab } from './performance.js';
import { readResult, sizeMost } from './result.js';
import { fetchLimits, fetchRun } from './runs.js';
import { Tabs } from './tabs.js';
import { WatchTab } from './watch.js';

const announcer = find('announcer', HTMLElement);
const connection = find('connection', HTMLElement);
const notice = find('notice', HTMLElement);
/** What is older was said already, or happened before anybody listened. */
const newsMs = 3000;
let isNews = true;
const announce = (/** @type {string} */ text) => {
  if (isNews) {
    announcer.textContent = text;
  }
};

const tabs = new Tabs(/** @type {HTMLElement} */ (document.querySelector('[role=tablist]')));
const experiment = new ExperimentTab(announce);
const performanceTab = new PerformanceTab(announce);
const watch = new WatchTab(announce);
/** @type {Record<string, ExperimentTab | PerformanceTab>} */
const views = { experiment, sweep: performanceTab };

/** Which view a run belongs to. @type {Map<string, ExperimentTab | PerformanceTab>} */
const viewOfRun = new Map();
/** The server's clock less ours. */
let clockMs = 0;
/** Whether we know them, or are about to. */
let hasLimits = false;

async function learnLimits() {
  if (hasLimits) {
    return;
  }
  hasLimits = true;
  const limits = await fetchLimits().catch(() => null);
  hasLimits = limits !== null;
  if (limits !== null) {
    experiment.setLimits(limits.experiment);
    performanceTab.setLimits(limits.sweep);
    watch.setLimits(limits.watch);
  }
}

/** @param {any} state as of /api/runs */
function onState(state) {
  clockMs = typeof state.now_ms === 'number' ? state.now_ms - Date.now() : 0;
  for (const { run, kind } of state.runs) {
    viewOfRun.set(run, views[kind]);
  }
  experiment.setRuns(state);
  performanceTab.setRuns(state);
  void fetchEarlier(state.runs);
}

/** The stream tells of the newest run; the other tab's last one is fetched. @param {any[]} runs newest first */
async function fetchEarlier(runs) {
  const kind = runs[0]?.kind === 'experiment' ? 'sweep' : 'experiment';
  const run = runs.find((candidate) => candidate.kind === kind && ['done', 'cancelled'].includes(candidate.state));
  const document = run && views[kind].isEmpty ? await fetchRun(run.run).catch(() => null) : null;
  if (document !== null) {
    views[kind].showEnded(document);
  }
}

/** @param {any} event */
function onRun(event) {
  const view = event.event === 'begin' ? views[event.kind] : viewOfRun.get(event.run);
  if (view) {
    viewOfRun.set(event.run, view);
    const ageMs = typeof event.time_ms === 'number' ? Math.max(0, Date.now() + clockMs - event.time_ms) : 0;
    isNews = ageMs < newsMs;
    view.take(event, ageMs);
    isNews = true;
  }
}

/** @param {boolean} isConnected */
function onConnection(isConnected) {
  say(connection, isConnected ? '' : 'Connection to the lab lost; trying again…');
  if (!isConnected && announcer.textContent !== connection.textContent) {
    announce(connection.textContent ?? '');
  }
  if (isConnected) {
    void learnLimits();
  }
}

/** Shows a file that somebody saved. It stays here. @param {File} file */
async function open(file) {
  try {
    if (file.size > sizeMost) {
      throw new Error('It is larger than any result.');
    }
    const result = readResult(await file.text());
    views[result.kind].showSaved(result);
    tabs.show(result.kind === 'sweep' ? 'performance' : 'experiment');
    showNotice(`Showing the file ${file.name}.`);
  } catch (error) {
    showNotice(`${file.name} cannot be shown. ${error instanceof Error ? error.message : ''}`);
  }
}

/** @param {string} text */
function showNotice(text) {
  notice.hidden = false;
  find('notice-text', HTMLElement).textContent = text;
  announce(text);
}

function closeNotice() {
  notice.hidden = true;
  experiment.showLive();
  performanceTab.showLive();
}

const fileInput = find('open-file', HTMLInputElement);
fileInput.addEventListener('change', () => {
  const file = fileInput.files?.[0];
  if (file) {
    void open(file);
  }
  fileInput.value = '';
});
find('notice-close', HTMLButtonElement).addEventListener('click', closeNotice);

new EventStream('/api/events', { state: onState, run: onRun }, onConnection).open();
