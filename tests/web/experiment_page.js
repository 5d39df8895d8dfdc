// SPDX-License-Identifier: MIT
/**
 * experiment_page - the Experiment tab as a visitor uses it.
 */

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{mode: string, task: string, seconds: number, gapPixels: number, kinds: string[], figure: string}} Bar gapPixels: the widest between its parts */

/** @param {Page} page @param {{tasks?: string, delay?: string, modes?: string[]}} settings */
export async function fillIn(page, { tasks = 'task1, task2', delay = '300ms', modes = ['sync', 'async'] }) {
  await page.getByLabel('Tasks').fill(tasks);
  await page.locator('#experiment-delay').fill(delay);
  for (const box of await page.locator('#experiment-form input[type=checkbox]').all()) {
    await box.setChecked(modes.includes((await box.getAttribute('value')) ?? ''));
  }
}

/** @param {Page} page */
export async function pressRun(page) {
  await page.locator('#experiment-run').click();
}

/** Waits until the tasks of a mode are sent. @param {Page} page @param {string} mode */
export async function waitForMode(page, mode) {
  await page.locator(`#experiment-journal .entry[data-mode=${mode}]`).first().waitFor();
}

/** Waits for the end of what runs. @param {Page} page */
export async function waitForResult(page) {
  await page.locator('#experiment-save').waitFor();
}

/** The large figures: { sync: "4.0 s" }. @param {Page} page @returns {Promise<Record<string, string>>} */
export async function readVerdict(page) {
  const items = await page.locator('#experiment-verdict li').all();
  return Object.fromEntries(await Promise.all(items.map(async (item) => {
    const figure = await item.locator('strong').innerText();
    return [(await item.innerText()).replace(figure, '').trim(), figure];
  })));
}

/** Each bar as it is on the screen, measured with the axis above it. @param {Page} page @returns {Promise<Bar[]>} */
export async function readBars(page) {
  return page.evaluate(() => {
    const axis = /** @type {Element} */ (document.querySelector('#experiment-chart svg.axis'));
    const ticks = [...axis.querySelectorAll('line')].map((line) => line.getBoundingClientRect().x);
    const texts = [...axis.querySelectorAll('text')].map((text) => text.textContent ?? '');
    const last = texts.length - 1;
    const unit = texts[last].endsWith('ms') ? 0.001 : 1;
    const secondsPerPixel = (Number.parseFloat(texts[last]) * unit) / (ticks[last] - ticks[0]);
    return [...document.querySelectorAll('#experiment-chart svg.lane')].map((lane) => {
      const parts = [...lane.querySelectorAll('rect.part')];
      const pixels = parts.map((part) => part.getBoundingClientRect());
      const end = Math.max(ticks[0], ...pixels.map(({ right }) => right));
      return {
        mode: lane.getAttribute('data-mode') ?? '',
        task: lane.getAttribute('data-task') ?? '',
        seconds: (end - ticks[0]) * secondsPerPixel,
        gapPixels: Math.max(0, ...pixels.slice(1).map(({ left }, index) => Math.abs(left - pixels[index].right))),
        kinds: parts.map((part) => (part.getAttribute('class') ?? '').replace('part ', '')),
        figure: lane.querySelector('text.figure')?.textContent ?? '',
      };
    });
  });
}

/** The bars of a mode, the one that was answered first in front. @param {Bar[]} bars @param {string} mode */
export function inOrder(bars, mode) {
  return bars.filter((candidate) => candidate.mode === mode).sort((one, other) => one.seconds - other.seconds);
}

/** @param {Bar[]} bars @param {string} mode @param {string} task @returns {Bar} */
export function bar(bars, mode, task) {
  const found = bars.find((candidate) => candidate.mode === mode && candidate.task === task);
  if (!found) {
    throw new Error(`no bar of ${mode} ${task}`);
  }
  return found;
}
