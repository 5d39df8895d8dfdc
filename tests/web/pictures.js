// SPDX-License-Identifier: MIT
/**
 * pictures - what docs/ shows of the results: the curves of each sweep and hello table, and the page at work.
 *
 * `node tests/web/pictures.js DIRECTORY` reads the results (*.json) that lie there, has `lab report` make a page of each,
 * and writes its rows of curves as NAME.png, or NAME-1.png, NAME-2.png …; and page.png, the page in the middle of an
 * experiment. script/results runs it.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { fillIn, pressRun, waitForMode } from './experiment_page.js';
import { Program } from './programs.js';

const look = { viewport: { width: 1000, height: 800 }, deviceScaleFactor: 1.5, colorScheme: /** @type {const} */ ('light') };
/** Far enough into the mode that its first bar has an end. */
const runningMs = 1300;

/** @param {string[]} options */
async function makeReport(options) {
  const lab = new Program('lab', ['report', ...options]);
  if (await lab.end() !== 0) {
    throw new Error(`lab report ${options.join(' ')}: ${lab.output}`);
  }
}

/** @param {import('playwright-core').Browser} browser @param {string} directory @param {string} name @param {string} scratch */
async function takeCurves(browser, directory, name, scratch) {
  const report = path.join(scratch, `${name}.html`);
  await makeReport([path.join(directory, `${name}.json`), '--output', report]);
  const page = await browser.newPage(look);
  await page.goto(pathToFileURL(report).href);
  const rows = await page.locator('.curves').all();
  for (const [index, row] of rows.entries()) {
    const file = `${name}${rows.length > 1 ? `-${index + 1}` : ''}.png`;
    await row.locator('canvas').first().waitFor();
    await row.screenshot({ path: path.join(directory, file), animations: 'disabled' });
    console.log(file);
  }
  await page.close();
}

/** @param {import('playwright-core').Browser} browser @param {string} directory */
async function takePage(browser, directory) {
  const lab = new Program('lab', ['serve', '--listen', '127.0.0.1:0']);
  try {
    await lab.find(/listening on [0-9.]+:\d+/);
    const page = await browser.newPage({ ...look, viewport: { width: 1180, height: 800 } });
    await page.goto(lab.url);
    await fillIn(page, { delay: '2s', modes: ['sync', 'async', 'mixed', 'threads'] });
    await pressRun(page);
    await waitForMode(page, 'mixed');
    await page.waitForTimeout(runningMs);
    await page.screenshot({ path: path.join(directory, 'page.png') });
    console.log('page.png');
  } finally {
    await lab.stop();
  }
}

const [directory] = process.argv.slice(2);
const scratch = mkdtempSync(path.join(tmpdir(), 'fanlight-pictures-'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const names = readdirSync(directory).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  for (const name of names) {
    await takeCurves(browser, directory, name, scratch);
  }
  await takePage(browser, directory);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
