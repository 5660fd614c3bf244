import type {StepContext} from './actions.ts';

/** Milliseconds between two figures of the same work: more than people read, and a log of it stays short. */
const apartMs = 100;

/** Passes on progress: every new message and every end at once, figures in between ten times a second at most. */
export function oftenEnough(now: () => number, tell: StepContext['onProgress']): StepContext['onProgress'] {
  let last: {readonly message: string; readonly at: number; readonly done?: number} | undefined;
  return (message, done, total) => {
    const same = last?.message === message;
    if (same && (done === last?.done || (done !== total && now() - last!.at < apartMs))) return;
    last = {message, at: now(), done};
    tell(message, done, total);
  };
}
