// SPDX-License-Identifier: MIT
/**
 * element - makes and finds elements. Whatever text is given stays text: nothing on this page is ever read as markup.
 */

const svgNamespace = 'http://www.w3.org/2000/svg';

/** @typedef {Record<string, string | number | boolean | null>} Attributes true: there; null or false: not there */

/** @param {Element} element @param {Attributes} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** As make(), for what is drawn.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** The element of that id, which the page has.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) {
    throw new Error(`the page has no ${kind.name} #${id}`);
  }
  return element;
}

/** Shows a text in an element, which is not there while it has none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === '';
}

/** Arrow keys, Home and End go through the elements that `list` gives; one of them is a stop of the Tab key.
 * @param {HTMLElement} host
 * @param {() => (HTMLElement | SVGElement)[]} list
 * @param {{next: string, previous: string}} keys
 */
export function rove(host, list, keys) {
  host.addEventListener('keydown', (event) => {
    const elements = list();
    const at = elements.findIndex((element) => element === document.activeElement);
    const to = { [keys.next]: at + 1, [keys.previous]: at - 1, Home: 0, End: elements.length - 1 }[event.key];
    if (at < 0 || to === undefined) {
      return;
    }
    event.preventDefault();
    const chosen = elements[(to + elements.length) % elements.length];
    for (const element of elements) {
      element.setAttribute('tabindex', element === chosen ? '0' : '-1');
    }
    chosen.focus();
  });
}
