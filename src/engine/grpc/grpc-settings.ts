/** Sizes in bytes, times in milliseconds. */
export interface GrpcSettings {
  /** Of one message that comes in; submissions bring their input files along. */
  readonly messageLimit: number;
  /** Of the messages of other calls. */
  readonly requestLimit: number;
  /** Calls at once on one connection. */
  readonly callsPerConnection: number;
  /** Between two signs of life that are asked of a client, and how long one may take. */
  readonly keepAliveMs: number;
  readonly keepAliveTimeoutMs: number;
  /** A connection without calls is closed after so long. */
  readonly idleMs: number;
  /** Who watches the health of this server at once. */
  readonly healthWatchers: number;
}

export const defaultGrpcSettings: GrpcSettings = {
  messageLimit: 16 * 1024 * 1024,
  requestLimit: 1024 * 1024,
  callsPerConnection: 200,
  keepAliveMs: 30_000,
  keepAliveTimeoutMs: 20_000,
  idleMs: 300_000,
  healthWatchers: 1000,
};
