import {bytes} from '../engine/view/quantities-view.ts';
import {tell} from './output.ts';

/** Milliseconds between two lines about the same thing. */
const often = 5_000;

/** Tells how far copying has come: at its start, and now and then. Nothing with `--json`. */
export function volumeProgress({json}: {readonly json: boolean}): (message: string, done?: number) => void {
  let about = '';
  let told = 0;
  return (message, done) => {
    const now = performance.now();
    if (json || (message === about && now - told < often)) return;
    const far = message === about && done !== undefined ? `: ${bytes(done)}` : '';
    [about, told] = [message, now];
    tell(`${message}${far}`);
  };
}
