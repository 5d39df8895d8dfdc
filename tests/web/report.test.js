// SPDX-License-Identifier: MIT
/** The report, opened from disk: bars and curves without any network, on screen and on paper. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { paintedPixels } from './pixels.js';
import { Program, top } from './programs.js';
import { scene } from './stage.js';

const shots = path.join(top, 'build/web/screenshots');

/** An experiment and a sweep, and the report of both. @param {import('./stage.js').Stage} stage */
async function makeReport(stage) {
  const [experiment, sweep, report] = ['experiment.json', 'sweep.json', 'report.html'].map((name) => stage.file(name));
  await run('lab', ['experiment', '--delay', '300ms', '--json', experiment]);
  await run('lab', ['sweep', '--modes', 'sync,async', '--clients', '1,2,4', '--delay', '10ms', '--fan-out', '1', '--duration', '200ms', '--repeats', '1', '--json', sweep]);
  await run('lab', ['report', experiment, sweep, '--output', report]);
  return report;
}

/** @param {string} name @param {string[]} options */
async function run(name, options) {
  const program = new Program(name, options);
  assert.equal(await program.end(), 0, `${name} ${options.join(' ')}: ${program.output}`);
}

/** What the curves' canvases and timelines look like, in figures. @param {import('playwright-core').Page} page */
async function readBars(page) {
  return page.locator('svg.lane').evaluateAll((lanes) => lanes.map((lane) => {
    const left = lane.getBoundingClientRect().left;
    return Math.max(0, ...[...lane.querySelectorAll('rect')].map((rect) => rect.getBoundingClientRect().right - left)) / lane.getBoundingClientRect().width;
  }));
}

scene('a_report_is_read_from_disk_with_its_bars_and_curves', async (stage) => {
  const file = await makeReport(stage);
  const url = pathToFileURL(file).href;
  await mkdir(shots, { recursive: true });

  for (const [width, scheme] of /** @type {[number, 'light' | 'dark'][]} */ ([[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']])) {
    const page = await stage.open({ url, viewport: { width, height: 900 }, colorScheme: scheme });
    await page.locator('canvas').first().waitFor();
    const bars = await readBars(page);
    assert.equal(bars.length, 8);
    assert.ok(Math.abs(bars[1] / bars[0] - 2) < 0.3, `sync: task2 takes twice as long: ${bars}`);
    const painted = await paintedPixels(page);
    assert.ok(painted.length >= 2 && painted.every((count) => count > 500), `painted: ${painted}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `scrolls sideways at ${width}`);
    const hidden = await page.locator('.scroll').first().evaluate((scroll) => scroll.scrollWidth - scroll.clientWidth);
    assert.equal(hidden, 0, `the experiment's verdicts are beyond the edge at ${width}`);
    await page.screenshot({ path: path.join(shots, `report-${width}-${scheme}.png`), fullPage: true });
  }
});

scene('a_report_is_there_on_paper_and_without_scripts', async (stage) => {
  const file = await makeReport(stage);
  const url = pathToFileURL(file).href;
  const page = await stage.open({ url, colorScheme: 'dark' });
  await page.locator('canvas').first().waitFor();

  await page.emulateMedia({ media: 'print' });

  const { paper, ink } = await page.evaluate(() => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    return { paper: backgroundColor, ink: color };
  });
  assert.equal(paper, 'rgb(255, 255, 255)');
  assert.notEqual(ink, paper);
  assert.ok((await page.pdf({ format: 'A4' })).length > 10000);

  const plain = await stage.open({ url, javaScriptEnabled: false });
  assert.equal((await readBars(plain)).length, 8);
  assert.ok((await plain.locator('table tbody tr').count()) >= 8);
});

scene('markup_in_a_document_is_text_in_the_report', async (stage) => {
  const [json, report] = [stage.file('x.json'), stage.file('x.html')];
  const markup = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>';
  const task = { name: markup, sent_ms: 0, answered_ms: null, seconds: null, status: null, error: markup };
  await writeFile(json, JSON.stringify({ version: 1, delay_ms: 1000, modes: [{ mode: 'sync', tasks: [task], total_s: null, theory_s: 1, ratio: null, ok: false }] }));
  await run('lab', ['report', json, '--output', report]);

  const page = await stage.open({ url: pathToFileURL(report).href });

  assert.equal(await page.locator('img').count(), 0);
  assert.notEqual(await page.title(), '1');
  assert.ok((await page.locator('body').innerText()).includes('<img src=x'));
  assert.doesNotMatch(await readFile(report, 'utf8'), /<img/);
});
