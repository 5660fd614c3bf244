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

test('a name stands for the newest workload of it, where that leaves nothing open; the audit has who asked, by which request', {
  timeout: 60_000,
}, async () => {
  const {address, key} = await serverOnStage();
  const env = {NIYANTA_SERVER: address, NIYANTA_API_KEY: key};
  const file = await fileWith(nap('big', 'resources: {cpu: 900}'));
  const submit = async () => JSON.parse((await niyanta(['submit', file, '--json'], env)).stdout).workloads[0].id;
  const [first, second] = [await submit(), await submit()];
  expect((await niyanta(['workload', 'show', 'big'], env)).stdout).toContain(second);
  const unclear = await niyanta(['workload', 'cancel', 'big'], env);
  expect(unclear).toMatchObject({code: 64, stderr: expect.stringContaining('2 workloads called big have not ended')});
  expect((await niyanta(['workload', 'cancel', second], env)).code).toBe(0);
  expect((await niyanta(['workload', 'cancel', 'big'], env)).stdout).toContain(first);
  const none = await niyanta(['why', 'smal'], env);
  expect(none).toMatchObject({code: 64, stderr: expect.stringContaining('no workload with the id or name "smal"')});
  const refused = await niyanta(['workload', 'pause', 'big', '--json'], env);
  expect(JSON.parse(refused.stdout).error.request).toMatch(/^[0-9a-f-]{36}$/);
  const audit = await niyanta(['audit', '--workload', 'big', '--json'], env);
  const {events} = JSON.parse(audit.stdout);
  expect(events.at(-1)).toMatchObject({
    workload: second,
    to: 'CANCELLED',
    actor: {request: expect.stringMatching(/^[0-9a-f-]{36}$/)},
  });
  const text = (await niyanta(['audit', '-n', '2'], {...env, COLUMNS: '80'})).stdout;
  expect(text).toMatch(/^earlier ones: --before \d+\n/);
  expect(text).toContain('workload CANCELLED');
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
});
