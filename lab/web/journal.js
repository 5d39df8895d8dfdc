// SPDX-License-Identifier: MIT
/**
 * journal - the log lines of both sides as they come, the sender's left, the gateway's right, in the order in which
 * things happened. Texts are the programs' own and stay text.
 */
import { make, rove } from './element.js';

/** @typedef {import('./playback.js').Line} Line */

export class Journal {
  #list;
  #scroller;
  #shown = 0;
  #mode = '';
  /** @type {(mode: string, task: string) => void} */
  onPoint = () => {};
  onLeave = () => {};

  /** @param {HTMLElement} scroller what scrolls @param {HTMLElement} list an element of the class journal in it */
  constructor(scroller, list) {
    this.#scroller = scroller;
    this.#list = list;
    rove(list, () => this.#rows(), { next: 'ArrowDown', previous: 'ArrowUp' });
  }

  /** Shows the lines that are new; all of them if they are others than before. @param {Line[]} lines */
  show(lines) {
    const atEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight < 40;
    if (lines.length < this.#shown) {
      this.clear();
    }
    for (const line of lines.slice(this.#shown)) {
      if (line.mode !== this.#mode) {
        this.#mode = line.mode;
        this.#list.append(make('li', { class: 'heading' }, line.mode));
      }
      this.#list.append(this.#row(line));
    }
    const isNew = lines.length > this.#shown;
    this.#shown = lines.length;
    if (isNew && atEnd && !this.#list.contains(document.activeElement)) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }

  clear() {
    this.#list.replaceChildren();
    this.#shown = 0;
    this.#mode = '';
  }

  /** Lights up the lines of one bar; null: none. @param {{mode: string, task: string} | null} which @param {boolean} isFollowed */
  light(which, isFollowed) {
    let first = null;
    for (const row of this.#rows()) {
      const isLit = which !== null && row.dataset.mode === which.mode && row.dataset.task === which.task;
      row.classList.toggle('lit', isLit);
      first ??= isLit ? row : null;
    }
    if (first && isFollowed) {
      this.#reveal(first);
    }
  }

  /** Scrolls the journal alone, never the page. @param {HTMLElement} row */
  #reveal(row) {
    const top = row.offsetTop;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop || top > scrollTop + clientHeight - 60) {
      this.#scroller.scrollTop = Math.max(0, top - 40);
    }
  }

  /** @returns {HTMLElement[]} */
  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll('li.entry')]);
  }

  /** @param {Line} line */
  #row({ atMs, side, text, mode, task }) {
    const [stamp, words] = split(text);
    const row = make('li', { class: `entry ${side === 'gateway' ? 'gateway-side' : 'sender-side'}`, 'data-mode': mode, 'data-task': task });
    row.tabIndex = this.#shown === 0 && this.#list.querySelector('li.entry') === null ? 0 : -1;
    row.append(
      make('span', { class: 'at', title: stamp }, atMs === null ? '' : (atMs / 1000).toFixed(3)),
      make('span', { class: 'spoken' }, `${side}: `),
      make('span', { class: 'words' }, words),
    );
    if (task !== null) {
      row.addEventListener('pointerenter', () => this.onPoint(mode, task));
      row.addEventListener('pointerleave', () => this.onLeave());
      row.addEventListener('focus', () => this.onPoint(mode, task));
      row.addEventListener('blur', () => this.onLeave());
    }
    return row;
  }
}

/** The line's time of day and the rest. @param {string} text */
function split(text) {
  const found = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - (.*)$/s.exec(text);
  return found ? [found[1], found[2]] : ['', text.replace(/^INFO: +/, 'INFO: ')];
}
