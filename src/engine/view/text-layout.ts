import {createRequire} from 'node:module';

// Loaded by the first text that is not plain ASCII: its tables of Unicode take 20 ms, as long as Node's own start.
const require = createRequire(import.meta.url);
let stringWidth: ((text: string) => number) | undefined;

/** Columns that a text takes on a terminal: wide characters count 2, combining ones and SGR sequences 0. */
export function width(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  stringWidth ??= (require('string-width') as typeof import('string-width')).default;
  return stringWidth(text);
}

/** Filled with spaces to this many columns, on the right. */
export const padRight = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - width(text)));

/** Filled with spaces to this many columns, on the left. */
export const padLeft = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - width(text))) + text;

/** At most this many columns, an ellipsis for what is left out. For plain text, without SGR sequences. */
export function truncate(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const [kept] = cut(text, Math.max(0, columns - 1));
  return columns < 1 ? '' : `${kept}…`;
}

/** Lines of at most this many columns, broken at spaces where there are any. For plain text. */
export function wrap(text: string, columns: number): string[] {
  const limit = Math.max(8, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (width(longer) <= limit) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (width(line) > limit) {
      const [head, tail] = cut(line, limit);
      lines.push(head);
      line = tail;
    }
  }
  return [...lines, line];
}

/** Wrapped, every line after a prefix: the first one's own, spaces of its width for the others. */
export function hanging(prefix: string, text: string, columns: number): string[] {
  const indent = ' '.repeat(width(prefix));
  return wrap(text, columns - width(prefix)).map((line, i) => `${i === 0 ? prefix : indent}${line}`.trimEnd());
}

/** Whole graphemes that fit, and the rest. Takes at least one, so that cutting in a loop ends. */
function cut(text: string, columns: number): [string, string] {
  let used = 0;
  let at = 0;
  for (const {segment} of new Intl.Segmenter(undefined, {granularity: 'grapheme'}).segment(text)) {
    const next = used + width(segment);
    if (next > columns && at > 0) break;
    used = next;
    at += segment.length;
  }
  return [text.slice(0, at), text.slice(at)];
}
