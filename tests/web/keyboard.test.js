// SPDX-License-Identifier: MIT
/** Everything by keyboard, and to be seen where one is. */
import assert from 'node:assert/strict';
import { fillIn, waitForResult } from './experiment_page.js';
import { scene } from './stage.js';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim() || '');

/** Presses Tab until an element of that id has the focus. @param {Page} page @param {string} id */
async function tabTo(page, id) {
  for (let i = 0; i < 40; i++) {
    if ((await focused(page)) === id) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to #${id}`);
}

scene('arrows_go_from_tab_to_tab_and_the_address_remembers', async (stage) => {
  const page = await stage.open();
  await tabTo(page, 'tab-experiment');

  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'tab-performance');
  assert.equal(await page.locator('#performance').isVisible(), true);
  assert.equal(await page.locator('#experiment').isVisible(), false);
  assert.equal(new URL(page.url()).hash, '#performance');
  assert.equal(await page.locator('#tab-performance').getAttribute('aria-selected'), 'true');

  await page.keyboard.press('End');
  assert.equal(new URL(page.url()).hash, '#watch');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'tab-experiment');
  await page.keyboard.press('ArrowLeft');
  await page.reload();
  assert.equal(await page.locator('#watch').isVisible(), true);
});

scene('a_run_is_begun_and_its_result_reached_by_keyboard_alone', async (stage) => {
  const page = await stage.open();
  await tabTo(page, 'experiment-delay');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('300ms');
  await page.keyboard.press('Tab');
  for (let i = 0; i < 4; i++) {
    const isSlow = await page.evaluate(() => ['mixed', 'threads'].includes(/** @type {HTMLInputElement} */ (document.activeElement).value));
    if (isSlow) {
      await page.keyboard.press('Space');
    }
    await page.keyboard.press('Tab');
  }
  await tabTo(page, 'experiment-run');

  await page.keyboard.press('Enter');
  await waitForResult(page);

  assert.equal(await focused(page), 'experiment-run');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-task')), 'task1');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.startsWith('sync, task2: ')), true);
  assert.ok((await page.locator('#experiment-journal .lit .words').allInnerTexts()).includes('Received task2 Request!!'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('entry')), true);
  assert.equal(await page.locator('svg.lane.lit').count(), 1);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Measured, and what theory says');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Open the report');
});

scene('enter_in_a_field_runs_and_escape_is_not_needed_to_cancel', async (stage) => {
  const page = await stage.open();
  await fillIn(page, { delay: '5s', modes: ['sync'] });
  await page.locator('#experiment-run').focus();

  await page.keyboard.press('Enter');
  await page.locator('#experiment-cancel:enabled').waitFor();

  assert.equal(await focused(page), 'experiment-cancel');
  await page.keyboard.press('Enter');
  await page.locator('#experiment-state', { hasText: 'Cancelled.' }).waitFor();
  await page.locator('#experiment-run:enabled').waitFor();
  assert.equal(await focused(page), 'experiment-run');
});

scene('the_focus_is_seen_wherever_it_is', async (stage) => {
  const page = await stage.open();
  await fillIn(page, {});
  await page.locator('#experiment-run').click();
  await waitForResult(page);
  await page.locator('body').click({ position: { x: 1, y: 1 } });

  const unseen = new Set();
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) {
        return '';
      }
      const shown = element.id === 'open-file' ? /** @type {Element} */ (element.nextElementSibling) : element;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1 ? '' : element.outerHTML.slice(0, 80);
    });
    unseen.add(found);
  }

  unseen.delete('');
  assert.deepEqual([...unseen], []);
});
