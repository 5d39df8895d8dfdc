// SPDX-License-Identifier: MIT
/**
 * stage - what a test of the page needs: a lab that serves it, a browser that looks at it, and an eye on what no page of
 * ours may do.
 *
 *     scene('cancel_keeps_what_was_measured', async (stage) => {
 *       const page = await stage.open();
 *       …
 *     });
 *
 * A test fails also if any page that it opened wrote an error or a warning to the console, asked another host for
 * anything, or broke its Content-Security-Policy. All is gone when it ends.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { Program } from './programs.js';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const patienceMs = 20000;

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').BrowserContextOptions} Options */

export class Stage {
  /** What pages did that they may not do. @type {string[]} */
  faults = [];
  /** @type {Program[]} */
  #programs = [];
  /** @type {RegExp[]} */
  #allowed = [];
  #folder = mkdtempSync(path.join(tmpdir(), 'fanlight-web-'));
  /** @type {import('playwright-core').BrowserContext[]} */
  #contexts = [];
  /** @type {import('playwright-core').Browser | null} */
  #browser = null;
  /** @type {Program | null} */
  #lab = null;

  /** The one that serves the page. */
  async lab() {
    this.#lab ??= await this.start('lab', [], ['serve']);
    return this.#lab;
  }

  /** @param {string} name @param {string[]} options @param {string[]} [command] */
  async start(name, options, command = []) {
    const program = new Program(name, [...command, '--listen', '127.0.0.1:0', ...options]);
    this.#programs.push(program);
    await program.find(/listening on [0-9.]+:\d+/);
    return program;
  }

  /** Stops the lab, and starts another one in its place. @param {() => Promise<void>} meanwhile */
  async restartLab(meanwhile) {
    const lab = await this.lab();
    await lab.stop();
    await meanwhile();
    this.#lab = new Program('lab', ['serve', '--listen', lab.address]);
    this.#programs.push(this.#lab);
    await this.#lab.find(/listening on/);
  }

  /** A file that a test may write, or find. @param {string} name */
  file(name) {
    return path.join(this.#folder, name);
  }

  /** Opens the page in a browser of its own, as large and with what a visitor prefers.
   * @param {Options & {hash?: string, url?: string}} [options] @returns {Promise<Page>} */
  async open({ hash = '', url, ...options } = {}) {
    const address = url ?? `${(await this.lab()).url}/${hash}`;
    this.#browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    this.#contexts.push(context);
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    await this.#watch(page, address);
    await page.goto(address);
    return page;
  }

  /** @param {Page} page @param {string} address */
  async #watch(page, address) {
    const { origin } = new URL(address);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        this.faults.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => this.faults.push(`error: ${error.stack}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) {
        this.faults.push(`request to ${request.url()}`);
      }
    });
    await page.exposeFunction('noticeViolation', (/** @type {string} */ text) => this.faults.push(`policy: ${text}`));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        /** @type {any} */ (window).noticeViolation(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  }

  /** Such a fault is expected here. @param {RegExp} pattern */
  allow(pattern) {
    this.#allowed.push(pattern);
  }

  assertClean() {
    assert.deepEqual(this.faults.filter((fault) => !this.#allowed.some((pattern) => pattern.test(fault))), []);
  }

  async close() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    await this.#browser?.close();
    await Promise.all(this.#programs.map((program) => program.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A test with a stage of its own. @param {string} name @param {(stage: Stage) => Promise<void>} body */
export function scene(name, body) {
  test(name, { timeout: 120000 }, async () => {
    const stage = new Stage();
    try {
      await body(stage);
      stage.assertClean();
    } finally {
      await stage.close();
    }
  });
}
