// SPDX-License-Identifier: MIT
/**
 * limits - what the server allows, as hints for people and as checks before anything is sent. The server checks again.
 * Pure. Each check gives a sentence, or "" if all is well.
 */
import { parseDuration, words } from './format.js';

const namePattern = /^[A-Za-z0-9.-][A-Za-z0-9._-]{0,63}$/;

/** @param {number} ms */
function milliseconds(ms) {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** @param {number} leastMs @param {number} mostMs */
export function durationHint(leastMs, mostMs) {
  return `${milliseconds(leastMs)} to ${milliseconds(mostMs)}`;
}

/** @param {string} text @param {number} leastMs @param {number} mostMs */
export function checkDuration(text, leastMs, mostMs) {
  const value = parseDuration(text);
  if (value === null) {
    return `Write a duration such as 250ms or 2s, from ${milliseconds(leastMs)} to ${milliseconds(mostMs)}.`;
  }
  return value < leastMs * 1000 || value > mostMs * 1000
    ? `It must be from ${milliseconds(leastMs)} to ${milliseconds(mostMs)}.` : '';
}

/** @param {string} text @param {number} most */
export function checkNames(text, most) {
  const names = words(text);
  if (names.length === 0) {
    return 'Name at least one task.';
  }
  if (names.length > most) {
    return `At most ${most} tasks; these are ${names.length}.`;
  }
  const wrong = names.find((name) => !namePattern.test(name));
  if (wrong !== undefined) {
    return `“${wrong.slice(0, 70)}” is no name: 1 to 64 of A-Z a-z 0-9 . _ - that do not begin with _.`;
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? '' : `“${twice}” stands there twice.`;
}

/** @param {string} text @param {number} least @param {number} most */
export function checkNumber(text, least, most) {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? '' : `Write a whole number from ${least} to ${most}.`;
}

/** @param {string} text @param {number} mostCount @param {number} most */
export function checkNumbers(text, mostCount, most) {
  const found = words(text);
  if (found.length === 0 || found.length > mostCount) {
    return `Write 1 to ${mostCount} numbers with commas between them.`;
  }
  return found.some((word) => checkNumber(word, 1, most) !== '') ? `Each must be a whole number from 1 to ${most}.` : '';
}

/** @param {string[]} chosen @param {string} what */
export function checkChosen(chosen, what) {
  return chosen.length === 0 ? `Choose at least one ${what}.` : '';
}

/** The checks that found something. @param {Record<string, string>} found sentences by field */
export function problems(found) {
  return Object.entries(found)
    .filter(([, detail]) => detail !== '')
    .map(([field, detail]) => ({ field, detail }));
}
