// SPDX-License-Identifier: MIT
/**
 * pixels - what is painted on the canvases of a page.
 */

/** How many pixels of each canvas are painted. @param {import('playwright-core').Page} page @returns {Promise<number[]>} */
export function paintedPixels(page) {
  return page.locator('canvas').evaluateAll((canvases) => canvases.map((canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    const pixels = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    let painted = 0;
    for (let i = 3; i < pixels.length; i += 4) {
      painted += pixels[i] > 0 ? 1 : 0;
    }
    return painted;
  }));
}
