import {setTimeout as after} from 'node:timers/promises';

interface Redrawing {
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** On a screen of its own, which is left as it was; ends with the signal. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';

/** Draws a text again and again, over the one before. Errors: those of `draw`. */
export async function redrawing({intervalMs, signal}: Redrawing, draw: () => Promise<string>): Promise<void> {
  const {stdout} = process;
  stdout.write(enter);
  try {
    while (!signal.aborted) {
      const lines = (await draw()).split('\n').slice(0, Math.max(1, (stdout.rows ?? 24) - 1));
      stdout.write(`${home}${lines.map(line => `${line}${restOfLine}\n`).join('')}${restOfScreen}`);
      await after(intervalMs, undefined, {signal}).catch(() => undefined);
    }
  } finally {
    stdout.write(leave);
  }
}
