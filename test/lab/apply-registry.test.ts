import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const password = 'pull-me-7!$"y';
let registry: ChildProcess;
let address: string;
let project: TestProject;

beforeAll(async () => {
  address = `10.200.${lab().lab.number}.1:5001`;
  const folder = lab().scratch;
  await writeFile(join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbin', 'joe'], {input: password}));
  const config = [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}}`,
    `http: {addr: "${address}"}`,
    `auth: {htpasswd: {realm: lab, path: ${folder}/htpasswd}}`,
  ];
  await writeFile(join(folder, 'registry.yml'), config.join('\n'));
  registry = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], {stdio: 'ignore'});
  const stack = `
apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    image: ${address}/shop/web:1
    replicas: 2
    placement: {spread: host}
    stop: {signal: SIGKILL}
`;
  const registries = `registries:\n  "${address}": {http: true, username: joe, password: "\${secret:registry}"}\n`;
  project = await lab().project(stack, {}, registries);
  await push('first');
});
afterAll(() => {
  registry.kill();
});

const env = {NIYANTA_SECRET_REGISTRY: password};
const page = async () => (await project.niyanta(['exec', 'web', '--', 'cat', '/www/index.html'])).stdout.trim();

test('what a private registry needs is told before anything changes: its password, and the right one', async () => {
  const without = await project.niyanta(['apply', '--yes']);
  expect(without).toMatchObject({code: 64, stderr: expect.stringContaining('the secret registry has no value')});
  const wrong = await project.niyanta(['apply', '--yes'], {env: {NIYANTA_SECRET_REGISTRY: 'no-such-word'}});
  expect(wrong).toMatchObject({code: 1, stderr: expect.stringContaining('under registries in niyanta.yaml')});
  expect(wrong.stderr).not.toContain('no-such-word');
  expect(await lab().sh('h1', 'ctr -n niyanta containers ls -q')).toBe('');
});

test('a tag that moved is followed with --pull only, and --locked stays with what was', async () => {
  expect(await project.niyanta(['apply', '--yes'], {env})).toMatchObject({code: 0});
  expect(await page()).toBe('first');
  await push('second');
  for (const flags of [[], ['--locked']]) {
    const plan = await project.niyanta(['apply', '--yes', ...flags], {env});
    expect(plan).toMatchObject({code: 0, stdout: expect.stringContaining('Nothing to change')});
  }
  const pulled = await project.niyanta(['apply', '--pull', '--yes'], {env});
  expect(pulled, pulled.stderr).toMatchObject({code: 0});
  expect(pulled.stdout + pulled.stderr).not.toContain(password);
  expect(await page()).toBe('second');
});

/** The image of the tag, now with this page. */
async function push(text: string): Promise<void> {
  const path = join(lab().scratch, `${text}.tar`);
  await writeFile(path, await busyboxArchive({files: {'/www/index.html': `${text}\n`}}));
  execFileSync('skopeo', [
    'copy',
    '--quiet',
    '--retry-times=3',
    '--dest-tls-verify=false',
    `--dest-creds=joe:${password}`,
    `oci-archive:${path}`,
    `docker://${address}/shop/web:1`,
  ]);
}
