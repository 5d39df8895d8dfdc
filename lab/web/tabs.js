// SPDX-License-Identifier: MIT
/**
 * tabs - one panel of several at a time; arrow keys go from tab to tab, and the address remembers which (ARIA's pattern
 * for tabs that are chosen as they get the focus).
 */
import { rove } from './element.js';

export class Tabs {
  /** @type {HTMLElement[]} */
  #tabs;

  /** @param {HTMLElement} list an element of the role tablist */
  constructor(list) {
    this.#tabs = [...list.querySelectorAll('[role=tab]')].filter((tab) => tab instanceof HTMLElement);
    for (const tab of this.#tabs) {
      tab.addEventListener('click', () => this.#choose(tab));
      tab.addEventListener('focus', () => this.#choose(tab));
    }
    rove(list, () => this.#tabs, { next: 'ArrowRight', previous: 'ArrowLeft' });
    window.addEventListener('hashchange', () => this.#follow());
    this.#follow();
  }

  /** @param {string} name the panel's id */
  show(name) {
    const tab = this.#tabs.find((candidate) => candidate.getAttribute('aria-controls') === name);
    if (tab) {
      this.#choose(tab);
    }
  }

  /** @param {HTMLElement} chosen */
  #choose(chosen) {
    for (const tab of this.#tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) {
        panel.hidden = !isChosen;
      }
    }
    const hash = `#${chosen.getAttribute('aria-controls')}`;
    if (location.hash !== hash && !(location.hash === '' && chosen === this.#tabs[0])) {
      history.replaceState(null, '', hash);
    }
  }

  #follow() {
    this.show(location.hash.slice(1) || (this.#tabs[0].getAttribute('aria-controls') ?? ''));
  }
}
