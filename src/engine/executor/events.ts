/** What happens while a plan runs; progress on a terminal, JSON lines and history all read this. Times RFC 3339. */
export type ApplyEvent =
  | {
      readonly type: 'started';
      readonly at: string;
      readonly operations: number;
      /** Of the journal; absent where nothing is written down. */
      readonly run?: string;
    }
  | {readonly type: 'operation-started'; readonly at: string; readonly operation: string; readonly title: string}
  | {
      readonly type: 'operation-progress';
      readonly at: string;
      readonly operation: string;
      readonly message: string;
      readonly done?: number;
      readonly total?: number;
    }
  | {
      readonly type: 'operation-retried';
      readonly at: string;
      readonly operation: string;
      readonly attempt: number;
      readonly message: string;
    }
  | {
      readonly type: 'operation-finished';
      readonly at: string;
      readonly operation: string;
      readonly outcome: OperationOutcome;
      readonly durationMs: number;
      /** Of the error: `port-taken`, `host-unreachable`; with `message`. */
      readonly code?: string;
      readonly message?: string;
      /** Last log lines of what failed. */
      readonly log?: readonly string[];
    }
  | {readonly type: 'rollback-started'; readonly at: string; readonly reason: string}
  | {readonly type: 'operation-undone'; readonly at: string; readonly operation: string; readonly title: string}
  | ({readonly type: 'result'; readonly at: string} & ApplyResult);

export type OperationOutcome = 'done' | 'failed' | 'skipped' | 'undone' | 'cancelled';

export interface ApplyResult {
  readonly outcome:
    | 'unchanged'
    | 'applied'
    | 'rolled-back'
    | 'rollback-failed'
    | 'partly-applied'
    | 'failed'
    | 'cancelled';
  readonly serial: number;
  readonly operations: readonly {
    readonly id: string;
    readonly outcome: OperationOutcome;
    readonly durationMs: number;
    readonly error?: {readonly code: string; readonly message: string};
  }[];
  /** What could not be taken back or cleaned up, each with its place: `replace backend 2 on h1: …`. */
  readonly leftovers?: readonly string[];
  /** Hosts that were lost meanwhile, and gone on without: in quarantine until an apply reaches them. */
  readonly lost?: readonly string[];
}

export type OnEvent = (event: ApplyEvent) => void;
