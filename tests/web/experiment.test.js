// SPDX-License-Identifier: MIT
/** The Experiment tab: the bars, the figures, the log lines, and what goes wrong. */
import assert from 'node:assert/strict';
import { bar, fillIn, inOrder, pressRun, readBars, readVerdict, waitForMode, waitForResult } from './experiment_page.js';
import { scene } from './stage.js';

/** @param {number} measured @param {number} expected @param {number} share @param {string} what */
function assertNear(measured, expected, share, what) {
  assert.ok(Math.abs(measured - expected) <= expected * share, `${what}: ${measured} is not near ${expected}`);
}

/** The document of a run as the server has it. @param {import('./stage.js').Stage} stage @param {string} run */
async function fetchDocument(stage, run) {
  const response = await fetch(`${(await stage.lab()).url}/api/runs/${run}`);
  assert.equal(response.status, 200);
  return response.json();
}

scene('bars_are_as_long_as_the_axis_says', async (stage) => {
  const page = await stage.open();
  await fillIn(page, {});

  await pressRun(page);
  await waitForResult(page);

  const document = await fetchDocument(stage, '1');
  const bars = await readBars(page);
  assert.equal(bars.length, 4);
  for (const mode of document.modes) {
    for (const task of mode.tasks) {
      const drawn = bar(bars, mode.mode, task.name);
      assertNear(drawn.seconds, task.answered_ms / 1000, 0.02, `${mode.mode} ${task.name}`);
      assert.equal(drawn.figure, `${task.seconds.toFixed(3)} s`);
      assert.ok(drawn.gapPixels < 1.5, `${mode.mode} ${task.name} has a gap of ${drawn.gapPixels} px`);
    }
  }
  const [[first, second], [one, other]] = [inOrder(bars, 'sync'), inOrder(bars, 'async')];
  assertNear(second.seconds / first.seconds, 2, 0.15, 'sync: the second takes twice as long as the first');
  assertNear(other.seconds / one.seconds, 1, 0.15, 'async: both take as long');
});

scene('only_what_stands_still_is_hatched', async (stage) => {
  const page = await stage.open();
  await fillIn(page, {});

  await pressRun(page);
  await waitForResult(page);

  const bars = await readBars(page);
  const [, second] = inOrder(bars, 'sync');
  assert.equal(second.kinds[0], 'waiting');
  assert.ok(second.kinds.includes('backend'));
  const hatched = await page.locator(`svg.lane[data-mode=sync][data-task=${second.task}] rect.waiting`).first().evaluate((rect) => getComputedStyle(rect).fill);
  assert.match(hatched, /#hatch/);
  const waits = await page.locator('svg.lane[data-mode=async] rect.waiting').evaluateAll((rects) => rects.map((rect) => rect.getBoundingClientRect().width));
  assert.ok(waits.every((width) => width < 20), `async waits for ${waits} px`);
});

scene('summary_and_table_agree_with_the_document', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { modes: ['sync', 'async', 'mixed', 'threads'] });

  await pressRun(page);
  await waitForResult(page);

  const document = await fetchDocument(stage, '1');
  const verdict = await readVerdict(page);
  assert.deepEqual(Object.keys(verdict), document.modes.map((/** @type {any} */ { mode }) => mode));
  for (const mode of document.modes) {
    assert.equal(verdict[mode.mode], `${mode.total_s.toFixed(2)} s`);
  }
  const cells = await page.locator('#experiment-figures tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.equal(cells.length, 12);
  assert.deepEqual(cells[1], ['', 'task2', `${document.modes[0].tasks[1].seconds.toFixed(3)} s`, '0.600 s', document.modes[0].tasks[1].ratio.toFixed(2), 'ok']);
  assert.deepEqual(cells[2], ['', 'total', `${document.modes[0].total_s.toFixed(3)} s`, '0.600 s', document.modes[0].ratio.toFixed(2), 'ok']);
});

scene('bars_grow_while_a_mode_runs', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { delay: '3s', modes: ['sync'] });
  await pressRun(page);
  await waitForMode(page, 'sync');

  const widths = await page.evaluate(async () => {
    const found = [];
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      found.push([...document.querySelectorAll('svg.lane')].map((lane) => lane.querySelector('rect.part:last-of-type')?.getBoundingClientRect().width ?? 0));
    }
    return found;
  });

  assert.ok(widths[1][0] > widths[0][0] && widths[2][0] > widths[1][0], `task1 does not grow: ${JSON.stringify(widths)}`);
  assert.ok(widths[1][1] > widths[0][1] && widths[2][1] > widths[1][1], `task2 does not grow: ${JSON.stringify(widths)}`);
  await waitForResult(page);
});

scene('who_wants_no_motion_sees_steps', async (stage) => {
  const page = await stage.open({ reducedMotion: 'reduce' });
  await fillIn(page, { delay: '1500ms', modes: ['async'] });
  await pressRun(page);
  await page.locator('svg.lane[data-task=task2] rect.backend').waitFor();

  const widths = await page.evaluate(async () => {
    const found = new Set();
    const untilMs = performance.now() + 900; // fewer frames where they come slowly: a step is a second
    for (let i = 0; i < 40 && performance.now() < untilMs; i++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      found.add(document.querySelector('svg.lane rect.part:last-of-type')?.getBoundingClientRect().width);
    }
    return found.size;
  });

  assert.ok(widths <= 3, `${widths} different widths within a step`);
  await waitForResult(page);
});

