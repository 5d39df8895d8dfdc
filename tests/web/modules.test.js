// SPDX-License-Identifier: MIT
/** The page's modules that need no page: numbers and times, checks, playback, saved results, records. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { helloRows } from '../../lab/web/curves_data.js';
import { bytes, duration, marks, parseDuration, ratio, seconds, significant, spokenSeconds, step, timeLeft, words } from '../../lab/web/format.js';
import { checkDuration, checkNames, checkNumber, checkNumbers } from '../../lab/web/limits.js';
import { Playback } from '../../lab/web/playback.js';
import { readRecord } from '../../lab/web/record.js';
import { readResult } from '../../lab/web/result.js';

test('numbers_are_as_precise_as_one_says_them', () => {
  const cases = [
    { shown: seconds(2.0008), is: '2.001 s' }, { shown: seconds(null), is: '–' },
    { shown: spokenSeconds(4.0036), is: '4.0 s' }, { shown: spokenSeconds(0.6012), is: '0.60 s' },
    { shown: spokenSeconds(0.9996), is: '1.0 s' }, { shown: spokenSeconds(0.0301), is: '30 ms' },
    { shown: duration(1204000), is: '1.204 s' }, { shown: duration(12340), is: '12.3 ms' }, { shown: duration(480), is: '480 µs' }, { shown: duration(null), is: '–' },
    { shown: significant(12430), is: '12\u2009400' }, { shown: significant(999.6), is: '1000' }, { shown: significant(3.14159), is: '3.14' },
    { shown: significant(0), is: '0.00' }, { shown: significant(1234567), is: '1\u2009230\u2009000' },
    { shown: ratio(1.0023), is: '1.00' }, { shown: ratio(null), is: '–' },
    { shown: timeLeft(0), is: 'about 1 s left' }, { shown: timeLeft(59.2), is: 'about 60 s left' }, { shown: timeLeft(61), is: 'about 2 min left' },
    { shown: bytes(7 * 1048576), is: '7.00 MiB' },
  ];

  for (const { shown, is } of cases) {
    assert.equal(shown, is);
  }
});

test('an_axis_has_round_marks', () => {
  const cases = [
    { longest: 4.08, most: 8, texts: ['0', '1 s', '2 s', '3 s', '4 s'] },
    { longest: 0.61, most: 4, texts: ['0', '0.2 s', '0.4 s', '0.6 s'] },
    { longest: 0.0306, most: 4, texts: ['0', '10 ms', '20 ms', '30 ms'] },
    { longest: 10, most: 5, texts: ['0', '2 s', '4 s', '6 s', '8 s', '10 s'] },
    { longest: 160, most: 4, texts: ['0', '50 s', '100 s', '150 s'] },
  ];

  for (const { longest, most, texts } of cases) {
    assert.deepEqual(marks(longest, most).map(({ text }) => text), texts);
  }
  assert.equal(step(1, 1), 1);
});

test('durations_and_words_are_read_as_people_write_them', () => {
  assert.deepEqual(['250ms', '2s', '1.5s', '1m', ' 3us '].map(parseDuration), [250000, 2000000, 1500000, 60000000, 3]);
  assert.deepEqual(['', '2', 's', '-1s', '2 s', '1e3s', '2s!'].map(parseDuration), [null, null, null, null, null, null, null]);
  assert.deepEqual(words(' a, b,,c d '), ['a', 'b', 'c', 'd']);
});

test('a_server_measured_with_two_clients_has_two_curves_with_names_of_their_own', () => {
  const seconds = [{ median: 1, least: 1, most: 1 }];

  const [row] = helloRows({ clients: [1], rows: [{ name: 'sync', client: 'light', seconds }, { name: 'sync', client: 'command', seconds }] });

  assert.deepEqual(row.panels[0].series.map(({ name }) => name), ['sync', 'sync, other client']);
});

test('what_is_out_of_bounds_is_said_and_nothing_else', () => {
  const cases = [
    { found: checkDuration('2s', 1, 10000), says: /^$/ }, { found: checkDuration('10s', 1, 10000), says: /^$/ },
    { found: checkDuration('10001ms', 1, 10000), says: /from 1ms to 10s/ }, { found: checkDuration('soon', 1, 10000), says: /250ms/ },
    { found: checkNames('a,b', 2), says: /^$/ }, { found: checkNames('a,b,c', 2), says: /At most 2/ }, { found: checkNames(' ', 2), says: /at least one/ },
    { found: checkNames('_a', 2), says: /“_a” is no name/ }, { found: checkNames('a,a', 2), says: /twice/ }, { found: checkNames('x'.repeat(65), 2), says: /no name/ },
    { found: checkNumber('64', 1, 64), says: /^$/ }, { found: checkNumber('65', 1, 64), says: /1 to 64/ }, { found: checkNumber('1.5', 1, 64), says: /whole/ },
    { found: checkNumbers('1,2', 2, 9), says: /^$/ }, { found: checkNumbers('1,2,3', 2, 9), says: /1 to 2 numbers/ }, { found: checkNumbers('1,x', 2, 9), says: /1 to 9/ },
  ];

  for (const { found, says } of cases) {
    assert.match(found, says);
  }
});

const begin = { event: 'begin', kind: 'experiment', delay_ms: 1000, modes: ['sync'], tasks: ['task1', 'task2'], threads: 16, blocking: ['task1'],
  theory: [{ mode: 'sync', tasks: [{ earliest_s: 1, latest_s: 1 }, { earliest_s: 2, latest_s: 2 }] }] };

/** @param {string} what @param {string} task @param {number} atMs */
const line = (what, task, atMs) => ({ event: 'line', mode: 'sync', side: 'gateway', at_ms: atMs, text: what, task, what });

