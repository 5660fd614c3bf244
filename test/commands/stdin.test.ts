import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {niyanta} from '../lab/harness/niyanta-cli.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'niyanta-stdin-'));
  await writeFile(join(directory, 'niyanta.yaml'), 'apiVersion: niyanta/v1\nkind: Project\nname: a\nhosts: {}\n');
});
afterAll(() => rm(directory, {recursive: true}));

test.each(['validate', 'plan'])('%s -f - tells what is no text as such', {timeout: 30_000}, async command => {
  const ended = await niyanta([command, '-f', '-'], {cwd: directory, input: Buffer.from([0x6e, 0xff, 0xfe, 0xc3])});
  expect(ended).toMatchObject({code: 64, stdout: ''});
  expect(ended.stderr).toMatch(/<stdin>.*UTF-8/);
});
