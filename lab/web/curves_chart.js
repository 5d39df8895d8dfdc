// SPDX-License-Identifier: MIT
/**
 * curves_chart - what Chart.js is asked for, and what it does not draw itself: whiskers, and names where curves end.
 */

/** @typedef {import('./curves_data.js').PanelData} PanelData */
/** @typedef {import('./curves_data.js').Series} Series */
/** @typedef {import('./curves_data.js').Axis} Axis */
/** `scale`: of texts and points. @typedef {{of: (name: string) => string, font: string, scale: number, pixelRatio?: number}} Palette */

/** What Chart.js is asked for. @param {PanelData} data @param {Palette} palette */
export function configure(data, palette) {
  const drawn = data.series.flatMap(({ marks, theory }) => [...marks.flatMap(({ y, least, most }) => [y, least, most]), ...theory.map(({ y }) => y)]);
  const values = drawn.filter((value) => value > 0);
  const isLogarithmic = data.axis.isLogarithmic && Math.max(...values) / Math.min(...values) > 8;
  return {
    datasets: data.series.flatMap((series) => [theoryOf(series, palette), measuredOf(series, palette)]),
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      devicePixelRatio: palette.pixelRatio,
      events: ['mousemove', 'mouseout', 'touchstart', 'touchmove'],
      interaction: { mode: 'nearest', intersect: false },
      layout: { padding: { top: 8, right: 8 + longestName(data.series) * 7 * palette.scale } },
      font: { family: palette.font, size: 12 * palette.scale },
      color: palette.of('--ink'),
      scales: { x: horizontal(data.axis, palette), y: vertical(data, values, isLogarithmic, palette) },
      plugins: {
        legend: { display: false },
        tooltip: tooltip(data, palette),
        whiskers: { palette },
        endLabels: { palette },
      },
    },
  };
}

/** @param {Series[]} series */
function longestName(series) {
  return Math.max(0, ...series.map(({ name }) => name.length));
}

/** @param {Series} series @param {Palette} palette */
function measuredOf(series, palette) {
  const colour = palette.of(series.colour);
  return {
    label: series.name,
    isMeasured: true,
    data: series.marks,
    borderColor: colour,
    borderWidth: 2 * palette.scale,
    clip: false,
    pointStyle: series.shape,
    pointRadius: 4 * palette.scale,
    pointHoverRadius: 5,
    pointBorderColor: colour,
    pointBorderWidth: 1.5,
    pointBackgroundColor: series.marks.map((mark) => (mark.isHollow ? palette.of('--paper') : colour)),
    pointHitRadius: 12,
    segment: { borderColor: ({ p1DataIndex }) => (series.marks[p1DataIndex].isBound ? 'transparent' : undefined) },
  };
}

/** @param {Series} series @param {Palette} palette */
function theoryOf(series, palette) {
  return {
    label: `${series.name}, theory`,
    isMeasured: false,
    data: series.theory,
    borderColor: palette.of(series.colour),
    borderDash: [5, 4],
    borderWidth: 1.25 * palette.scale,
    clip: false,
    pointRadius: 0,
    pointHitRadius: 0,
    pointHoverRadius: 0,
  };
}

/** @param {Axis} axis @param {Palette} palette */
function horizontal(axis, palette) {
  const [least, most] = [axis.values[0] ?? 0, axis.values.at(-1) ?? 1];
  const margin = axis.values.length > 1 ? 0 : 1; // a single place stands in the middle
  return {
    type: axis.isLogarithmic ? 'logarithmic' : 'linear',
    min: least - margin,
    max: most + margin,
    title: { display: true, text: axis.title, color: palette.of('--faint'), font: { size: 12 * palette.scale }, padding: { top: 0 } },
    grid: { display: false, borderColor: palette.of('--line') },
    ticks: { color: palette.of('--faint'), maxRotation: 0, autoSkipPadding: 6, font: { size: 11 * palette.scale }, callback: (value) => axis.labels[axis.values.indexOf(value)] ?? null },
    afterBuildTicks: (scale) => {
      scale.ticks = axis.values.map((value) => ({ value }));
    },
  };
}