scene('cancel_in_the_middle_keeps_what_was_measured', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { delay: '2s', modes: ['async', 'mixed'] });
  await pressRun(page);
  await waitForMode(page, 'mixed');

  await page.locator('#experiment-cancel').click();

  await page.locator('#experiment-state', { hasText: 'Cancelled.' }).waitFor();
  await page.locator('#experiment-run:enabled').waitFor();
  const { runs, current } = await (await fetch(`${(await stage.lab()).url}/api/runs`)).json();
  assert.equal(current, null);
  assert.equal(runs[0].state, 'cancelled');
  const bars = await readBars(page);
  assert.match(bar(bars, 'async', 'task1').figure, /^2\.\d{3} s$/);
  assert.equal(bar(bars, 'mixed', 'task2').figure, 'stopped');
  const before = bar(bars, 'mixed', 'task2').seconds;
  await page.waitForTimeout(300);
  assert.equal(bar(await readBars(page), 'mixed', 'task2').seconds, before);
});

scene('log_lines_stand_by_their_side_and_light_up_with_their_bar', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { modes: ['sync'] });
  await pressRun(page);
  await waitForResult(page);

  const lines = await page.locator('#experiment-journal .entry').evaluateAll((rows) => rows.map((row) => [
    row.classList.contains('gateway-side') ? 'gateway' : 'sender', row.querySelector('.words')?.textContent]));
  const ofGateway = lines.filter(([side]) => side === 'gateway').map(([, text]) => text?.split(' ')[0]);
  assert.deepEqual(ofGateway, ['Received', 'Send', 'INFO:', 'Received', 'Send', 'INFO:']);
  assert.deepEqual(lines.find(([, text]) => text === '--- task1 Send!!'), ['sender', '--- task1 Send!!']);

  await page.locator('svg.lane[data-task=task2]').hover();
  const lit = await page.locator('#experiment-journal .lit .words').allInnerTexts();
  assert.ok(lit.includes('Received task2 Request!!') && !lit.some((text) => text.includes('task1')), `lit: ${lit}`);

  await page.locator('#experiment-journal .entry', { hasText: 'Send task1 response' }).hover();
  assert.equal(await page.locator('svg.lane.lit').getAttribute('data-task'), 'task1');
});

scene('what_is_wrong_stands_at_its_field_and_nothing_is_sent', async (stage) => {
  const page = await stage.open();
  await page.getByText('1ms to 10s').waitFor();
  await fillIn(page, { tasks: 'a/b', delay: '99s', modes: [] });

  await pressRun(page);

  assert.match(await page.locator('#experiment-form-tasks-problem').innerText(), /“a\/b” is no name/);
  assert.match(await page.locator('#experiment-form-delay-problem').innerText(), /from 1ms to 10s/);
  assert.match(await page.locator('#experiment-form-modes-problem').innerText(), /at least one mode/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'experiment-tasks');
  assert.equal(await page.locator('#experiment-tasks').getAttribute('aria-invalid'), 'true');
  assert.deepEqual((await (await fetch(`${(await stage.lab()).url}/api/runs`)).json()).runs, []);

  await page.locator('#experiment-tasks').fill('a, b');
  assert.equal(await page.locator('#experiment-form-tasks-problem').isVisible(), false);
});

scene('what_the_server_refuses_stands_at_its_field', async (stage) => {
  stage.allow(/status of 400/);
  const page = await stage.open({ hash: '#watch' });
  await page.route('**/api/limits', async (route) => {
    const limits = await (await route.fetch()).json();
    limits.experiment.delay_most_ms = 1e6;
    await route.fulfill({ json: limits });
  });
  await page.reload();
  await page.locator('#tab-experiment').click();
  await page.getByText('1ms to 1000s').waitFor();
  await fillIn(page, { delay: '500s' });

  await pressRun(page);

  const message = page.locator('#experiment-form-delay-problem');
  await message.waitFor();
  assert.match(await message.innerText(), /10\s?s|10000\s?ms/);
});

scene('each_step_is_announced_and_no_frame_is', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { delay: '400ms' });
  await page.evaluate(() => {
    const announcer = /** @type {Element} */ (document.querySelector('[role=status]'));
    /** @type {any} */ (window).announced = [];
    new MutationObserver(() => /** @type {any} */ (window).announced.push(announcer.textContent)).observe(announcer, { childList: true, characterData: true, subtree: true });
  });

  await pressRun(page);
  await waitForResult(page);

  const announced = await page.evaluate(() => /** @type {any} */ (window).announced);
  const verdict = await readVerdict(page);
  assert.deepEqual(announced, ['The experiment has begun.', `Done: sync ${verdict.sync}.`, `Done: async ${verdict.async}.`,
    `The experiment is over: sync ${verdict.sync}, async ${verdict.async}.`]);
});
