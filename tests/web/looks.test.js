// SPDX-License-Identifier: MIT
/** How it looks: pictures of every tab are kept in build/web/screenshots/; narrow screens scroll in one direction only. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fillIn, pressRun, waitForMode, waitForResult } from './experiment_page.js';
import { top } from './programs.js';
import { scene } from './stage.js';

const shots = path.join(top, 'build/web/screenshots');
/** @type {[number, 'light' | 'dark'][]} */
const looks = [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']];
const touchPixels = 44;

/** @param {import('playwright-core').Page} page @param {string} name @param {number} width @param {string} scheme */
async function keep(page, name, width, scheme) {
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}-${width}-${scheme}.png`), fullPage: true });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} scrolls sideways at ${width}`);
}

/** What is to be pressed and is too small for a finger. @param {import('playwright-core').Page} page */
function smallTargets(page) {
  return page.evaluate((least) => {
    const targets = [...document.querySelectorAll('button, select, label.button, a, .boxes label, input:not([type=checkbox]):not(.spoken)')];
    return targets.filter((target) => target.getClientRects().length > 0 && target.getBoundingClientRect().height < least).map((target) => target.outerHTML.slice(0, 90));
  }, touchPixels);
}

for (const [width, scheme] of looks) {
  scene(`the_tabs_at_${width}_pixels_${scheme}`, async (stage) => {
    const backend = await stage.start('backend', ['--delay', 'uniform(20ms,200ms)', '--seed', '1']);
    const gateway = await stage.start('gateway', ['--backend', backend.url, '--admin', '127.0.0.1:0']);
    const page = await stage.open({ viewport: { width, height: 900 }, colorScheme: scheme });
    await page.getByText('1ms to 10s').waitFor();
    await keep(page, 'experiment-empty', width, scheme);

    await fillIn(page, { delay: '1s', modes: ['sync', 'async', 'mixed', 'threads'] });
    await pressRun(page);
    await waitForMode(page, 'mixed');
    await page.waitForTimeout(600);
    await keep(page, 'experiment-running', width, scheme);
    await waitForResult(page);
    const hidden = await page.locator('#experiment-figures .scroll').evaluate((scroll) => scroll.scrollWidth - scroll.clientWidth);
    assert.equal(hidden, 0, 'the verdicts are beyond the edge');
    await page.locator('svg.lane[data-mode=sync][data-task=task2]').hover();
    await keep(page, 'experiment', width, scheme);

    await page.locator('#tab-performance').click();
    await page.locator('#sweep-clients').fill('1, 4, 16');
    await page.locator('#sweep-delay').fill('20ms');
    await page.locator('#sweep-duration').fill('250ms');
    await page.locator('#sweep-run').click();
    await page.locator('#sweep-save').waitFor();
    await keep(page, 'performance', width, scheme);

    await page.locator('#tab-watch').click();
    await page.locator('#watch-admin').fill(gateway.admin);
    await page.locator('#watch-connect').click();
    await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();
    for (const target of ['/hello', '/fanout?tasks=user,orders,advice', '/task1?fault=close', '/fanout?n=5', '/task2']) {
      await (await fetch(`${gateway.url}${target}`)).text();
    }
    await page.locator('#watch-state', { hasText: '5 requests' }).waitFor();
    await keep(page, 'watch', width, scheme);
  });
}

scene('a_finger_finds_what_it_is_to_press', async (stage) => {
  const page = await stage.open({ viewport: { width: 390, height: 844 } });
  await fillIn(page, {});
  await pressRun(page);
  await waitForResult(page);

  for (const tab of ['experiment', 'performance', 'watch']) {
    await page.locator(`#tab-${tab}`).click();
    assert.deepEqual(await smallTargets(page), []);
  }
});

scene('the_longest_names_fit_a_narrow_screen', async (stage) => {
  const page = await stage.open({ viewport: { width: 390, height: 844 } });
  await fillIn(page, { tasks: Array.from({ length: 16 }, (_, index) => `${'long-name-'.repeat(6)}${index}`).join(','), delay: '20ms', modes: ['sync', 'async', 'threads'] });

  await pressRun(page);
  await waitForResult(page);

  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.equal(await page.locator('svg.lane').count(), 48);
});
