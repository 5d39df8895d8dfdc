// SPDX-License-Identifier: MIT
/**
 * events - a stream of server-sent events that comes back by itself: after a lost connection, and after the page was out
 * of sight (a browser has few connections for one server, and a page that nobody sees should not hold one).
 *
 *     const events = new EventStream('/api/events', { state: onState, run: onRun }, onConnection);
 *     events.open();
 *
 * A message that is not JSON is dropped.
 */

const retryMs = 1500;
const hiddenMs = 20000;

export class EventStream {
  #url;
  #listeners;
  #onConnection;
  /** @type {EventSource | null} */
  #source = null;
  /** @type {number | undefined} */
  #timer;
  #isWanted = false;

  /**
   * @param {string} url
   * @param {Record<string, (data: any) => void>} listeners by the event's name
   * @param {(isConnected: boolean) => void} onConnection called when it changes, and for each try that failed
   */
  constructor(url, listeners, onConnection) {
    this.#url = url;
    this.#listeners = listeners;
    this.#onConnection = onConnection;
    document.addEventListener('visibilitychange', () => this.#onVisibility());
  }

  open() {
    this.#isWanted = true;
    this.#connect();
  }

  close() {
    this.#isWanted = false;
    this.#disconnect();
  }

  #connect() {
    this.#disconnect();
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => this.#onConnection(true));
    source.addEventListener('error', () => this.#onError(source));
    for (const [name, listener] of Object.entries(this.#listeners)) {
      source.addEventListener(name, (event) => {
        const data = parse(event.data);
        if (data !== null && source === this.#source) {
          listener(data);
        }
      });
    }
  }

  #disconnect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** The browser tries again by itself, unless it was refused: then we do. @param {EventSource} source */
  #onError(source) {
    if (source !== this.#source) {
      return;
    }
    this.#onConnection(false);
    if (source.readyState === EventSource.CLOSED) {
      this.#disconnect();
      this.#timer = setTimeout(() => this.#connect(), retryMs);
    }
  }

  #onVisibility() {
    if (!this.#isWanted) {
      return;
    }
    clearTimeout(this.#timer);
    if (document.hidden) {
      this.#timer = setTimeout(() => this.#disconnect(), hiddenMs);
    } else if (this.#source === null) {
      this.#connect();
    }
  }
}

/** @param {string} text @returns {any} an object, or null */
function parse(text) {
  try {
    const data = JSON.parse(text);
    return typeof data === 'object' ? data : null;
  } catch {
    return null;
  }
}