test('lines_cut_a_growing_bar_into_its_parts', () => {
  const playback = new Playback();
  const events = [begin, { event: 'mode', mode: 'sync' }, line('send', 'task1', 0), line('send', 'task2', 1), line('received', 'task1', 3),
    line('call_started', 'task1', 4), line('call_done', 'task1', 1004), line('answered', 'task1', 1005), line('received', 'task2', 1006)];

  events.forEach((event) => playback.take(event, 5000 + ('at_ms' in event ? Number(event.at_ms) : 0)));

  const [task1, task2] = playback.modes[0].bars;
  assert.deepEqual(task1.parts, [{ kind: 'waiting', start_ms: 0, end_ms: 3 }, { kind: 'gateway', start_ms: 3, end_ms: 4 },
    { kind: 'backend', start_ms: 4, end_ms: 1004 }, { kind: 'gateway', start_ms: 1004, end_ms: 1005 }]);
  assert.equal(task1.seconds, 1.005);
  assert.deepEqual(task2.parts, [{ kind: 'waiting', start_ms: 1, end_ms: 1006 }, { kind: 'gateway', start_ms: 1006, end_ms: null }]);
  assert.equal(playback.elapsed(7000), 2000);
});

test('the_clock_of_a_mode_is_that_of_its_least_delayed_line', () => {
  const playback = new Playback();
  [begin, { event: 'mode', mode: 'sync' }].forEach((event) => playback.take(event, 0));

  playback.take(line('send', 'task1', 0), 130);
  playback.take(line('received', 'task1', 50), 150);

  assert.equal(playback.elapsed(300), 200);
});

test('what_was_measured_takes_the_place_of_the_guess', () => {
  const playback = new Playback();
  const parts = [{ kind: 'connecting', start_ms: 0, end_ms: 2 }, { kind: 'backend', start_ms: 2, end_ms: 1001 }];
  const tasks = ['task1', 'task2'].map((name) => ({ name, sent_ms: 0, answered_ms: 1001, seconds: 1.001, status: 200, error: null, theory_s: 1, theory_earliest_s: 1, parts }));
  [begin, { event: 'mode', mode: 'sync' }, line('send', 'task1', 0)].forEach((event) => playback.take(event, 0));

  playback.take({ event: 'mode_done', mode: 'sync', result: { mode: 'sync', tasks, total_s: 1.001 } }, 1001);

  assert.deepEqual(playback.modes[0].bars[0].parts, parts);
  assert.equal(playback.modes[0].total, '1.0 s');
  assert.equal(playback.current, -1);
});

test('a_run_that_is_stopped_keeps_its_bars', () => {
  const playback = new Playback();
  [begin, { event: 'mode', mode: 'sync' }, line('send', 'task1', 0)].forEach((event) => playback.take(event, 0));

  playback.take({ event: 'end', document: { modes: [] } }, 400);

  const [task1, task2] = playback.modes[0].bars;
  assert.deepEqual([task1.parts, task1.error, task1.isOver], [[{ kind: 'waiting', start_ms: 0, end_ms: 400 }], 'stopped', true]);
  assert.deepEqual(task2.parts, []);
  assert.equal(playback.isOver, true);
});

test('lines_that_make_no_sense_do_no_harm', () => {
  const playback = new Playback();
  [begin, { event: 'mode', mode: 'sync' }].forEach((event) => playback.take(event, 0));

  for (const event of [line('answered', 'task1', 5), line('send', 'nobody', 1), line('constructor', 'task1', 1), { event: 'who knows' }]) {
    playback.take(event, 10);
  }
  [line('send', 'task1', 10), line('constructor', 'task1', 11), line('received', 'task1', 5)].forEach((event) => playback.take(event, 20));

  assert.deepEqual(playback.modes[0].bars[0].parts, [{ kind: 'waiting', start_ms: 10, end_ms: 10 }, { kind: 'gateway', start_ms: 10, end_ms: null }]);
});

