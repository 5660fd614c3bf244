import type {Output} from '../hosts/connection.ts';

/** Told as a worker says it; see worker-script.ts. */
export interface WorkerEvents {
  readonly began: (id: number) => void;
  readonly ended: (id: number, output: Output) => void;
}

/** Reads what a worker says, however it is cut into pieces on its way. */
export class WorkerAnswers {
  readonly #events: WorkerEvents;
  #left: Buffer = Buffer.alloc(0);

  constructor(events: WorkerEvents) {
    this.#events = events;
  }

  feed(chunk: Buffer): void {
    this.#left = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    for (let taken = this.#take(); taken > 0; taken = this.#take()) this.#left = this.#left.subarray(taken);
  }

  /** Bytes of the first answer; 0 when it is not whole yet. */
  #take(): number {
    const line = this.#left.indexOf('\n');
    if (line < 0) return 0;
    const [word, id, code, out, err] = this.#left.subarray(0, line).toString().split(' ');
    if (word === 'began') {
      this.#events.began(Number(id));
      return line + 1;
    }
    const middle = line + 1 + Number(out);
    const end = middle + Number(err);
    if (this.#left.length < end) return 0;
    const stdout = this.#left.subarray(line + 1, middle).toString();
    const stderr = this.#left.subarray(middle, end).toString();
    this.#events.ended(Number(id), {code: Number(code), stdout, stderr});
    return end;
  }
}
