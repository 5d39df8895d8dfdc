// SPDX-License-Identifier: MIT
/**
 * curves_legend - what the signs of a row of curves mean.
 */

/** @typedef {import('./curves_data.js').Row} Row */
/** @typedef {import('./curves_data.js').Series} Series */

/** What the signs mean. @param {Row} row */
export function legend(row) {
  const list = element('ul', 'keys');
  const series = row.panels[0]?.series ?? [];
  const marks = row.panels.flatMap((panel) => panel.series.flatMap((entry) => entry.marks));
  for (const entry of series) {
    list.append(key(entry.name, sample(entry)));
  }
  if (row.panels.some((panel) => panel.series.some((entry) => entry.theory.length > 0))) {
    list.append(key('theory', line({ 'stroke-dasharray': '5 4', 'stroke-width': '1.25' })));
  }
  if (marks.some((mark) => mark.least !== mark.most)) {
    list.append(key('least to most of the repeats', drawing('path', { d: 'M16 2V14M12 2H20M12 14H20', stroke: 'currentColor' })));
  }
  if (marks.some((mark) => mark.isHollow)) {
    list.append(key('hollow: the client was the limit', drawing('circle', { cx: '16', cy: '8', r: '4', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.5' })));
  }
  if (marks.some((mark) => mark.isBound)) {
    list.append(key('at least: not all were answered', drawing('path', { d: 'M16 15V2M12 6L16 2L20 6', fill: 'none', stroke: 'currentColor' })));
  }
  return list;
}

/** Points as Chart.js draws them. */
const outlines = {
  circle: 'M12 8A4 4 0 1 0 20 8A4 4 0 1 0 12 8Z',
  triangle: 'M16 4L19.5 10L12.5 10Z',
  rect: 'M13 5H19V11H13Z',
  rectRot: 'M16 4L20 8L16 12L12 8Z',
  crossRot: 'M13 5L19 11M19 5L13 11',
  star: 'M12 8H20M16 4V12M13 5L19 11M19 5L13 11',
};

/** @param {Series} entry */
function sample(entry) {
  const svg = line({ 'stroke-width': '2' });
  svg.append(draw('path', { d: outlines[entry.shape], fill: 'currentColor', stroke: 'currentColor' }));
  svg.style.color = `var(${entry.colour})`;
  return svg;
}

/** @param {Record<string, string>} attributes */
function line(attributes) {
  return drawing('path', { d: 'M1 8H31', stroke: 'currentColor', ...attributes });
}

/** @param {string} name @param {Record<string, string>} attributes */
function drawing(name, attributes) {
  const svg = draw('svg', { class: 'point', viewBox: '0 0 32 16', 'aria-hidden': 'true' });
  svg.append(draw(name, attributes));
  return svg;
}

/** @param {string} text @param {Element} picture */
function key(text, picture) {
  const item = element('li');
  item.append(picture, text);
  return item;
}

/** @param {string} name @param {Record<string, string>} attributes */
function draw(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  Object.entries(attributes).forEach(([attribute, value]) => made.setAttribute(attribute, value));
  return /** @type {SVGElement} */ (made);
}

/** @param {string} name @param {string} className @param {string} text */
export function element(name, className = '', text = '') {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
