import {Cron} from 'croner';
import {z} from 'zod';
import {
  BACKUP_TARGETS,
  type BackupBefore,
  type BackupEncryption,
  parseBackupTarget,
  type VolumeBackup,
} from './backup.ts';
import {dnsName} from './names.ts';
import {duration} from './quantities.ts';
import {line} from './texts.ts';

const command = z.array(z.string().min(1)).min(1);

const secret = z
  .string()
  .regex(
    /^\$\{secret:[A-Za-z0-9_-]+\}$/,
    'must be a secret: write ${secret:NAME}, and set it with niyanta secret set NAME',
  );

const count = (what: string) => z.int().min(0).max(10_000).default(0).describe(what);

const keep = z.union([
  z
    .int()
    .min(1)
    .max(10_000)
    .transform(last => ({last, hourly: 0, daily: 0, weekly: 0, monthly: 0})),
  z
    .strictObject({
      last: count('The newest ones.'),
      hourly: count('The newest of each of so many hours.'),
      daily: count('The newest of each of so many days.'),
      weekly: count('The newest of each of so many weeks.'),
      monthly: count('The newest of each of so many months.'),
    })
    .refine(all => Object.values(all).some(n => n > 0), 'keeps nothing: set last, hourly, daily, weekly or monthly'),
]);

const before = z
  .union([
    z.enum(['freeze', 'stop', 'none', 'pg_dump']),
    z.strictObject({exec: command.describe('Program to run in the container before its files are read.')}),
    z.strictObject({
      dump: command.describe('Program in the container whose output is the backup.'),
      load: command.describe('Program in the container that reads it again on standard input.'),
    }),
    z.strictObject({
      pg_dump: z
        .strictObject({
          database: line.min(1).optional().describe('Database; POSTGRES_DB of the container when not given.'),
          user: line.min(1).optional().describe('Role to connect as; POSTGRES_USER of the container when not given.'),
        })
        .describe('pg_dump of a database, with its name said.'),
    }),
  ])
  .transform((value): BackupBefore => {
    if (typeof value === 'string') return {kind: value};
    if ('exec' in value) return {kind: 'exec', command: value.exec};
    return 'dump' in value ? {kind: 'stream', ...value} : {kind: 'pg_dump', ...value.pg_dump};
  });

const verify = z.strictObject({
  query: z.string().min(1).optional().describe('SQL that must work, for PostgreSQL; its first line is kept.'),
  exec: command.optional().describe('Program in the throw-away container that must end with 0.'),
  image: line.min(1).optional().describe("Image that the host has, in place of the service's."),
  timeout: duration('1s', '1d').prefault('10m').describe('How long starting and checking may take.'),
});

const encrypt = z
  .union([
    z.literal('none'),
    z.strictObject({passphrase: secret.describe('Passphrase, as ${secret:NAME}.')}),
    z.strictObject({
      recipients: z
        .array(z.string().regex(/^age1[a-z0-9]{58}$/, 'is no recipient of age (age1…), as age-keygen -y prints it'))
        .min(1)
        .describe('Public keys of age; any of their identities reads the backup.'),
      identity: secret.optional().describe('Identity (AGE-SECRET-KEY-1…) for restoring, as ${secret:NAME}.'),
    }),
  ])
  .transform((value): BackupEncryption => {
    if (value === 'none') return {kind: 'none'};
    return 'passphrase' in value ? {kind: 'passphrase', ...value} : {kind: 'recipients', ...value};
  });

/** How an S3 API is reached. */
export const s3Schema = z.strictObject({
  endpoint: z.url({protocol: /^https?$/}).describe('Address of the S3 API, without the bucket.'),
  region: line.default('us-east-1').describe('Region, as the server names it.'),
  accessKeyId: secret.describe('Access key, as ${secret:NAME}.'),
  secretAccessKey: secret.describe('Secret key, as ${secret:NAME}.'),
});

const backup = z.strictObject({
  to: line
    .refine(text => parseBackupTarget(text) !== undefined, BACKUP_TARGETS)
    .describe('Where backups are kept: file:///path, ./path, HOST:/path (a host of the project), s3://BUCKET/PREFIX.'),
  schedule: line
    .superRefine((cron, context) => {
      const wrong = wrongSchedule(cron);
      if (wrong !== undefined) context.addIssue(wrong);
    })
    .optional()
    .describe('When it is due, as cron writes it: "0 3 * * *". Done by `niyanta volume backup --due`.'),
  timeZone: line
    .refine(isTimeZone, 'is not a time zone such as Europe/Vilnius')
    .default('UTC')
    .describe('Time zone of the schedule.'),
  keep: keep.prefault(7).describe('How many good backups stay: a number of the newest, or by periods.'),
  before: before
    .prefault('freeze')
    .describe(
      'freeze, stop or none while files are read; pg_dump; a program to run before; or programs to dump and load.',
    ),
  service: dnsName('a service').optional().describe('Service that is asked; the first that writes to the volume.'),
  verify: verify.optional().describe('Restores each backup into a throw-away container and checks it there.'),
  encrypt: encrypt.describe('passphrase or recipients, with age; or none.'),
  s3: s3Schema.optional().describe('How the S3 API is reached.'),
});

const paired = (value: {readonly to?: string; readonly s3?: unknown}): boolean =>
  value.to === undefined || (parseBackupTarget(value.to)?.kind === 's3') === (value.s3 !== undefined);

const onLost = z.enum(['wait', 'reschedule']);

/** What a volume may say of itself. */
export const volumeSchema = z
  .strictObject({
    onLost: onLost
      .default('wait')
      .describe(
        'When its host is lost: wait for it and the data, or reschedule, which starts elsewhere with an empty volume (a cache).',
      ),
    backup: backup
      .refine(paired, {path: ['s3'], message: 'belongs to an s3:// place, and only to one: write both, or neither'})
      .optional()
      .describe('How the volume is backed up.'),
  })
  .nullable();

/** The same where an environment changes parts of it. */
export const volumeOverrideSchema = z
  .strictObject({
    onLost: onLost.optional().describe('What else happens when its host is lost.'),
    backup: backup.partial().nullable().optional().describe('What is different about its backups.'),
  })
  .nullable();

/** A checked backup as the rest of niyanta reads it. */
export function compileBackup({verify: check, ...rest}: z.output<typeof backup>): VolumeBackup {
  if (!check) return rest;
  const {exec, timeout, ...more} = check;
  return {...rest, verify: {...more, ...(exec && {command: exec}), timeoutMs: timeout}};
}

function wrongSchedule(cron: string): string | undefined {
  try {
    new Cron(cron, {paused: true, mode: '5-part'});
    return undefined;
  } catch {
    return 'is not a schedule: write minute, hour, day, month and weekday as cron does, for example "0 3 * * *"';
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', {timeZone: name});
    return true;
  } catch {
    return false;
  }
}
