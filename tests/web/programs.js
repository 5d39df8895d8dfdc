// SPDX-License-Identifier: MIT
/**
 * programs - the built programs as child processes on free ports, which never outlive the test that started them.
 *
 * They are in the folder PROGRAMS, or in build/release/bin.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = fileURLToPath(new URL('../..', import.meta.url));
const folder = process.env.PROGRAMS ?? path.join(top, 'build/release/bin');
const readyMs = 15000;
const graceMs = 5000;

/** Nothing of ours in the environment decides what the programs do here. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FANLIGHT_')));
}

export class Program {
  #child;
  #output = '';

  /** @param {string} name @param {string[]} options */
  constructor(name, options) {
    this.#child = spawn(path.join(folder, name), options, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.once('exit', () => process.removeListener('exit', kill));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        this.#output += text;
        this.#child.emit('output');
      });
    }
  }

  /** What it printed. */
  get output() {
    return this.#output;
  }

  get address() {
    return /listening on ([0-9.]+:\d+)/.exec(this.#output)?.[1] ?? '';
  }

  get admin() {
    return /admin on ([0-9.]+:\d+)/.exec(this.#output)?.[1] ?? '';
  }

  get url() {
    return `http://${this.address}`;
  }

  /** Waits for what it prints. @param {RegExp} pattern */
  async find(pattern) {
    const giveUp = AbortSignal.timeout(readyMs);
    while (!pattern.test(this.#output)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`${this.#child.spawnfile} ended: ${this.#output}`);
      }
      await Promise.race([once(this.#child, 'output', { signal: giveUp }), once(this.#child, 'exit', { signal: giveUp })]);
    }
  }

  /** Its exit code; null: it had to be killed. */
  async end() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.end();
    clearTimeout(timer);
  }
}
