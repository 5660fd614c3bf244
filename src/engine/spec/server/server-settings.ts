import type {WrittenServer} from './server-schema.ts';

/** What `niyanta serve` goes by, all defaults in. Durations in milliseconds; paths absolute; secrets stay `${secret:NAME}`. */
export interface ServerSettings extends Omit<WrittenServer, 'listen' | 'grpc' | 'tiers'> {
  readonly listen: ListenAddress;
  readonly grpc?: ListenAddress;
  readonly tiers: Readonly<Record<string, TierSettings>>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type TlsSettings = NonNullable<ServerSettings['tls']>;
export type OidcSettings = NonNullable<ServerSettings['oidc']>;
export type CheckpointStorageSettings = NonNullable<ServerSettings['checkpoints']>;

/** Of each customer of the tier. */
export interface TierSettings {
  /** Requests a second, and at once. */
  readonly rate: number;
  readonly burst: number;
  /** See `QueueSettings.tiers`. */
  readonly points: number;
  readonly share: number;
  /** Where a customer's own limits say nothing; none when absent. Cores, bytes. */
  readonly running?: number;
  readonly pending?: number;
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
}

/** Built in; a file may change them, and add others. A tier that says less than all has the rest of `standard`. */
export const builtInTiers = {
  free: {rate: 10, burst: 50, points: 0, share: 1},
  standard: {rate: 100, burst: 500, points: 50, share: 4},
  premium: {rate: 1000, burst: 5000, points: 100, share: 16},
} as const satisfies Readonly<Record<string, TierSettings>>;

/** One setting as people read it. */
export interface ServerSetting {
  /** `scheduling.preemption.enabled`. */
  readonly name: string;
  /** As written; never a secret. */
  readonly value: string;
  /** `flag --listen`, `NIYANTA_LISTEN`, `niyanta.yaml:12:5` or `default`. */
  readonly origin: string;
}
