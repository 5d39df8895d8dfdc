// SPDX-License-Identifier: MIT
/**
 * runs - what the page asks of the server: limits, begin a run, cancel it, fetch what it measured.
 *
 * What the server refuses is an Error with its sentence, and the field it is about.
 */

export class Refusal extends Error {
  /** @param {string} detail @param {string | undefined} field */
  constructor(detail, field) {
    super(detail);
    this.field = field;
  }
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal('The lab does not answer. Is it still running?', undefined);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const detail = typeof body?.detail === 'string' ? body.detail : `The lab answered with status ${response.status}.`;
    throw new Refusal(detail, typeof body?.field === 'string' ? body.field : undefined);
  }
  return body;
}

/** @param {unknown} body */
function post(body) {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

export const fetchLimits = () => ask('/api/limits');

/** @param {object} settings @returns {Promise<{run: string}>} */
export const startRun = (settings) => ask('/api/runs', post(settings));

/** @param {string} run */
export const cancelRun = (run) => ask(`/api/runs/${encodeURIComponent(run)}/cancel`, post({}));

/** The document of a run that has ended. @param {string} run */
export const fetchRun = (run) => ask(`/api/runs/${encodeURIComponent(run)}`);

/** Where a run's results are to be had. @param {string} run */
export function downloads(run) {
  const base = `/api/runs/${encodeURIComponent(run)}`;
  return [
    { title: 'Open the report', href: `${base}/report.html`, isSaved: false },
    { title: 'Save the report', href: `${base}/report.html?download=1`, isSaved: true },
    { title: 'Save as JSON', href: `${base}?download=1`, isSaved: true },
    { title: 'Save as CSV', href: `${base}/table.csv?download=1`, isSaved: true },
  ];
}

/** Would the server stream this? What it says if it would not. @param {string} url @returns {Promise<Refusal | null>} */
export async function probe(url) {
  const controller = new AbortController();
  try {
    const response = await fetch(url, { signal: controller.signal });
    if (response.ok) {
      return null;
    }
    const body = await response.json().catch(() => null);
    return new Refusal(typeof body?.detail === 'string' ? body.detail : `The lab answered with status ${response.status}.`, undefined);
  } catch {
    return new Refusal('The lab does not answer. Is it still running?', undefined);
  } finally {
    controller.abort();
  }
}
