import {ansiStyle, type Look, plainStyle} from '../engine/view/look.ts';

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How a stream is looked at: colours by no-color.org, FORCE_COLOR, TERM and `--no-color`; its width when known. */
export function lookOf(stream: OutputStream, env: NodeJS.ProcessEnv, noColor: boolean, now: Date): Look {
  const columns = stream.isTTY ? stream.columns || 80 : Number(env.COLUMNS) || Number.POSITIVE_INFINITY;
  return {style: coloured(stream, env, noColor) ? ansiStyle : plainStyle, columns, now};
}

function coloured(stream: OutputStream, env: NodeJS.ProcessEnv, noColor: boolean): boolean {
  if (noColor || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0';
  return Boolean(stream.isTTY) && env.TERM !== 'dumb';
}
