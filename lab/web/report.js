// SPDX-License-Identifier: MIT
// What a report runs behind curves.js, in the same inline module: draws each row of curves from the documents in the
// page. The tables below the curves say the same in words and figures.
{
  const documents = JSON.parse(document.getElementById('documents').textContent);

  for (const place of document.querySelectorAll('.curves[data-document]')) {
    const indices = new Set(place.dataset.points.split(' ').filter(Boolean).map(Number));
    const curves = createCurves(place, { select: (_, index) => indices.has(index), hasHeadings: false });
    curves.update(documents[Number(place.dataset.document)]);
  }
}
