// SPDX-License-Identifier: MIT
/** What no page of ours may do is noticed; what comes from elsewhere is text. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { top } from './programs.js';
import { scene } from './stage.js';

const markup = '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>';

/** Nothing of that markup became an element, or ran. @param {import('playwright-core').Page} page */
async function assertIsText(page) {
  assert.equal(await page.locator('main img, main script, #notice img').count(), 0);
  assert.equal(await page.title(), 'Fanlight lab');
}

scene('breaches_are_noticed', async (stage) => {
  const page = await stage.open();

  await page.evaluate(() => {
    console.warn('beware');
    void fetch('http://127.0.0.2:9/').catch(() => {});
    document.body.setAttribute('style', 'color: red');
  });
  await page.waitForTimeout(200);

  for (const pattern of [/^console: beware/, /^policy: connect-src/, /^policy: style-src/]) {
    assert.ok(stage.faults.some((fault) => pattern.test(fault)), `${pattern} in ${JSON.stringify(stage.faults)}`);
  }
  assert.throws(() => stage.assertClean());
  stage.allow(/./);
});

scene('an_error_in_a_page_is_noticed', async (stage) => {
  const page = await stage.open();

  await page.evaluate(() => setTimeout(() => {
    throw new Error('planted');
  }));
  await page.waitForTimeout(200);

  assert.ok(stage.faults.some((fault) => fault.includes('planted')));
  stage.allow(/planted/);
});

scene('markup_in_a_saved_experiment_is_text', async (stage) => {
  const task = { name: markup, sent_ms: 0, answered_ms: 1000, seconds: 1, status: 200, error: null, parts: [{ kind: markup, start_ms: 0, end_ms: 1000 }] };
  const failed = { ...task, name: 'b', answered_ms: null, seconds: null, error: markup };
  const mode = { mode: markup, tasks: [task, failed], total_s: 1, theory_s: 1, ratio: 1, ok: true };
  await writeFile(stage.file('x.json'), JSON.stringify({ version: 1, delay_ms: 1000, modes: [mode], blocking: [markup], threads: 1 }));
  const page = await stage.open();

  await page.locator('#open-file').setInputFiles(stage.file('x.json'));

  await page.locator('svg.lane').first().waitFor();
  assert.ok((await page.locator('#experiment-chart').innerText()).includes('<img src=x'));
  assert.ok((await page.locator('#experiment-figures').innerText()).includes('<img src=x'));
  await assertIsText(page);
});

scene('markup_in_a_saved_sweep_is_text', async (stage) => {
  const spread = { median: 20, least: 19, most: 21, is_lower_bound: false };
  const point = { case: null, mode: markup, delay: markup, fan_out: 1, load: 'closed', clients: 4, rate: null, requests: 20, failed: 0,
    throughput: spread, latency_ms: { p50: spread, p90: spread, p99: spread, max: spread }, gateway: { cpu_us_per_request: markup },
    limit: markup, theory: { throughput: markup, why: markup }, deviation: {} };
  await writeFile(stage.file('x.json'), JSON.stringify({ version: 1, kind: 'sweep', cases: [{ name: 'x', title: markup, sentence: markup, axis: 'clients', modes: [] }],
    points: [point, { ...point, case: 'x' }, { mode: 7, throughput: 'much', latency_ms: null }] }));
  const page = await stage.open();

  await page.locator('#open-file').setInputFiles(stage.file('x.json'));

  await page.locator('#sweep-figures tbody tr').first().waitFor();
  assert.ok((await page.locator('#sweep-figures').innerText()).includes('<img src=x'));
  await assertIsText(page);
});

scene('markup_in_a_file_s_name_is_text', async (stage) => {
  const page = await stage.open();

  await page.locator('#open-file').setInputFiles({ name: '<img src=x onerror=alert(1)>.json', mimeType: 'application/json', buffer: Buffer.from('{}') });

  await page.locator('#notice').waitFor();
  assert.ok((await page.locator('#notice').innerText()).includes('<img src=x'));
  await assertIsText(page);
});

test('no_module_makes_markup_or_code_of_text', async () => {
  const folder = path.join(top, 'lab/web');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|setHTML/;

  for (const name of names) {
    assert.doesNotMatch(await readFile(path.join(folder, name), 'utf8'), forbidden, name);
  }
  assert.ok(names.length > 10);
});

test('the_page_has_no_inline_script_or_style', async () => {
  const page = await readFile(path.join(top, 'lab/web/index.html'), 'utf8');

  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/i);
});
