import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {serverOnStage} from '../engine/client/server-on-stage.ts';
import {niyanta} from './run-niyanta.ts';

const nap = (name: string, fields = '') =>
  `apiVersion: niyanta/v1\nkind: Workload\nname: ${name}\ntype: sleep\nwith: {seconds: 0}\n${fields}\n`;

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-workloads-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await writeFile(join(folder, 'w.yaml'), text);
  return join(folder, 'w.yaml');
}

test('submit --wait ends with the code of the workload; why, show, cancel and ls tell of it', {
  timeout: 60_000,
}, async () => {
  const {address, key} = await serverOnStage();
  const env = {NIYANTA_SERVER: address, NIYANTA_API_KEY: key};
  const file = await fileWith(nap('bad').replace('seconds: 0', 'seconds: 0, exitCode: 9'));
  const waited = await niyanta(['submit', file, '--wait'], env);
  expect(waited).toMatchObject({code: 9, stdout: ''});
  expect(waited.stderr).toMatch(/^bad {2}[0-9a-f-]{36}\n(.*\n)*bad {2}failed.*: exit 9\n$/);
  const big = await niyanta(['submit', await fileWith(nap('big', 'resources: {cpu: 900}')), '--json'], env);
  const [{id}] = JSON.parse(big.stdout).workloads as [{id: string}];
  await expect.poll(async () => (await niyanta(['why', id], env)).stdout, {timeout: 20_000}).toContain('needs 900 CPU');
  expect((await niyanta(['workload', 'cancel', id], env)).stdout).toContain('CANCELLED');
  expect((await niyanta(['workload', 'show', id], env)).stdout).toMatch(/^big: CANCELLED\n/);
  const listed = await niyanta(['workload', 'ls', '--state', 'failed'], env);
  expect(listed.stdout.split('\n')[1]).toMatch(/bad +FAILED +h1 .*exit 9/);
});

test('without a key, without a server, without a file', {timeout: 60_000}, async () => {
  const env = {NIYANTA_SERVER: 'http://127.0.0.1:1'};
  const [noKey, noServer, noFile] = await Promise.all([
    niyanta(['workload', 'ls'], env),
    niyanta(['workload', 'ls'], {...env, NIYANTA_API_KEY: 'nyk_x'}),
    niyanta(['submit'], env),
  ]);
  expect(noKey).toMatchObject({code: 64, stderr: expect.stringContaining('NIYANTA_API_KEY is not set')});
  expect(noServer).toMatchObject({code: 1, stderr: expect.stringContaining('Start one with: niyanta serve')});
  expect(noServer.stderr).not.toContain('nyk_x');
  expect(noFile).toMatchObject({code: 64, stderr: expect.stringContaining('it is not said which file')});
});
