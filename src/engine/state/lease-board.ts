import type {EnvironmentName} from '../spec/stack.ts';
import type {LeaseRecord} from './lease-record.ts';

/** What comes of looking at a lease record. */
export interface Decision<T> {
  /** Kept in its place; absent when it stays as it is. */
  readonly record?: LeaseRecord;
  /** Wait for the disk: the fence must never go back, while all the rest ends with a power cut. */
  readonly durable?: boolean;
  readonly result: T;
}

/** Where a store keeps its lease records, and the clock that counts for them. */
export interface LeaseBoard {
  /**
   * Decides on an environment's record as it stands; nobody changes it in between. `now` is milliseconds by the store's
   * clock. `decide` has no effects: it is called again when somebody was faster.
   */
  transact<T>(
    environment: EnvironmentName,
    decide: (record: LeaseRecord, now: number) => Decision<T>,
    options?: {/** Gives up, with its reason. */ readonly signal?: AbortSignal},
  ): Promise<T>;
  /** Every environment that has a record, with it. */
  all(): Promise<{
    readonly now: number;
    readonly records: readonly {readonly environment: EnvironmentName; readonly record: LeaseRecord}[];
  }>;
}
