// What must not reach a terminal from data: C0 and C1 controls, DEL (ECMA-48), line and paragraph separators, and the
// bidirectional controls that make text read other than it is (Unicode TR 36, "Trojan Source").
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
const NAMED: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e'};

/** One line of text from outside, safe to print: what a terminal would obey is shown as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** The same for a text of several lines: line ends stay, everything else that is unprintable is shown. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(line => printable(line.replaceAll('\t', '  ')));
}

/**
 * JSON that is safe on a terminal and in GitHub's log, too: still the same value, the C1 controls and separators as
 * \uXXXX, and so is what begins a command of GitHub's runner anywhere in a line.
 */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE_IN_JSON, jsonEscape).replaceAll('##[', '\\u0023#[');
}

const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const jsonEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function escaped(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
