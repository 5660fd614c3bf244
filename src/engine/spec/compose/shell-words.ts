/**
 * A command line as words, as Compose splits one: quotes and backslashes as in a POSIX shell, nothing expanded.
 * Undefined when a quote is not closed.
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const char = line[at]!;
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end === -1) return undefined;
      word = (word ?? '') + line.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      const [text, end] = doubleQuoted(line, at + 1);
      if (end === undefined) return undefined;
      word = (word ?? '') + text;
      at = end;
    } else if (char === '\\' && at + 1 < line.length) {
      // A backslash at the end of a line joins it with the next.
      word = line[at + 1] === '\n' ? word : (word ?? '') + line[at + 1];
      at += 2;
    } else {
      word = (word ?? '') + char;
      at += 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function doubleQuoted(line: string, from: number): [string, number | undefined] {
  let text = '';
  for (let at = from; at < line.length; at += 1) {
    const char = line[at]!;
    if (char === '"') return [text, at + 1];
    if (char === '\\' && /["\\$`\n]/.test(line[at + 1] ?? '')) {
      at += 1;
      if (line[at] !== '\n') text += line[at];
    } else text += char;
  }
  return [text, undefined];
}

/** Words as one line that a shell, and Compose, splits into the same words again. */
export const shellLine = (words: readonly string[]): string =>
  words.map(word => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
