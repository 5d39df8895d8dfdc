// SPDX-License-Identifier: MIT
import { configure, endLabels, whiskers } from './curves_chart.js';
import { helloRows, looks, otherLooks, sweepRows } from './curves_data.js';
import { element, legend } from './curves_legend.js';

/** @typedef {import('./curves_data.js').PanelData} PanelData */
/** @typedef {import('./curves_data.js').Row} Row */
/** @typedef {import('./curves_chart.js').Palette} Palette */

/**
 * curves - a sweep's figures (or the hello table's) as curves: small charts side by side, one for each figure, with
 * theory dashed and the spread of the repeats as whiskers. Chart.js is globalThis.Chart.
 *
 *     const curves = createCurves(element, { select: (point, index) => …, hasHeadings: true });
 *     curves.update(document);   // as often as points are added
 *     curves.destroy();
 *
 * A mode has a colour and a point's shape of its own, and its name stands where its curve ends. Colours come from
 * lab.css; they change with the reader's scheme, and are the light ones on paper. What the curves say is for the caller
 * to say in a table, too: those who hear the page get a sentence about each chart and no more.
 *
 * @param {HTMLElement} container of the class curves
 * @param {{select?: (point: any, index: number) => boolean, hasHeadings?: boolean}} options
 */
export function createCurves(container, { select = () => true, hasHeadings = true } = {}) {
  /** @type {Map<string, Panel>} */
  const panels = new Map();
  const schemes = matchMedia('(prefers-color-scheme: dark)');
  const listening = new AbortController();
  let keys = '';

  /** @param {any} shown */
  function update(shown) {
    const rows = shown?.kind === 'hello' ? helloRows(shown) : sweepRows(shown, select);
    const wanted = rows.flatMap((row) => [row.title, row.sentence, ...row.panels.map((panel) => panel.key)]).join('\n');
    if (wanted !== keys) {
      keys = wanted;
      clear();
      container.replaceChildren(...rows.map(newRow));
    }
    for (const panel of rows.flatMap((row) => row.panels)) {
      panels.get(panel.key)?.show(panel);
    }
    rows.forEach((row, index) => container.children[index]?.querySelector('ul.keys')?.replaceWith(legend(row)));
  }

  /** @param {Row} row */
  function newRow(row) {
    const section = element('section');
    if (hasHeadings && row.title) {
      section.append(element('h3', '', row.title));
      section.append(...(row.sentence ? [element('p', '', row.sentence)] : []));
    }
    const grid = element('div', row.panels.some((panel) => panel.isTall) ? 'panels single' : 'panels');
    for (const panel of row.panels) {
      const made = new Panel(panel);
      panels.set(panel.key, made);
      grid.append(made.figure);
    }
    section.append(grid, legend(row));
    return section;
  }

  function clear() {
    panels.forEach((panel) => panel.destroy());
    panels.clear();
  }

  function recolour() {
    panels.forEach((panel) => panel.draw(readPalette(container)));
  }

  schemes.addEventListener('change', recolour, { signal: listening.signal });
  addEventListener('beforeprint', () => panels.forEach((panel) => panel.drawForPaper()), { signal: listening.signal });
  addEventListener('afterprint', () => panels.forEach((panel) => panel.drawForScreen()), { signal: listening.signal });

  return {
    update,
    destroy() {
      listening.abort();
      clear();
      container.replaceChildren();
    },
  };
}

// ---- one chart ----

class Panel {
  /** @param {PanelData} data */
  constructor(data) {
    this.figure = element('figure');
    const caption = element('figcaption', '', `${data.title} `);
    caption.append(element('span', '', data.unit));
    const plot = element('div', data.isTall ? 'plot tall' : 'plot');
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    plot.append(this.canvas);
    this.figure.append(caption, plot);
    /** @type {any} */
    this.chart = null;
    this.data = data;
  }

  /** @param {PanelData} data */
  show(data) {
    this.data = data;
    this.canvas.setAttribute('aria-label', spoken(data));
    this.draw(readPalette(this.figure));
  }

  /** @param {Palette} palette */
  draw(palette) {
    const { options, datasets } = configure(this.data, palette);
    if (this.chart) {
      this.chart.data.datasets = datasets;
      this.chart.options = options;
      this.chart.update('none');
    } else {
      const plugins = [whiskers, endLabels];
      this.chart = new globalThis.Chart(this.canvas, { type: 'line', data: { datasets }, options, plugins });
    }
  }

  /** In the light colours, in the size it has there, and fine enough for a printer. */
  drawForPaper() {
    this.draw({ ...readPalette(this.figure, true), pixelRatio: 3, scale: 0.75 });
    this.chart.resize(this.data.isTall ? 660 : 210, this.data.isTall ? 280 : 175);
  }

  drawForScreen() {
    this.draw(readPalette(this.figure));
    this.chart.resize();
  }

  destroy() {
    this.chart?.destroy();
  }
}

/** What the chart shows, in a sentence. @param {PanelData} data */
function spoken({ title, axis, series }) {
  const ends = series.map(({ name, marks }) => `${name} ${marks.at(-1)?.about[0]}`);
  return `${title}, against ${axis.title}. At the right end: ${ends.join('; ')}.`;
}

/** The colours in force there; or those for paper. @returns {Palette} */
function readPalette(place, isForPaper = false) {
  const probe = element('span', isForPaper ? 'paper' : '');
  probe.hidden = true;
  place.append(probe);
  const style = getComputedStyle(probe);
  const names = new Set(['--paper', '--ink', '--faint', '--line', ...[...Object.values(looks), ...otherLooks].map((look) => look.colour)]);
  const colours = new Map([...names].map((name) => [name, style.getPropertyValue(name).trim()]));
  probe.remove();
  return { of: (name) => colours.get(name) ?? '#808080', font: getComputedStyle(document.body).fontFamily, scale: 1 };
}
