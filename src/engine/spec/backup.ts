import type {ServiceName} from './stack.ts';

/** How a volume is backed up, all defaults in. Secrets stay `${secret:NAME}`. */
export interface VolumeBackup {
  /** As written; `parseBackupTarget` reads it. A relative folder is one from niyanta.yaml. */
  readonly to: string;
  /** When it is due; only by hand and before risky changes when absent. */
  readonly schedule?: string;
  /** IANA name, for the schedule. */
  readonly timeZone: string;
  readonly keep: BackupKeep;
  /** What is done so that the data is whole. */
  readonly before: BackupBefore;
  /** The service whose container is asked, frozen or stopped; the first that writes to the volume when absent. */
  readonly service?: ServiceName;
  /** How a backup is tried out after it was made; only its checksums are when absent. */
  readonly verify?: BackupVerify;
  readonly encrypt: BackupEncryption;
  readonly s3?: S3Access;
}

/** How many good ones stay, of the newest and of each of the newest periods (UTC). */
export interface BackupKeep {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

export type BackupBefore =
  /** All that writes to the volume on this host stands still while its files are read. */
  | {readonly kind: 'freeze'}
  /** It is stopped while its files are read, and started again. */
  | {readonly kind: 'stop'}
  /** Files are read as they are. */
  | {readonly kind: 'none'}
  /** Run in the container before its files are read. */
  | {readonly kind: 'exec'; readonly command: readonly string[]}
  /** The backup is what `dump` prints; `load` reads it on standard input. */
  | {readonly kind: 'stream'; readonly dump: readonly string[]; readonly load: readonly string[]}
  /** One database by pg_dump; as POSTGRES_DB and POSTGRES_USER of the container say when absent. */
  | {readonly kind: 'pg_dump'; readonly database?: string; readonly user?: string};

export interface BackupVerify {
  /** SQL, for PostgreSQL. */
  readonly query?: string;
  /** A program in the throw-away container that must end with 0. */
  readonly command?: readonly string[];
  /** An image that the host has, in place of the service's. */
  readonly image?: string;
  readonly timeoutMs: number;
}

export type BackupEncryption =
  | {readonly kind: 'none'}
  | {readonly kind: 'passphrase'; readonly passphrase: string}
  /** `identity` is needed for restoring alone, and may be given then. */
  | {readonly kind: 'recipients'; readonly recipients: readonly string[]; readonly identity?: string};

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where backups are kept. */
export type BackupTarget =
  | {readonly kind: 'folder'; readonly path: string}
  | {readonly kind: 'host'; readonly host: string; readonly path: string}
  | {readonly kind: 's3'; readonly bucket: string; readonly prefix: string};

export const BACKUP_TARGETS =
  'is no place for backups: write file:///path, ./path, /path, HOST:/path for a host of the project, or s3://BUCKET/PREFIX';

/** `h2:/backups`, `ssh://h2/backups`, `file:///backups`, `./backups`, `s3://bucket/prefix`; undefined when it is none. */
export function parseBackupTarget(text: string): BackupTarget | undefined {
  const s3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(text);
  if (s3) return {kind: 's3', bucket: s3[1]!, prefix: (s3[2] ?? '').replace(/^\/+|\/+$/g, '')};
  const host = /^ssh:\/\/([a-z0-9][a-z0-9-]*)(\/.+)$/.exec(text) ?? /^([a-z0-9][a-z0-9-]*):(\/(?!\/).+)$/.exec(text);
  if (host) return {kind: 'host', host: host[1]!, path: host[2]!.replace(/(?<=.)\/+$/, '')};
  if (/^(s3|ssh):/.test(text)) return undefined;
  const file = /^file:(?:\/\/)?(.+)$/.exec(text)?.[1] ?? text;
  return /^(\/|\.\.?\/)/.test(file) && !file.includes('\0') ? {kind: 'folder', path: file} : undefined;
}

/** The texts of a backup's settings that may hold `${secret:NAME}`. */
export function backupSecretTexts({encrypt, s3}: VolumeBackup): readonly string[] {
  return [
    ...(encrypt.kind === 'passphrase' ? [encrypt.passphrase] : []),
    ...(encrypt.kind === 'recipients' && encrypt.identity !== undefined ? [encrypt.identity] : []),
    ...(s3 ? [s3.accessKeyId, s3.secretAccessKey] : []),
  ];
}
