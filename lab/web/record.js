// SPDX-License-Identifier: MIT
/**
 * record - a finished request as a gateway tells it (docs/gateway.md, JSON log), cut into parts to draw. Pure. The record
 * comes from whatever listens at the address that was given: nothing in it is believed before it was looked at.
 */

/** @typedef {{kind: string, start_ms: number, end_ms: number}} Part */
/** @typedef {{name: string, parts: Part[], firstByteMs: number | null, endUs: number | null, note: string, isBad: boolean}} Call */
/** @typedef {{at: string, method: string, target: string, mode: string, status: number | null, totalUs: number, ownUs: number,
 *   total: Part[], calls: Call[], moreCalls: number}} Request */

const callsMost = 16;
const textMost = 500;

/** @param {any} record @returns {Request | null} null: it is none */
export function readRecord(record) {
  const totalUs = offset(record?.total_us);
  if (totalUs === null || !Array.isArray(record.calls)) {
    return null;
  }
  const all = record.calls.filter((/** @type {any} */ call) => typeof call === 'object' && call !== null);
  return {
    at: text(record.ts),
    method: text(record.method),
    target: text(record.target),
    mode: text(record.mode),
    status: typeof record.status === 'number' ? record.status : null,
    totalUs,
    ownUs: offset(record.own_us) ?? 0,
    total: totalParts(all, totalUs),
    calls: all.slice(0, callsMost).map((/** @type {any} */ call) => readCall(call, totalUs)),
    moreCalls: Math.max(0, all.length - callsMost),
  };
}

/** @param {any} call @param {number} totalUs @returns {Call} */
function readCall(call, totalUs) {
  const { queued, started, connected, firstByte, done } = times(call);
  const endUs = done ?? totalUs;
  const parts = [];
  if (queued !== null) {
    parts.push(part('waiting', queued, started ?? endUs));
  }
  if (started !== null) {
    // What comes before the last try's connection is the first try then: the backend had the request, and let it go.
    const isConnectingKnown = connected !== null && !(call.attempts > 1);
    parts.push(...(isConnectingKnown ? [part('connecting', started, connected)] : []), part('backend', isConnectingKnown ? connected : started, endUs));
  }
  const error = call.error === null || call.error === undefined ? '' : text(call.error);
  const tries = typeof call.attempts === 'number' && call.attempts > 1 ? `${call.attempts} tries` : '';
  return {
    name: text(call.name),
    parts: parts.filter(({ start_ms, end_ms }) => end_ms > start_ms),
    firstByteMs: firstByte === null ? null : firstByte / 1000,
    endUs: done,
    note: [error, error && typeof call.status === 'number' ? `status ${call.status}` : '', tries].filter(Boolean).join(', '),
    isBad: error !== '',
  };
}

/** @param {any} call */
function times(call) {
  return {
    queued: offset(call.queued_us),
    started: offset(call.started_us),
    connected: offset(call.connected_us),
    firstByte: offset(call.first_byte_us),
    done: offset(call.done_us),
  };
}

/**
 * The gateway's own way to cut the total: some call was with a backend; else some call waited to be started; else it was
 * the gateway's own time.
 * @param {any[]} calls @param {number} totalUs
 */
function totalParts(calls, totalUs) {
  const spans = calls.map(times);
  const cuts = new Set([0, totalUs]);
  for (const { queued, started, done } of spans) {
    for (const at of [queued, started, done]) {
      if (at !== null && at < totalUs) {
        cuts.add(at);
      }
    }
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  /** @type {Part[]} */
  const parts = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const kind = kindAt(spans, (sorted[i] + sorted[i + 1]) / 2, totalUs);
    const last = parts.at(-1);
    if (last?.kind === kind) {
      last.end_ms = sorted[i + 1] / 1000;
    } else {
      parts.push(part(kind, sorted[i], sorted[i + 1]));
    }
  }
  return parts;
}

/** @param {ReturnType<typeof times>[]} spans @param {number} at @param {number} totalUs */
function kindAt(spans, at, totalUs) {
  if (spans.some(({ started, done }) => started !== null && started <= at && at < (done ?? totalUs))) {
    return 'backend';
  }
  const isWaiting = spans.some(({ queued, started, done }) => queued !== null && queued <= at && at < (started ?? done ?? totalUs));
  return isWaiting ? 'waiting' : 'gateway';
}

/** @param {string} kind @param {number} startUs @param {number} endUs @returns {Part} */
function part(kind, startUs, endUs) {
  return { kind, start_ms: startUs / 1000, end_ms: endUs / 1000 };
}

/** @param {any} value @returns {number | null} */
function offset(value) {
  return typeof value === 'number' && value >= 0 && value < 1e12 ? value : null;
}

/** @param {any} value */
function text(value) {
  const found = typeof value === 'string' ? value : '';
  return found.length > textMost ? `${found.slice(0, textMost)}…` : found;
}
