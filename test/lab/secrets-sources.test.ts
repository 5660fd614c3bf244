import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});

const stack = (more = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    env: {TOKEN: "\${secret:vault/shop/token}"}
    secrets: [api_key, vault/shop/token]
    stop: {grace: 0s}
    ${more}
`;

/** A vault that counts how often it is asked. */
const vault = 'echo "$1" >>asked\n[ -e sealed ] && { echo "vault is sealed" >&2; exit 2; }\necho "value-of-$1"\n';

let project: TestProject;

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

const inside = async (command: string): Promise<string> => {
  const [id = ''] = await containersOn(lab(), 'h1');
  const pid = `$(ctr -n niyanta t ls | awk '$1 == "${id}" {print $2}')`;
  return lab().sh('h1', `nsenter -t ${pid} -m -p -r sh -c '${command}'`);
};

beforeAll(async () => {
  project = await lab().project(
    stack(),
    {'one.tar': await busyboxArchive(), vault},
    'secrets: {store: state, atRest: none, sources: [{prefix: vault/, command: [sh, ./vault, "${name}"]}]}\n',
  );
  await ok('secret', 'init');
  const set = await project.niyanta(['secret', 'set', 'api_key'], {input: 'kept-in-the-state-551'});
  expect(set.code, set.stderr).toBe(0);
});

test('values come from a command, asked once an apply, and from the state, where they are encrypted', async () => {
  await ok('apply', '--yes');
  expect(await readFile(join(project.directory, 'asked'), 'utf8')).toBe('shop/token\n');
  expect(await inside('cat /run/secrets/api_key /run/secrets/vault/shop/token')).toBe(
    'kept-in-the-state-551value-of-shop/token',
  );
  const lockFile = await readFile(join(project.directory, 'niyanta.lock.json'), 'utf8');
  expect(lockFile).toContain('BEGIN AGE ENCRYPTED FILE');
  expect(lockFile).not.toMatch(/kept-in-the-state|value-of-shop/);
  expect((await ok('plan', '--json')).json.operations).toEqual([]);
});

test('a vault that does not answer stops a plan before anything is touched, with its own words', async () => {
  const running = await runningOn(lab(), 'h1');
  await project.write('sealed', '');
  const failed = await project.niyanta(['apply', '--yes']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/vault\/shop\/token was not given by sh[\s\S]*vault is sealed/);
  expect(await runningOn(lab(), 'h1')).toEqual(running);
  await lab().sh('h1', 'test ! -e /var/lib/niyanta/secrets');
});

test('with atRest: none nothing is on the disk, and after a reboot the next apply brings the container back', async () => {
  await lab().reboot('h1');
  await lab().sh('h1', 'test ! -e /run/niyanta/secrets');
  const stuck = await project.niyanta(['plan']);
  expect(stuck.code).toBe(1);
  await project.write('vault', vault.replace('[ -e sealed ]', 'false'));
  const {json} = await ok('plan', '--json');
  expect(json.operations).toMatchObject([{kind: 'container', action: 'replace', service: 'web'}]);
  expect(json.operations[0].reason).toContain('secret files gone, as after a reboot');
  await ok('apply', '--yes');
  expect(await inside('cat /run/secrets/api_key')).toBe('kept-in-the-state-551');
});

test('what a service loosens is told once, when it is new', async () => {
  await project.write('stack.yaml', stack('capabilities: {add: [NET_RAW]}\n    mounts: ["/etc:/host:ro"]'));
  const plan = await ok('plan');
  expect(plan.stdout).toMatch(/Security: more than the defaults give\n {2}! web has the capability NET_RAW\n/);
  expect((await ok('plan', '--json')).json.security).toMatchObject([
    {service: 'web', what: 'capability', value: 'NET_RAW'},
    {service: 'web', what: 'host-mount', value: '/etc:ro'},
  ]);
  expect((await ok('plan', '--format', 'markdown')).stdout).toContain('web reads /etc of the host');
  await ok('apply', '--yes');
  expect(await inside('grep CapEff /proc/1/status')).toBe('CapEff:\t00000000800425fb\n');
  await project.write(
    'stack.yaml',
    stack('capabilities: {add: [NET_RAW]}\n    mounts: ["/etc:/host:ro"]\n    labels: {a: b}'),
  );
  expect((await ok('plan', '--json')).json).not.toHaveProperty('security');
});
