// Draws what a command printed on a terminal, as SVG: how docs/plan.svg was made, in examples/shop after a few changes:
//   FORCE_COLOR=1 COLUMNS=100 niyanta plan | node scripts/plan-picture.mjs 'niyanta plan' > docs/plan.svg

import process from 'node:process';
import {text} from 'node:stream/consumers';

const size = 14;
const advance = 8.43;
const leading = 20;
const margin = 20;
const colours = {plain: '#d6deeb', faint: '#8b98ad', 31: '#ff8a80', 32: '#8bd49c', 33: '#f2cc60', 36: '#6cc7e6'};
/** What each number of an escape sequence changes. */
const effects = {
  0: () => ({}),
  1: style => ({...style, bold: true}),
  2: style => ({...style, faint: true}),
  22: ({colour}) => ({colour}),
  39: style => ({...style, colour: undefined}),
};

const command = process.argv[2] ?? 'niyanta plan';
const printed = (await text(process.stdin)).trimEnd().split('\n');
const lines = [[{words: `$ ${command}`, style: {faint: true}}], [], ...printed.map(pieces)];
const columns = Math.max(...lines.map(line => line.reduce((sum, {words}) => sum + words.length, 0)));
const width = Math.ceil(columns * advance + 2 * margin);
const height = lines.length * leading + 2 * margin;

process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>What ${escaped(command)} prints</title>
<rect width="100%" height="100%" rx="10" fill="#101722"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${size}">
${lines.map(drawn).filter(Boolean).join('\n')}
</g>
</svg>
`);

/** Runs of text in one style each. */
function pieces(line) {
  let style = {};
  return line.split(/\u001b\[([\d;]*)m/).flatMap((part, index) => {
    if (index % 2 === 0) return part === '' ? [] : [{words: part, style}];
    for (const number of part.split(';')) style = (effects[number] ?? (old => ({...old, colour: number})))(style);
    return [];
  });
}

function drawn(line, row) {
  if (line.length === 0) return '';
  const runs = line.map(({words, style}) => {
    const fill = colours[style.colour] ?? (style.faint ? colours.faint : colours.plain);
    return `<tspan fill="${fill}"${style.bold ? ' font-weight="700"' : ''}>${escaped(words)}</tspan>`;
  });
  const length = line.reduce((sum, {words}) => sum + words.length, 0);
  // The length keeps columns in line, whatever monospaced font the reader has.
  return `<text x="${margin}" y="${margin + row * leading + size}" textLength="${(length * advance).toFixed(1)}">${runs.join('')}</text>`;
}

function escaped(words) {
  // Spaces that no renderer folds together.
  return words.replaceAll(' ', '\u00a0').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
