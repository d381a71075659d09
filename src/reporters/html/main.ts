import { redrawAll } from './canvas.js';
import { takeData } from './data.js';
import { distributions } from './distributions.js';
import { make } from './dom.js';
import { time } from './format.js';
import { scaleOf } from './scale.js';
import { nameOf, summary } from './summary.js';
import { Table } from './table.js';
import { waterfall } from './waterfall.js';

const data = takeData(document);
const { runs } = data;
const names = runs.map(nameOf);
const scale = scaleOf(runs);

const LEGEND = [
  ['before', 'before its request: waiting for a turn, look-up, connecting, earlier attempts'],
  ['waiting', 'waiting for the answer'],
  ['receiving', 'receiving the body'],
] as const;

function flights(): HTMLElement {
  const legend = make('ul', { class: 'legend' });
  for (const [phase, text] of LEGEND) legend.append(make('li', {}, make('span', { class: `key ${phase}` }), text));
  const section = make('section', { class: 'card flights' }, make('h2', {}, 'Every request on its way'), legend);
  for (const [i, run] of runs.entries()) {
    const name = names[i] ?? '';
    if (runs.length > 1) section.append(make('h3', {}, name, make('span', {}, time(run.duration))));
    section.append(waterfall(run, name, scale, runs.length > 1));
  }
  return section;
}

const main = document.querySelector('main');
const [first, ...rest] = runs;
if (main !== null && first !== undefined) {
  main.replaceChildren(
    summary(data),
    flights(),
    distributions(runs),
    new Table([first, ...rest], names, scale.origin).element,
  );
  document.title = `fetch-lengths: ${names.join(' and ')}`;
}

// Paper is white, whatever the screen is. The last listener: drawings and table have made themselves longer.
window.addEventListener('beforeprint', () => {
  document.documentElement.classList.add('printing');
  redrawAll();
});
window.addEventListener('afterprint', () => {
  document.documentElement.classList.remove('printing');
  redrawAll();
});
