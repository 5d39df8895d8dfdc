// SPDX-License-Identifier: MIT
/** Several viewers, a reload, a lab that goes away, and results as files. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { bar, fillIn, pressRun, readBars, readVerdict, waitForMode, waitForResult } from './experiment_page.js';
import { paintedPixels } from './pixels.js';
import { scene } from './stage.js';

scene('two_pages_see_the_same_run', async (stage) => {
  const [mine, theirs] = [await stage.open(), await stage.open()];
  await fillIn(mine, { delay: '600ms' });

  await pressRun(mine);
  await waitForMode(theirs, 'sync');
  assert.equal(await theirs.locator('#experiment-run').isDisabled(), true);
  await Promise.all([waitForResult(mine), waitForResult(theirs)]);

  assert.deepEqual(await readVerdict(theirs), await readVerdict(mine));
  assert.deepEqual((await readBars(theirs)).map(({ figure }) => figure), (await readBars(mine)).map(({ figure }) => figure));
});

scene('who_did_not_begin_a_run_can_cancel_it', async (stage) => {
  const [mine, theirs] = [await stage.open(), await stage.open()];
  await fillIn(mine, { delay: '5s' });
  await pressRun(mine);

  await theirs.locator('#experiment-cancel:enabled').click();

  await mine.locator('#experiment-state', { hasText: 'Cancelled.' }).waitFor();
});

scene('a_reload_in_the_middle_shows_the_run_from_its_beginning', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { delay: '3s', modes: ['async', 'mixed'] });
  await pressRun(page);
  await waitForMode(page, 'mixed');
  await page.waitForTimeout(1200);

  await page.reload();

  await waitForMode(page, 'mixed');
  const bars = await readBars(page);
  assert.match(bar(bars, 'async', 'task1').figure, /^3\.\d{3} s$/);
  assert.ok(bar(bars, 'mixed', 'task2').seconds > 1.2, `the bar begins anew: ${bar(bars, 'mixed', 'task2').seconds} s`);
  assert.ok((await page.locator('#experiment-journal .heading').allInnerTexts()).includes('async'));
  await page.locator('#experiment-cancel').click();
  await page.locator('#experiment-run:enabled').waitFor();
});

scene('the_next_run_takes_the_place_of_the_last', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { tasks: 'a', modes: ['async'] });
  await pressRun(page);
  await waitForResult(page);

  await fillIn(page, { tasks: 'b', modes: ['sync'] });
  await pressRun(page);
  await waitForMode(page, 'sync');
  await waitForResult(page);

  assert.deepEqual((await readBars(page)).map(({ mode, task }) => [mode, task]), [['sync', 'b']]);
  assert.deepEqual(Object.keys(await readVerdict(page)), ['sync']);
  assert.equal(await page.locator('#experiment-journal .entry[data-task=a]').count(), 0);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Save as JSON').click()]);
  assert.match(download.url(), /\/api\/runs\/2\?/);
});

scene('who_comes_late_sees_the_last_result', async (stage) => {
  const first = await stage.open();
  await fillIn(first, {});
  await pressRun(first);
  await waitForResult(first);

  const late = await stage.open();

  await waitForResult(late);
  assert.deepEqual(await readVerdict(late), await readVerdict(first));
});

scene('what_happened_long_ago_is_not_announced', async (stage) => {
  const first = await stage.open();
  await fillIn(first, { modes: ['async'] });
  await pressRun(first);
  await waitForResult(first);
  await first.waitForTimeout(3500);

  const late = await stage.open();
  await waitForResult(late);

  assert.equal(await late.locator('#announcer').innerText(), '');
  assert.match(await first.locator('#announcer').innerText(), /The experiment is over/);
});

scene('a_sweep_that_ended_before_is_drawn_when_its_tab_is_chosen', async (stage) => {
  const first = await stage.open({ hash: '#performance' });
  await first.locator('#sweep-clients').fill('1, 2');
  await first.locator('#sweep-delay').fill('10ms');
  await first.locator('#sweep-duration').fill('200ms');
  await first.locator('#sweep-run').click();
  await first.locator('#sweep-save').waitFor();
  await first.locator('#tab-experiment').click();
  await fillIn(first, { modes: ['async'] });
  await pressRun(first);
  await waitForResult(first);

  const late = await stage.open();
  await waitForResult(late);
  await late.locator('#tab-performance').click();

  await late.locator('#sweep-figures tbody tr').nth(5).waitFor();
  await late.waitForFunction(() => (document.querySelector('canvas')?.clientWidth ?? 0) > 100);
  assert.ok((await paintedPixels(late)).every((count) => count > 500));
});

scene('a_lost_connection_is_said_and_tried_again', async (stage) => {
  stage.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
  const page = await stage.open();
  await page.getByText('1ms to 10s').waitFor();
  assert.equal(await page.locator('#connection').isVisible(), false);

  await stage.restartLab(async () => {
    await page.getByText('Connection to the lab lost').first().waitFor();
  });

  await page.locator('#connection').waitFor({ state: 'hidden' });
  await fillIn(page, {});
  await pressRun(page);
  await waitForResult(page);
});

scene('a_saved_result_is_shown_and_goes_nowhere', async (stage) => {
  const page = await stage.open();
  await fillIn(page, {});
  await pressRun(page);
  await waitForResult(page);
  const [verdict, bars] = [await readVerdict(page), await readBars(page)];
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Save as JSON').click()]);
  const file = stage.file('result.json');
  await download.saveAs(file);

  const reader = await stage.open({ hash: '#watch' });
  /** @type {string[]} */
  const posts = [];
  reader.on('request', (request) => posts.push(...(request.method() === 'GET' ? [] : [request.url()])));
  await reader.locator('#open-file').setInputFiles(file);

  await reader.getByText('Showing the file result.json').first().waitFor();
  assert.deepEqual(await readVerdict(reader), verdict);
  assert.deepEqual((await readBars(reader)).map(({ figure, kinds }) => ({ figure, kinds })), bars.map(({ figure, kinds }) => ({ figure, kinds })));
  assert.deepEqual(posts, []);
});

