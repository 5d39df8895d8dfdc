// SPDX-License-Identifier: MIT
/** The Watch tab: a real gateway's requests as they end. */
import assert from 'node:assert/strict';
import { scene } from './stage.js';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./stage.js').Stage} Stage */

/** A backend and a gateway in front of it. @param {Stage} stage @param {string} delay */
async function startGateway(stage, delay) {
  const backend = await stage.start('backend', ['--delay', delay]);
  const gateway = await stage.start('gateway', ['--backend', backend.url, '--admin', '127.0.0.1:0']);
  return { backend, gateway };
}

/** @param {Page} page @param {string} admin */
async function watch(page, admin) {
  await page.locator('#watch-admin').fill(admin);
  await page.locator('#watch-connect').click();
}

/** The request on top. @param {Page} page */
const newest = (page) => page.locator('#watch-records > li:not(.scale)').first();

scene('a_request_appears_when_it_has_ended', async (stage) => {
  const { gateway } = await startGateway(stage, '200ms');
  const page = await stage.open({ hash: '#watch' });
  await watch(page, gateway.admin);
  await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();

  assert.equal((await fetch(`${gateway.url}/fanout?tasks=a,b&delay=200ms`)).status, 200);

  await newest(page).waitFor();
  const text = await newest(page).innerText();
  assert.match(text, /200\s+GET \/fanout\?tasks=a,b&delay=200ms\s+async/);
  const lanes = await newest(page).locator('svg.lane').evaluateAll((found) => found.map((lane) => ({
    end: Math.max(...[...lane.querySelectorAll('rect')].map((rect) => rect.getBoundingClientRect().right)) - lane.getBoundingClientRect().left,
    width: lane.getBoundingClientRect().width, label: lane.getAttribute('aria-label'), kinds: [...lane.querySelectorAll('rect')].map((rect) => rect.getAttribute('class')) })));
  assert.equal(lanes.length, 3);
  assert.deepEqual(await newest(page).locator('.name').allInnerTexts(), ['total', 'a', 'b']);
  assert.ok(lanes[1].kinds.includes('backend') && lanes[0].kinds.includes('backend'));
  const shares = lanes.map(({ end, width }) => end / width);
  assert.ok(shares.every((share) => share > 0.4 && share <= 1.01), `bars end at ${shares} of the axis`);
  assert.ok(shares[1] <= shares[0] + 0.005, 'a call is not longer than its request');
});

scene('the_newest_is_on_top_and_a_hundred_are_kept', async (stage) => {
  const { gateway } = await startGateway(stage, '1ms');
  const page = await stage.open({ hash: '#watch' });
  await watch(page, gateway.admin);
  await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();

  for (let i = 1; i <= 103; i++) {
    await (await fetch(`${gateway.url}/task${i}`)).text();
  }

  await page.locator('#watch-state', { hasText: '103 requests, the newest 100 are shown' }).waitFor();
  assert.equal(await page.locator('#watch-records > li:not(.scale)').count(), 100);
  assert.match(await newest(page).innerText(), /GET \/task103\s/);
});

scene('paused_it_counts_and_stands_still', async (stage) => {
  const { gateway } = await startGateway(stage, '1ms');
  const page = await stage.open({ hash: '#watch' });
  await watch(page, gateway.admin);
  await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();
  await fetch(`${gateway.url}/before`);
  await newest(page).waitFor();

  await page.locator('#watch-pause').click();
  await fetch(`${gateway.url}/meanwhile`);
  await page.locator('#watch-state', { hasText: 'Paused: 2 requests' }).waitFor();
  assert.match(await newest(page).innerText(), /before/);

  await page.locator('#watch-pause').click();
  await fetch(`${gateway.url}/after`);
  await newest(page).getByText('/after').waitFor();
});

scene('markup_in_a_request_is_text', async (stage) => {
  const { gateway } = await startGateway(stage, '1ms');
  const page = await stage.open({ hash: '#watch' });
  await watch(page, gateway.admin);
  await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();

  await fetch(`${gateway.url}/task1?x='><img/src=x/onerror=alert(1)>`.replace('<', '%3C').replace('>', '%3E'));
  await rawRequest(gateway.address, "/task1?'\"><img/src=x/onerror=document.title=1>");

  await newest(page).getByText('<img/src=x').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.title(), 'Fanlight lab');
});

/** Bytes that no well-behaved client sends. @param {string} address @param {string} target */
async function rawRequest(address, target) {
  const { connect } = await import('node:net');
  const [host, port] = address.split(':');
  await new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    socket.on('data', () => {}).on('close', resolve).on('error', reject);
  });
}

scene('a_gateway_that_goes_away_is_said', async (stage) => {
  const { gateway } = await startGateway(stage, '1ms');
  const page = await stage.open({ hash: '#watch' });
  await watch(page, gateway.admin);
  await page.locator('#watch-state', { hasText: 'No request has ended yet' }).waitFor();

  await gateway.stop();

  await page.locator('#watch-state', { hasText: 'Trying again' }).waitFor();
});

scene('nobody_there_is_said_and_another_machine_is_refused', async (stage) => {
  stage.allow(/status of 400/);
  const page = await stage.open({ hash: '#watch' });

  await watch(page, '127.0.0.1:1');
  await page.locator('#watch-state', { hasText: 'Trying again' }).waitFor();
  await page.locator('#watch-connect').click();

  await watch(page, '192.0.2.1:9901');
  await page.locator('#watch-form-admin-problem').waitFor();
  assert.match(await page.locator('#watch-form-admin-problem').innerText(), /127\.0\.0\.|this machine|loopback/);
});
