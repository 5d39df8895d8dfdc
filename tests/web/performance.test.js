// SPDX-License-Identifier: MIT
/** The Performance tab: points as they come, curves, table, cancel. */
import assert from 'node:assert/strict';
import { paintedPixels } from './pixels.js';
import { scene } from './stage.js';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {{clients?: string, duration?: string, modes?: string[]}} settings */
async function fillIn(page, { clients = '1, 4', duration = '200ms', modes = ['sync', 'async'] }) {
  await page.locator('#sweep-clients').fill(clients);
  await page.locator('#sweep-delay').fill('20ms');
  await page.locator('#sweep-duration').fill(duration);
  for (const box of await page.locator('#sweep-form input[type=checkbox]').all()) {
    await box.setChecked(modes.includes((await box.getAttribute('value')) ?? ''));
  }
}

/** The table's rows, each as its cells by the heads of the columns. @param {Page} page @returns {Promise<Record<string, string>[]>} */
function readRows(page) {
  return page.locator('#sweep-figures table').evaluate((table) => {
    const head = [...table.querySelectorAll('thead th')].map((cell) => cell.textContent ?? '');
    return [...table.querySelectorAll('tbody tr')].map((row) => Object.fromEntries([...row.children].map((cell, index) => [head[index], cell.textContent ?? ''])));
  });
}

scene('a_sweep_draws_its_points_and_lists_them', async (stage) => {
  const page = await stage.open({ hash: '#performance' });
  await fillIn(page, {});

  await page.locator('#sweep-run').click();
  await page.locator('#sweep-progress').waitFor();
  await page.locator('#sweep-save').waitFor();

  const document = await (await fetch(`${(await stage.lab()).url}/api/runs/1`)).json();
  const rows = await readRows(page);
  assert.deepEqual(rows.map((row) => [row.mode, row.clients]), [['sync', '1'], ['', '4'], ['async', '1'], ['', '4']]);
  for (const [index, row] of rows.entries()) {
    const point = document.points.find((/** @type {any} */ { mode, clients }) => mode === (index < 2 ? 'sync' : 'async') && clients === Number(row.clients));
    const measured = point.throughput.median;
    const shown = Number(row['answers a second'].replace(/\s/g, ''));
    assert.ok(Math.abs(shown - measured) <= measured * 0.006, `${shown} stands for ${measured}`);
  }
  const painted = await paintedPixels(page);
  assert.ok(painted.length >= 2 && painted.every((count) => count > 500), `painted: ${painted}`);
  assert.equal(await page.locator('#sweep-progress').isVisible(), false);
});

scene('points_appear_as_they_come_and_cancel_keeps_them', async (stage) => {
  const page = await stage.open({ hash: '#performance' });
  await fillIn(page, { clients: '1, 2, 3, 4, 5, 6, 7, 8', duration: '700ms' });
  await page.locator('#sweep-run').click();
  await page.locator('#sweep-figures tbody tr').nth(1).waitFor();
  const before = await readRows(page);
  assert.ok(before.length < 16);
  assert.match(await page.locator('#sweep-left').innerText(), /^\d+ of \d+, about \d+ (s|min) left$/);

  await page.locator('#sweep-cancel').click();

  await page.locator('#sweep-state', { hasText: 'Cancelled.' }).waitFor();
  const rows = await readRows(page);
  assert.ok(rows.length >= before.length && rows.length < 16, `${rows.length} rows`);
  assert.deepEqual(rows[0], before[0]);
  assert.ok((await paintedPixels(page)).every((count) => count > 500));
  await page.locator('#sweep-save').waitFor();
});

scene('wrong_settings_of_a_sweep_are_said_at_their_fields', async (stage) => {
  const page = await stage.open({ hash: '#performance' });
  await page.getByText('each 1 to 512').waitFor();
  await fillIn(page, { clients: '1, many', duration: '1h' });

  await page.locator('#sweep-run').click();

  assert.match(await page.locator('#sweep-form-clients-problem').innerText(), /from 1 to 512/);
  assert.match(await page.locator('#sweep-form-duration-problem').innerText(), /must be from/);
  assert.deepEqual((await (await fetch(`${(await stage.lab()).url}/api/runs`)).json()).runs, []);
});

scene('a_case_needs_no_settings', async (stage) => {
  const page = await stage.open({ hash: '#performance' });
  const first = page.locator('#sweep-case option').nth(1);
  await first.waitFor({ state: 'attached' });
  const cases = await page.locator('#sweep-case option').count();
  assert.ok(cases >= 4, `${cases} choices`);

  await page.locator('#sweep-case').selectOption({ index: 1 });
  assert.equal(await page.locator('#sweep-clients').isVisible(), false);
  await page.locator('#sweep-run').click();
  await page.locator('#sweep-figures tbody tr').first().waitFor();
  await page.locator('#sweep-cancel').click();

  await page.locator('#sweep-state', { hasText: 'Cancelled.' }).waitFor();
});

scene('a_point_that_the_client_held_back_is_marked', async (stage) => {
  const page = await stage.open({ hash: '#performance' });
  const spread = { median: 20, least: 19, most: 21, is_lower_bound: false };
  const point = { case: null, mode: 'async', delay: '1ms', fan_out: 1, load: 'closed', clients: 4, rate: null, throughput: spread, failed: 0, unanswered: 0,
    latency_ms: { p50: spread, p90: spread, p99: spread, max: spread }, uncorrected_ms: null, gateway: {}, client: {}, theory: {}, deviation: {}, limit: 'none' };
  const document = { version: 1, kind: 'sweep', settings: {}, cases: [], points: [{ ...point, is_client_limited: false },
    { ...point, clients: 8, limit: 'client', is_client_limited: true }] };

  await page.locator('#open-file').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(document)) });

  const rows = await readRows(page);
  assert.match(rows[1].limit, /^client: says nothing about the gateway$/);
  assert.equal(rows[0].limit, '');
});
