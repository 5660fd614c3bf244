import {describe, expect, test} from 'vitest';
import {type BackupTarget, parseBackupTarget} from '../../../src/engine/spec/backup.ts';
import {errorsOf, readStack} from './reading.ts';

const stackWith = (backup: string): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db: {image: postgres:15, volumes: ["data:/data"]}
  web: {image: nginx}
volumes:
  data:
    backup: ${backup}
`;

const read = async (backup: string) => (await readStack(stackWith(backup))).volumes[0]!.backup!;

test('the least that is to be said, and what follows from it', async () => {
  expect(await read('{to: ./backups, encrypt: none}')).toEqual({
    to: './backups',
    encrypt: {kind: 'none'},
    timeZone: 'UTC',
    keep: {last: 7, hourly: 0, daily: 0, weekly: 0, monthly: 0},
    before: {kind: 'freeze'},
  });
});

test('all of it', async () => {
  const backup = await read(
    '{to: "s3://shop/db", schedule: "0 3 * * *", timeZone: Europe/Vilnius, keep: {daily: 7, weekly: 4}, service: db, ' +
      'before: {pg_dump: {database: app}}, verify: {query: "select 1", exec: [true], timeout: 5m}, ' +
      'encrypt: {passphrase: "${secret:phrase}"}, ' +
      's3: {endpoint: "https://s3.example", accessKeyId: "${secret:id}", secretAccessKey: "${secret:key}"}}',
  );
  expect(backup).toMatchObject({
    schedule: '0 3 * * *',
    keep: {last: 0, hourly: 0, daily: 7, weekly: 4, monthly: 0},
    before: {kind: 'pg_dump', database: 'app'},
    verify: {query: 'select 1', command: ['true'], timeoutMs: 300_000},
    encrypt: {kind: 'passphrase', passphrase: '${secret:phrase}'},
    s3: {region: 'us-east-1', accessKeyId: '${secret:id}'},
  });
});

test('an environment changes a part of it', async () => {
  const text = `${stackWith('{to: ./backups, encrypt: none}')}environments:\n  staging: {volumes: {data: {backup: {keep: 2}}}}\n  test: {volumes: {data: {backup: null}}}\n`;
  const staging = (await readStack(text, {environment: 'staging'})).volumes[0]!.backup;
  expect(staging).toMatchObject({to: './backups', keep: {last: 2}});
  expect((await readStack(text, {environment: 'test'})).volumes[0]!.backup).toBeUndefined();
});

describe('is refused, at its place', () => {
  test.each([
    ['{to: ./b}', /backup\.encrypt: is required and missing/],
    ['{to: "http://x", encrypt: none}', /backup\.to: is no place for backups/],
    ['{to: ./b, encrypt: none, schedule: "61 3 * * *"}', /backup\.schedule: is not a schedule/],
    ['{to: ./b, encrypt: none, schedule: "* * * * * *"}', /backup\.schedule: is not a schedule/],
    ['{to: ./b, encrypt: none, timeZone: Mars/Base}', /backup\.timeZone: is not a time zone/],
    ['{to: ./b, encrypt: none, keep: 0}', /backup\.keep/],
    ['{to: ./b, encrypt: none, keep: {daily: 0}}', /backup\.keep/],
    ['{to: ./b, encrypt: none, before: snapshot}', /backup\.before/],
    ['{to: ./b, encrypt: none, service: web}', /backup\.service: the service "web" does not mount the volume "data"/],
    ['{to: ./b, encrypt: {passphrase: hunter2}}', /backup\.encrypt.*/],
    ['{to: ./b, encrypt: {recipients: [me]}}', /backup\.encrypt/],
    ['{to: "s3://bucket", encrypt: none}', /backup\.s3/],
    ['{to: ./b, encrypt: none, verify: {query: "select ${secret:x}"}}', /verify\.query: a secret cannot be used here/],
  ])('%s', async (backup, error) => {
    const errors = await errorsOf(readStack(stackWith(backup)));
    expect(errors.join('\n')).toMatch(error);
    expect(errors.join('\n')).toMatch(/stack\.yaml:9:\d+ volumes\.data/);
  });
});

test.each<[string, BackupTarget | undefined]>([
  ['/backups', {kind: 'folder', path: '/backups'}],
  ['./backups', {kind: 'folder', path: './backups'}],
  ['file:///backups', {kind: 'folder', path: '/backups'}],
  ['h2:/srv/backups/', {kind: 'host', host: 'h2', path: '/srv/backups'}],
  ['ssh://h2/srv', {kind: 'host', host: 'h2', path: '/srv'}],
  ['s3://bucket', {kind: 's3', bucket: 'bucket', prefix: ''}],
  ['s3://my.bucket/a/b/', {kind: 's3', bucket: 'my.bucket', prefix: 'a/b'}],
  ['backups', undefined],
  ['s3://UPPER/x', undefined],
  ['ssh://user@h2/srv', undefined],
  ['h2:backups', undefined],
])('the place %s', (text, target) => expect(parseBackupTarget(text)).toEqual(target));
