import {printable} from './printable.ts';

const LONGEST = 300;

/**
 * Text from outside as code within a line of Markdown, also in a cell of a table: nothing in it is markup, a link, a
 * mention or the end of the cell.
 */
export function code(text: string): string {
  // Whether \\| ends a cell or not, programs disagree.
  const shown = printable(text).replaceAll('|', '\\x7c');
  if (shown.trim() === '') return '` `';
  const ticks = '`'.repeat(longestRun(shown, '`') + 1);
  const pad = /^`|`$|^ .* $/.test(shown) ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** Lines as a block of code that no line in it can end. */
export function fenced(lines: readonly string[], language: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n'), '`') + 1));
  return [`${fence}${language}`, ...lines.map(printable), fence];
}

/** A line of which no more is shown than a reader wants to see. */
export const short = (line: string): string =>
  line.length > LONGEST ? `${line.slice(0, LONGEST)}… (${line.length} characters)` : line;

/** A part that is folded until somebody opens it. The summary is HTML already: see `htmlCode`. */
export const folded = (summary: string, content: readonly string[]): string[] => [
  `<details><summary>${summary}</summary>`,
  '',
  ...content,
  '',
  '</details>',
];

/** Text from outside as code in HTML. */
export const htmlCode = (text: string): string =>
  `<code>${printable(text).replaceAll(/[&<>"'`|\\@#]/g, entity)}</code>`;

/** A table; its cells are Markdown already: see `code`. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  row(head.map((_, i) => (i === 0 ? '---' : '---:'))),
  ...rows.map(row),
];

/** A comment that nobody sees, by which a program finds again what it wrote. */
export const marker = (words: readonly string[]): string =>
  `<!-- ${words.map(word => word.replaceAll(/[^\w./-]/g, '_').replaceAll('--', '-_')).join(' ')} -->`;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const entity = (character: string): string => `&#${character.charCodeAt(0)};`;

const longestRun = (text: string, character: string): number =>
  Math.max(0, ...[...text.matchAll(new RegExp(`${character}+`, 'g'))].map(([run]) => run.length));
