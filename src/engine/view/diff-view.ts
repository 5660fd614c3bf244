import {createTwoFilesPatch} from 'diff';
import type {Look, View} from './look.ts';
import {printableLines} from './printable.ts';

/** Two texts with the names that they go by: `serial 3` and `stack.yaml`. */
export interface TextPair {
  readonly before: {readonly name: string; readonly text: string};
  readonly after: {readonly name: string; readonly text: string};
}

/** A unified diff, as patch(1) reads it; nothing when the texts are the same. */
export const diffView: View<TextPair> = {text: diffText, json: pair => ({...pair, diff: unified(pair)})};

function unified({before, after}: TextPair): string {
  if (before.text === after.text) return '';
  const patch = createTwoFilesPatch(before.name, after.name, before.text, after.text, '', '', {context: 3});
  return patch.replace(/^=+\n/, '');
}

function diffText(pair: TextPair, {style}: Look): string {
  return printableLines(unified(pair).replace(/\n$/, ''))
    .map(line => {
      if (/^(---|\+\+\+) ?/.test(line)) return style.bold(line.trimEnd());
      if (line.startsWith('@@')) return style.cyan(line);
      if (line.startsWith('+')) return style.green(line);
      if (line.startsWith('-')) return style.red(line);
      return line;
    })
    .join('\n');
}
