import {z} from 'zod';

const verified = z.object({
  /** RFC 3339. */
  at: z.string(),
  ok: z.boolean(),
  /** What the check said: the first line of its query, or why it failed. */
  detail: z.string(),
});

const manifest = z.object({
  version: z.literal(1),
  id: z.string(),
  project: z.string(),
  stack: z.string(),
  environment: z.string(),
  volume: z.string(),
  host: z.string(),
  service: z.string().optional(),
  replica: z.number().optional(),
  /** files: a tar of the volume's folder. pg_dump: SQL of one database. stream: what a program printed. */
  kind: z.enum(['files', 'pg_dump', 'stream']),
  why: z.enum(['asked', 'schedule', 'before-change', 'before-destroy']),
  /** RFC 3339. The data is as it was at some moment between the two. */
  startedAt: z.string(),
  finishedAt: z.string(),
  /** Before compression, and as it is kept. */
  bytes: z.number(),
  stored: z.number(),
  /** Hex; of the data, and of what is kept. */
  contentSha256: z.string(),
  sha256: z.string(),
  compression: z.literal('zstd'),
  encryption: z.enum(['none', 'passphrase', 'recipients']),
  image: z.object({source: z.string(), name: z.string(), digest: z.string()}).optional(),
  /** Of PostgreSQL: the server's major version, and for files where in the volume its data is. */
  postgres: z
    .object({
      major: z.string(),
      folder: z.string().optional(),
      database: z.string().optional(),
      user: z.string().optional(),
    })
    .optional(),
  /** What reads a `stream` again. */
  load: z.array(z.string()).optional(),
  verified: verified.optional(),
});

/** What stands beside a backup's data, written last: without it there is no backup. Holds no secret. */
export type BackupManifest = Readonly<z.output<typeof manifest>>;
export type Verified = z.output<typeof verified>;

/** A manifest out of its file; undefined when it is none, or of a newer niyanta. */
export function readManifest(text: string): BackupManifest | undefined {
  try {
    return manifest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `20261121T030000Z-1a2b3c`: sorts by time. `random` is six hex digits. */
export const backupId = (at: Date, random: string): string =>
  `${at.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')}-${random}`;

export const isBackupId = (text: string): boolean => /^\d{8}T\d{6}Z-[0-9a-f]{6}$/.test(text);

export const dataName = (id: string): string => `${id}.backup`;
export const manifestName = (id: string): string => `${id}.json`;