scene('the_lab_s_first_form_of_a_document_is_shown_too', async (stage) => {
  const file = stage.file('plain.json');
  const task = (/** @type {string} */ name, /** @type {number} */ seconds) => ({ name, sent_ms: 0, answered_ms: seconds * 1000, seconds, status: 200 });
  await writeFile(file, JSON.stringify({ version: 1, delay_ms: 2000, modes: [
    { mode: 'sync', tasks: [task('task1', 2), task('task2', 4)], total_s: 4, theory_s: 4, ratio: 1, ok: true }] }));
  const page = await stage.open();

  await page.locator('#open-file').setInputFiles(file);

  await page.locator('rect.unknown').first().waitFor();
  assert.deepEqual(await readVerdict(page), { sync: '4.0 s' });
});

scene('what_is_no_result_is_said', async (stage) => {
  const page = await stage.open();
  const cases = [
    { text: 'not json', says: /no JSON/ },
    { text: '{"version":1,"kind":"experiment","delay_ms":1,"modes":[{"mode":"sync","tasks":[{"name":7}]}]}', says: /modes\[0\]\.tasks\[0\]\.name: expected a text/ },
    { text: '{"version":2}', says: /version: expected 1/ },
    { text: '{"version":1,"kind":"hello"}', says: /hello table/ },
    { text: '{"version":1,"kind":"sweep","points":[7]}', says: /points\[0\]: expected an object/ },
  ];

  for (const { text, says } of cases) {
    await writeFile(stage.file('wrong.json'), text);
    await page.locator('#open-file').setInputFiles(stage.file('wrong.json'));
    await page.locator('#notice').waitFor();
    assert.match(await page.locator('#notice').innerText(), says);
    await page.locator('#notice-close').click();
  }
});

scene('report_and_table_can_be_saved', async (stage) => {
  const page = await stage.open();
  await fillIn(page, {});
  await pressRun(page);
  await waitForResult(page);

  for (const [link, pattern] of /** @type {[string, RegExp][]} */ ([['Save the report', /<!DOCTYPE html>/i], ['Save as CSV', /task2/]])) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(link).click()]);
    const file = stage.file('saved');
    await download.saveAs(file);
    assert.match(await readFile(file, 'utf8'), pattern);
  }
});
