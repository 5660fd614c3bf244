import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {restoreSecrets, secretFileLines} from '../../../src/engine/runtime/containers/secret-files.ts';
import {runtimeHash, specHash} from '../../../src/engine/runtime/hashes.ts';
import {secrets as toolkit} from '../../../src/engine/runtime/toolkit/secrets.ts';
import {sampleSpec} from './sample-spec.ts';

const id = 'shop-default-backend-2-1a2b3c';
const [uid, gid] = [process.getuid!(), process.getgid!()];
const files = [
  {name: 'text', target: '/run/secrets/text', mode: '0400', uid, gid},
  {name: 'vault/bytes', target: '/etc/bytes', mode: '0444', uid, gid},
];
const spec = (wish = {}) => sampleSpec({secretFiles: files, ...wish});
const bytes = Buffer.from([0, 255, 10, 39, 36]);
const contents = new Map([
  ['text', Buffer.from("it's $HOME\n\n").toString('base64')],
  ['vault/bytes', bytes.toString('base64')],
]);

let host: string;
beforeEach(async () => {
  host = await mkdtemp(join(tmpdir(), 'niyanta-secret-files-'));
  for (const folder of ['run', 'var/lib/niyanta', 'usr/local/lib/niyanta', 'bin'])
    await mkdir(join(host, folder), {recursive: true});
  await writeFile(join(host, 'usr/local/lib/niyanta/secrets'), here(toolkit), {mode: 0o755});
  // Nobody mounts anything here: the folder for tests passes for tmpfs.
  await writeFile(join(host, 'bin/stat'), '#!/bin/sh\necho tmpfs\n', {mode: 0o755});
});
afterEach(() => rm(host, {recursive: true}));

/** A script's text with its folders in a folder of the test's own. */
const here = (text: string) =>
  text.replace(/(?<![\w.])\/(run\/niyanta|var\/lib\/niyanta|usr\/local\/lib\/niyanta)/g, (_, path) => join(host, path));
const sh = (lines: readonly string[]) =>
  execFileSync('sh', ['-s'], {
    input: here(['set -eu', ...lines, ''].join('\n')),
    env: {PATH: `${host}/bin:${process.env.PATH}`},
    stdio: 'pipe',
  }).toString();
const boot = () => sh(['/usr/local/lib/niyanta/secrets boot']);
const mounted = (name = '') => join(host, 'run/niyanta/secrets', id, name);
const kept = (name = '') => join(host, 'var/lib/niyanta/secrets', id, name);
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('files are written as they are, with mode, onto tmpfs and to the disk, for root alone, and again when tried again', async () => {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    sh(secretFileLines(spec(), contents));
    for (const of of [mounted, kept]) {
      expect(await readFile(of('1'), 'utf8')).toBe("it's $HOME\n\n");
      expect((await readFile(of('2'))).equals(bytes)).toBe(true);
      expect([await mode(of('1')), await mode(of('2')), await mode(of())]).toEqual(['400', '444', '700']);
      expect(await mode(join(of(), '..'))).toBe('700');
      expect(await readdir(join(of(), '..'))).toEqual([id]);
    }
  }
});

test('a reboot empties tmpfs: boot and start put back what is kept, and leave alone what is there', async () => {
  sh(secretFileLines(spec(), contents));
  await rm(join(host, 'run/niyanta'), {recursive: true});
  await mkdir(kept('../half.new'));
  boot();
  expect(await readFile(mounted('1'), 'utf8')).toBe("it's $HOME\n\n");
  expect(await mode(mounted('2'))).toBe('444');
  expect(await readdir(mounted('..'))).toEqual([id]);
  await chmod(mounted('1'), 0o600);
  await writeFile(mounted('1'), 'newer');
  boot();
  sh([restoreSecrets(id)]);
  expect(await readFile(mounted('1'), 'utf8')).toBe('newer');
  await rm(join(host, 'run/niyanta'), {recursive: true});
  sh([restoreSecrets(id)]);
  expect(await readFile(mounted('1'), 'utf8')).toBe("it's $HOME\n\n");
  sh([restoreSecrets('unknown')]);
});

test('with atRest: none nothing is on the disk', async () => {
  sh(secretFileLines(spec({secretsAtRest: 'none'}), contents));
  expect(await readdir(mounted())).toEqual(['1', '2']);
  await expect(stat(kept('..'))).rejects.toThrow('ENOENT');
  boot();
});

test('a container without secret files costs nothing, and is the container that it was before there were any', () => {
  expect(secretFileLines(sampleSpec(), new Map())).toEqual([]);
  const {secretFiles: _, ...before} = {...sampleSpec(), secretFiles: undefined};
  expect([specHash(before), runtimeHash(before)]).toEqual([specHash(sampleSpec()), runtimeHash(sampleSpec())]);
  // Of this very spec, as the version before this one hashed it.
  expect([specHash(before), runtimeHash(before)]).toEqual(['e3e1f7a0d793196e', 'd51c2a781802a532']);
});
