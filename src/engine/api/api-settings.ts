import {type CostRates, noCosts} from '../coordinator/requests/costs.ts';

/** Sizes in bytes, times in milliseconds. */
export interface ApiSettings {
  readonly bodyLimit: number;
  /** Of submissions, which bring their input files along. */
  readonly submissionLimit: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveMs: number;
  readonly maxConnections: number;
  /** Between two signs of life on a stream. */
  readonly heartbeatMs: number;
  /** What a reader of events may lag behind before it is cut off. */
  readonly socketBacklog: number;
  readonly maxSockets: number;
  /** Customers that have metrics of their own; the others count together. */
  readonly customersInMetrics: number;
  /** What an hour of what workloads reserve costs. */
  readonly costs: CostRates;
}

export const defaultApiSettings: ApiSettings = {
  bodyLimit: 1024 * 1024,
  submissionLimit: 16 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  keepAliveMs: 60_000,
  maxConnections: 10_000,
  heartbeatMs: 15_000,
  socketBacklog: 1024 * 1024,
  maxSockets: 1000,
  customersInMetrics: 100,
  costs: noCosts,
};
