// SPDX-License-Identifier: MIT
/**
 * figures - what was measured, as tables and sentences: for reading, for a screen reader, for saving.
 */
import { draw, make } from './element.js';
import { ratio, seconds } from './format.js';
import { meanings } from './timeline.js';

/** A table that scrolls by itself where it is too wide. A row whose first cell is empty belongs to the one above.
 * @param {string} title
 * @param {string[]} head what begins with "#" is a column of numbers
 * @param {(Node | string)[][]} rows
 */
export function table(title, head, rows) {
  const isNumber = head.map((text) => text.startsWith('#'));
  const headRow = head.map((text, index) => make('th', { scope: 'col', class: isNumber[index] ? 'number' : null }, text.replace(/^#/, '')));
  const bodyRows = rows.map((cells) => make('tr', { class: cells[1] === 'total' ? 'total' : cells[0] === '' ? null : 'first' }, ...cells.map((cell, index) => (index === 0
    ? make('th', { scope: 'row' }, cell)
    : make('td', { class: isNumber[index] ? 'number' : null }, cell)))));
  const heading = make('h2', { class: 'figures-title' }, title);
  const scroll = make('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': title },
    make('table', { class: 'figures' }, make('thead', {}, make('tr', {}, ...headRow)), make('tbody', {}, ...bodyRows)));
  return [heading, scroll];
}

/** An experiment's document: measured beside theory. @param {any} document */
export function experimentFigures(document) {
  const rows = document.modes.flatMap((/** @type {any} */ mode) => [
    ...mode.tasks.map((/** @type {any} */ task, /** @type {number} */ index) => [
      index === 0 ? mode.mode : '',
      task.name,
      task.error ? make('span', { class: 'bad' }, task.error) : seconds(task.seconds ?? null),
      theory(task.theory_earliest_s, task.theory_s),
      ratio(task.ratio ?? null),
      verdict(task.ok !== false),
    ]),
    ['', 'total', seconds(mode.total_s ?? null), theory(mode.theory_earliest_s, mode.theory_s), ratio(mode.ratio ?? null), verdict(mode.ok === true)],
  ]);
  return table('Measured, and what theory says', ['mode', 'task', '#answered after', '#theory', '#ratio', 'verdict'], rows);
}

/** @param {any} earliest @param {any} latest */
function theory(earliest, latest) {
  if (typeof latest !== 'number') {
    return '–';
  }
  const isRange = typeof earliest === 'number' && earliest < latest;
  return isRange ? `${earliest.toFixed(3)} to ${seconds(latest)}` : seconds(latest);
}

/** @param {boolean} isGood */
function verdict(isGood) {
  return make('span', { class: isGood ? 'good' : 'bad' }, isGood ? 'ok' : 'not ok');
}

/** "sync 4.0 s, async 2.0 s", of those that are done. @param {import('./timeline.js').Lanes[]} modes */
export function sentence(modes) {
  return done(modes).map(({ mode, total }) => `${mode} ${total}`).join(', ');
}

/** The same, to look at; "–" for those to come. @param {import('./timeline.js').Lanes[]} modes */
export function verdicts(modes) {
  return modes.map(({ mode, total }) => make('li', {}, `${mode} `, make('strong', { class: total === '' ? 'faint' : null }, total || '–')));
}

/** @param {import('./timeline.js').Lanes[]} modes */
function done(modes) {
  return modes.filter(({ total }) => total !== '');
}

/** What the colours mean. @param {string[]} kinds @param {boolean} hasTheory */
export function keys(kinds, hasTheory) {
  const items = kinds.map((kind) => key(draw('rect', { class: kind, x: '1', y: '1', width: '94%', height: '88%' }), meanings[kind]));
  if (hasTheory) {
    items.push(key(draw('line', { class: 'theory', x1: '50%', x2: '50%', y1: '0', y2: '100%' }), 'when theory has it answered'));
  }
  return items;
}

/** @param {Element} drawing @param {string} text */
function key(drawing, text) {
  return make('li', {}, draw('svg', { class: 'key', 'aria-hidden': 'true' }, drawing), text);
}