/** @param {PanelData} data @param {number[]} values @param {boolean} isLogarithmic @param {Palette} palette */
function vertical(data, values, isLogarithmic, palette) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const decades = Math.log10(most / least);
  return {
    type: isLogarithmic ? 'logarithmic' : 'linear',
    min: isLogarithmic ? least * 0.8 : 0,
    max: isLogarithmic ? most * 1.25 : undefined,
    grid: { color: palette.of('--line'), drawBorder: false, drawTicks: false, lineWidth: 0.75 },
    ticks: { color: palette.of('--faint'), padding: 6, font: { size: 11 * palette.scale }, maxTicksLimit: isLogarithmic ? 12 : 6, callback: (value) => (isLogarithmic && !isRound(value, decades) ? null : value === 0 ? '0' : data.format(value)) },
  };
}

/** Which marks of a logarithmic axis are worth a line. */
function isRound(value, decades) {
  const first = Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(6));
  return first === 1 || (decades < 2.5 && (first === 2 || first === 5)) || (decades < 1.2 && first === 3);
}

/** @param {PanelData} data @param {Palette} palette */
function tooltip(data, palette) {
  return {
    filter: ({ dataset }) => dataset.isMeasured,
    backgroundColor: palette.of('--ink'),
    titleColor: palette.of('--paper'),
    bodyColor: palette.of('--paper'),
    displayColors: false,
    cornerRadius: 3,
    padding: 8,
    callbacks: {
      title: ([item]) => (item ? `${item.dataset.label}, ${data.axis.labels[data.axis.values.indexOf(item.raw.x)]} ${data.axis.title}` : ''),
      label: (item) => item.raw.about,
    },
  };
}

/** From the least to the most of the repeats; an arrow where the figure is only a lower bound. */
export const whiskers = {
  id: 'whiskers',
  beforeDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    forEachMark(chart, (point, mark, dataset) => {
      const [top, bottom] = [scales.y.getPixelForValue(mark.most), scales.y.getPixelForValue(mark.least)];
      ctx.save();
      ctx.strokeStyle = dataset.borderColor;
      ctx.lineWidth = 1;
      ctx.beginPath();
      if (Math.abs(bottom - top) > 2) {
        lines(ctx, [point.x, top, point.x, bottom], [point.x - 3, top, point.x + 3, top], [point.x - 3, bottom, point.x + 3, bottom]);
      }
      if (mark.isBound) {
        lines(ctx, [point.x, point.y, point.x, point.y - 14], [point.x - 3, point.y - 10, point.x, point.y - 14], [point.x + 3, point.y - 10, point.x, point.y - 14]);
      }
      ctx.stroke();
      ctx.restore();
    });
  },
};

/** @param {any} ctx @param {...number[]} strokes */
function lines(ctx, ...strokes) {
  for (const [fromX, fromY, toX, toY] of strokes) {
    ctx.moveTo(fromX, fromY);
    ctx.lineTo(toX, toY);
  }
}

function forEachMark(chart, visit) {
  chart.data.datasets.forEach((dataset, index) => {
    if (dataset.isMeasured) {
      chart.getDatasetMeta(index).data.forEach((point, place) => visit(point, dataset.data[place], dataset));
    }
  });
}

/** A curve's name where it ends, moved up or down where two would stand on each other. */
export const endLabels = {
  id: 'endLabels',
  afterDatasetsDraw(chart, _, { palette }) {
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.font = `${12 * palette.scale}px ${palette.font}`;
    ctx.textBaseline = 'middle';
    for (const label of apart(lastPoints(chart), chartArea.bottom, 13 * palette.scale)) {
      ctx.fillStyle = label.colour;
      ctx.fillText(label.text, chartArea.right + 9, label.y);
    }
    ctx.restore();
  },
};

function lastPoints(chart) {
  return chart.data.datasets
    .map((dataset, index) => ({ dataset, point: chart.getDatasetMeta(index).data.at(-1) }))
    .filter(({ dataset, point }) => dataset.isMeasured && point)
    .map(({ dataset, point }) => ({ text: dataset.label, colour: dataset.borderColor, y: point.y }));
}

/** @param {{text: string, colour: string, y: number}[]} labels @param {number} bottom @param {number} height of one */
function apart(labels, bottom, height) {
  const sorted = labels.sort((one, other) => one.y - other.y);
  sorted.forEach((label, index) => {
    label.y = index > 0 ? Math.max(label.y, sorted[index - 1].y + height) : label.y;
  });
  let limit = bottom;
  for (const label of sorted.reverse()) {
    label.y = Math.min(label.y, limit);
    limit = label.y - height;
  }
  return sorted;
}
