// SPDX-License-Identifier: MIT
/**
 * watch - the third tab: the requests of a running gateway as they end.
 */
import { find, say } from './element.js';
import { EventStream } from './events.js';
import { keys } from './figures.js';
import { Form } from './form.js';
import { readRecord } from './record.js';
import { Records } from './records.js';
import { probe } from './runs.js';

export class WatchTab {
  #form = new Form(find('watch-form', HTMLFormElement), find('watch-problem', HTMLElement));
  #state = find('watch-state', HTMLElement);
  #pause = find('watch-pause', HTMLButtonElement);
  #connect = find('watch-connect', HTMLButtonElement);
  #records = new Records(find('watch-records', HTMLElement));
  #announce;
  /** @type {EventStream | null} */
  #stream = null;
  #address = '';
  #isConnected = false;
  #isPaused = false;
  /** Why nothing comes, or "". */
  #trouble = '';

  /** @param {(text: string) => void} announce to those who hear the page */
  constructor(announce) {
    this.#announce = announce;
    this.#records.onDrawn = () => this.#sayState();
    find('watch-keys', HTMLElement).replaceChildren(...keys(['waiting', 'connecting', 'backend', 'gateway'], false));
    find('watch-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void (this.#stream ? this.#stop() : this.#start());
    });
    this.#pause.addEventListener('click', () => this.#togglePause());
  }

  /** @param {any} limits */
  setLimits(limits) {
    this.#form.setHint('admin', `${limits.hosts}; a gateway says it at its start: “admin on …”`);
  }

  async #start() {
    const address = this.#form.text('admin').replace(/^http:\/\//, '').replace(/\/$/, '');
    const url = `/api/watch?admin=${encodeURIComponent(address)}`;
    this.#connect.disabled = true;
    const refusal = await probe(url);
    this.#connect.disabled = false;
    this.#form.showProblems(refusal ? [{ field: 'admin', detail: refusal.message }] : []);
    if (refusal) {
      return;
    }
    this.#address = address;
    this.#trouble = '';
    this.#isConnected = false;
    this.#records.clear();
    this.#stream = new EventStream(url, { record: (record) => this.#onRecord(record), status: (status) => this.#onStatus(status) },
      (isConnected) => this.#onConnection(isConnected));
    this.#stream.open();
    this.#showButtons();
  }

  #stop() {
    this.#stream?.close();
    this.#stream = null;
    this.#isConnected = false;
    this.#showButtons();
    this.#sayState();
  }

  #showButtons() {
    const isWatching = this.#stream !== null;
    this.#connect.textContent = isWatching ? 'Stop' : 'Watch';
    this.#pause.disabled = !isWatching;
    this.#isPaused = this.#isPaused && isWatching;
    this.#records.pause(this.#isPaused);
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
    this.#pause.textContent = this.#isPaused ? 'Go on' : 'Pause';
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#showButtons();
    this.#sayState();
  }

  /** @param {any} record */
  #onRecord(record) {
    const request = readRecord(record);
    if (request) {
      this.#records.add(request);
    }
    if (this.#isPaused) {
      this.#sayState();
    }
  }

  /** @param {any} status */
  #onStatus(status) {
    const isConnected = status.connected === true;
    const trouble = typeof status.error === 'string' ? status.error : '';
    if (isConnected !== this.#isConnected || trouble !== this.#trouble) {
      this.#isConnected = isConnected;
      this.#trouble = trouble;
      this.#sayState();
      this.#announce(this.#state.textContent ?? '');
    }
  }

  /** To the lab, not to the gateway. @param {boolean} isConnected */
  #onConnection(isConnected) {
    if (!isConnected) {
      this.#onStatus({ connected: false, error: 'The connection to the lab is lost.' });
    }
  }

  #sayState() {
    const { seen, count } = this.#records;
    find('watch-keys', HTMLElement).hidden = count === 0;
    const amount = seen > count ? `${seen} requests, the newest ${count} are shown` : `${seen} request${seen === 1 ? '' : 's'}`;
    if (this.#stream === null) {
      say(this.#state, count > 0 ? `Stopped. ${amount}.` : 'Not connected. Requests appear here as they end, each with its calls.');
    } else if (!this.#isConnected) {
      say(this.#state, this.#trouble ? `${this.#address}: ${this.#trouble} Trying again…` : `Connecting to ${this.#address}…`);
    } else if (this.#isPaused) {
      say(this.#state, `Paused: ${seen - count > 0 ? amount : `${amount}, all shown`}.`);
    } else {
      say(this.#state, seen === 0 ? `Watching ${this.#address}. No request has ended yet.` : `Watching ${this.#address}: ${amount}.`);
    }
  }
}
