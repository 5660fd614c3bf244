import type {CheckpointRow, WorkloadRow} from '../store/store.ts';
import type {CarriedOut} from '../workers/carried-out.ts';
import {type Intent, stronger} from '../workers/intent.ts';
import {noCheckpoint} from '../workers/outside-failure.ts';

export interface AssignedParts {
  /** Something that its worker has to know. */
  readonly poke: () => void;
  readonly checkpoint: (why: CheckpointRow['why']) => Promise<CheckpointRow>;
  readonly onGone: () => void;
}

/** An attempt that a worker carries out by itself, as the leader has it: what is wanted of it, and whether it is over. */
export class AssignedAttempt implements CarriedOut {
  readonly id: string;
  readonly attempt: number;
  readonly worker: string;
  readonly row: WorkloadRow;
  readonly #parts: AssignedParts;
  readonly #gone = Promise.withResolvers<void>();
  #intent?: Intent;
  #over = false;
  #lost: boolean;

  constructor(row: WorkloadRow, parts: AssignedParts) {
    this.id = row.id;
    this.attempt = row.attempt;
    this.worker = row.worker ?? '';
    this.row = row;
    this.#parts = parts;
    this.#lost = row.state === 'LOST';
  }

  get over(): boolean {
    return this.#over;
  }

  get stopping(): boolean {
    return this.#intent !== undefined || this.#over;
  }

  get wanted(): Intent | undefined {
    return this.#intent;
  }

  /** The database has it as lost: its worker has to say that it runs. */
  get isLost(): boolean {
    return this.#lost;
  }

  async run(): Promise<void> {
    this.#parts.poke();
    await this.#gone.promise;
    this.#parts.onGone();
  }

  want(intent: Intent): void {
    if (this.#intent && !stronger(intent, this.#intent)) return;
    this.#intent = intent;
    this.#parts.poke();
  }

  /** Its end was told. Its place is free once its worker has removed what is left of it. */
  told(): void {
    this.#over = true;
  }

  /** Its worker has nothing of it any more. */
  left(): void {
    if (this.#over) this.#gone.resolve();
  }

  release(): void {
    this.#gone.resolve();
  }

  lost(): void {
    this.#lost = true;
    this.#parts.poke();
  }

  found(): void {
    this.#parts.poke();
  }

  /** It was said that it runs. */
  runs(): void {
    this.#lost = false;
  }

  async checkpoint(why: CheckpointRow['why']): Promise<CheckpointRow> {
    if (this.stopping) throw noCheckpoint('it does not run');
    return this.#parts.checkpoint(why);
  }
}