test('a_saved_result_is_looked_at_before_it_is_believed', () => {
  const task = { name: 'a', sent_ms: 0, answered_ms: 1000, seconds: 1, status: 200 };
  const document = (/** @type {object} */ changes) => JSON.stringify({ version: 1, delay_ms: 1000, modes: [{ mode: 'sync', tasks: [{ ...task, ...changes }], total_s: 1 }] });
  const wrong = [
    { text: document({ seconds: '1' }), says: /modes\[0\]\.tasks\[0\]\.seconds: expected a number/ },
    { text: document({ answered_ms: -1 }), says: /answered_ms/ },
    { text: document({ parts: [{ kind: 'backend', start_ms: 0 }] }), says: /parts\[0\]\.end_ms/ },
    { text: document({ parts: {} }), says: /parts: expected a list/ },
    { text: document({ error: {} }), says: /error: expected a text/ },
    { text: '[]', says: /expected an object/ },
    { text: '{"version":1,"modes":[{}]}', says: /delay_ms/ },
    { text: JSON.stringify({ version: 1, kind: 'sweep', points: Array(1001).fill({}) }), says: /at most 1000/ },
    { text: '{"version":1,"kind":"sweep","points":[],"cases":[{"name":1}]}', says: /cases\[0\]\.name/ },
  ];

  assert.equal(readResult(document({ parts: [{ kind: '__proto__', start_ms: 0, end_ms: 1 }] })).modes[0].tasks[0].parts[0].kind, 'unknown');
  assert.equal(readResult(document({})).modes[0].tasks[0].parts, undefined);
  for (const { text, says } of wrong) {
    assert.throws(() => readResult(text), says);
  }
});

test('a_record_is_cut_as_the_gateway_cuts_it', () => {
  const call = (/** @type {object} */ changes) => ({ name: 'a', status: 200, error: null, attempts: 1, queued_us: 100, started_us: 200, connected_us: 400, sent_us: 400,
    first_byte_us: 900, done_us: 1000, ...changes });

  const request = readRecord({ ts: 'x', method: 'GET', target: '/a', mode: 'async', status: 200, total_us: 1500, own_us: 600,
    calls: [call({}), call({ name: 'b', queued_us: 1000, started_us: 1200, connected_us: null, done_us: 1400, error: 'http_response_status', status: 503, attempts: 2 })] });

  const part = (/** @type {string} */ kind, /** @type {number} */ from, /** @type {number} */ to) => ({ kind, start_ms: from / 1000, end_ms: to / 1000 });
  assert.deepEqual(request?.total, [part('gateway', 0, 100), part('waiting', 100, 200), part('backend', 200, 1000), part('waiting', 1000, 1200),
    part('backend', 1200, 1400), part('gateway', 1400, 1500)]);
  assert.deepEqual(request?.calls[0].parts, [part('waiting', 100, 200), part('connecting', 200, 400), part('backend', 400, 1000)]);
  assert.deepEqual(request?.calls[1].parts, [part('waiting', 1000, 1200), part('backend', 1200, 1400)]);
  assert.equal(request?.calls[1].note, 'http_response_status, status 503, 2 tries');
});

test('the_time_of_a_first_try_is_not_taken_for_connecting', () => {
  const call = { name: 'a', status: 200, error: null, attempts: 2, queued_us: 100, started_us: 100, connected_us: 90400, sent_us: 90400, first_byte_us: 180000, done_us: 180100 };

  const request = readRecord({ total_us: 180200, calls: [call] });

  assert.deepEqual(request?.calls[0].parts, [{ kind: 'backend', start_ms: 0.1, end_ms: 180.1 }]);
});

test('a_call_that_never_started_waited', () => {
  const call = { name: 'a', status: null, error: 'cancelled', attempts: 0, queued_us: 100, started_us: null, connected_us: null, sent_us: null, first_byte_us: null, done_us: null };

  const request = readRecord({ total_us: 1000, calls: [call] });

  assert.deepEqual(request?.calls[0].parts, [{ kind: 'waiting', start_ms: 0.1, end_ms: 1 }]);
  assert.equal(request?.calls[0].endUs, null);
});

test('what_is_no_record_is_dropped', () => {
  for (const record of [null, 7, {}, { total_us: 'x', calls: [] }, { total_us: 5 }, { total_us: -1, calls: [] }]) {
    assert.equal(readRecord(record), null);
  }
  assert.deepEqual(readRecord({ total_us: 5, calls: [null, 7, { name: {}, queued_us: 'x' }], target: 7 })?.calls.map(({ name, parts }) => [name, parts]), [['', []]]);
});
