import type {ChildProcess} from 'node:child_process';
import {createInterface} from 'node:readline';

/** An event of `apply --json`. */
export interface AppliedEvent {
  readonly type: string;
  readonly operation?: string;
  readonly outcome?: string;
}

/** A `niyanta apply --json` that runs: what it says, when it said it, and how it ended. */
export class RunningApply {
  readonly events: AppliedEvent[] = [];
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;
  stderr = '';
  #waiting: {until: (event: AppliedEvent, all: readonly AppliedEvent[]) => boolean; tell: () => void}[] = [];

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdin!.end();
    child.stderr!.on('data', chunk => (this.stderr += chunk));
    createInterface({input: child.stdout!}).on('line', line => this.#take(line));
    this.ended = new Promise(resolve => child.once('close', code => resolve(code)));
  }

  /** Resolves at the first event for which it holds; fails when the command ends without. */
  async until(holds: (event: AppliedEvent, all: readonly AppliedEvent[]) => boolean): Promise<void> {
    if (this.events.some(event => holds(event, this.events))) return;
    const seen = new Promise<'seen'>(resolve => this.#waiting.push({until: holds, tell: () => resolve('seen')}));
    const first = await Promise.race([seen, this.ended]);
    if (first !== 'seen') throw new Error(`it ended with ${first} before:\n${this.stderr}`);
  }

  #take(line: string): void {
    const event = JSON.parse(line) as AppliedEvent;
    this.events.push(event);
    for (const {until, tell} of this.#waiting) if (until(event, this.events)) tell();
  }
}
