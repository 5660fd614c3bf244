import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, hostListing, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    command: [httpd, -f, -p, "8080", -h, /www]
    volumes: ["data:/data"]
    stop: {grace: 0s}
volumes: {data: {}}
`;
const archive = (text: string) => busyboxArchive({files: {'/www/index.html': text}});
const now = ['--older-than', '0s'];

let project: TestProject;
let other: TestProject;

async function ok(of: TestProject, ...words: string[]) {
  const done = await of.niyanta(words);
  expect(done.code, `${words.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
  return done;
}
const sh = (text: string) => lab().sh('h1', text);
const plan = async () => (await ok(project, 'gc', '--dry-run', ...now, '--json')).json;
const listing = () => hostListing(lab(), ['h1']);
const images = async () => (await sh('ctr -n niyanta images ls -q')).split('\n').filter(Boolean).sort();

/** As when someone took it out of the lock file: nothing of it is gone on the hosts. */
async function forget(environment: string) {
  const lock = JSON.parse(await readFile(join(project.directory, 'niyanta.lock.json'), 'utf8'));
  delete lock.environments[environment];
  await project.write('niyanta.lock.json', JSON.stringify(lock));
}

beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await archive('one')}, 'images: {keep: {releases: 1, days: 0}}\n');
  other = await lab().project(stack, {'web.tar': await archive('other')});
  await other.write(
    'niyanta.yaml',
    (await readFile(join(other.directory, 'niyanta.yaml'), 'utf8')).replace('name: test', 'name: beside'),
  );
  // Its state knows nothing of what it runs, either: it is another's all the same.
  await ok(other, 'apply', '--yes');
  await ok(project, 'apply', '--yes');
  await sh(
    'ctr -n niyanta images tag $(ctr -n niyanta images ls -q | grep /beside/) docker.io/library/theirs:1 >/dev/null',
  );
});

test('after an apply there is nothing to remove; doctor says so', async () => {
  expect(await plan()).toMatchObject({remove: [], kept: [], others: [{host: 'h1', project: 'beside', containers: 1}]});
  const {json} = await project.niyanta(['doctor', '--json']);
  expect(json.checks).toContainEqual({
    subject: 'host h1',
    check: 'what no state knows',
    status: 'ok',
    found: 'nothing',
  });
});

test('what an environment that no state knows has on a host is removed, its data only by name', async () => {
  const before = await listing();
  await ok(project, 'apply', '--yes', '--env', 'staging');
  await sh(`echo precious >/var/lib/niyanta/volumes/test.shop.staging/data/file
    id=$(ctr -n niyanta containers ls -q | grep ^shop-staging)
    ctr -n niyanta tasks rm -f $id; ctr -n niyanta containers rm $id; rm /var/lib/niyanta/containers/$id.*`);
  await ok(project, 'apply', '--yes', '--env', 'preview');
  await forget('staging');
  await forget('preview');
  const found = await plan();
  const kinds = (environment: string) =>
    found.remove.flatMap((one: {environment?: string; kind: string}) =>
      one.environment === environment ? [one.kind] : [],
    );
  expect(kinds('staging').sort()).toEqual(['fence', 'leftover', 'network']);
  expect(kinds('preview').sort()).toEqual(['container', 'copy', 'fence', 'network', 'volume']);
  expect(found.kept).toMatchObject([{what: 'volume test.shop.staging/data', bytes: expect.any(Number)}]);

  const asked = await project.niyanta(['gc', ...now]);
  expect(asked.code).toBe(3);
  expect(asked.stderr).toContain('container shop-preview-web-1-');
  await ok(project, 'gc', '--yes', ...now);
  expect(await sh('cat /var/lib/niyanta/volumes/test.shop.staging/data/file')).toBe('precious\n');
  expect(await plan()).toMatchObject({remove: [], kept: [{what: 'volume test.shop.staging/data'}]});
  await ok(project, 'gc', '--yes', '--volumes', 'staging', ...now);
  expect(await listing()).toEqual(before);
});

test('images stay by the rule: of containers, of the newest releases, of other projects', async () => {
  const [theirs, sent, one] = await images();
  expect([theirs, sent, one]).toEqual([
    'docker.io/library/theirs:1',
    expect.stringContaining('niyanta.local/beside/'),
    expect.stringContaining('niyanta.local/test/'),
  ]);
  await project.write('web.tar', await archive('two'));
  await ok(project, 'apply', '--yes');
  expect(await images()).toHaveLength(4);
  const {json} = await ok(project, 'gc', '--images', '--yes', '--json', ...now);
  expect(json.removed).toMatchObject([{kind: 'image', what: `image ${one}`, bytes: expect.any(Number)}]);
  expect(json.freed).toBeGreaterThan(0);
  const left = await images();
  expect(left).toHaveLength(3);
  expect(left).toEqual(expect.arrayContaining([theirs, sent]));
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);

  const yaml = await readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
  await project.write('niyanta.yaml', yaml.replace('days: 0', 'days: 0, afterApply: true'));
  await project.write('web.tar', await archive('three'));
  const {stderr} = await ok(project, 'apply', '--yes');
  const two = left.find(name => name.startsWith('niyanta.local/test/'));
  expect(stderr).toContain(`images: removed image ${two} from h1`);
  expect(await images()).toHaveLength(3);
  await project.write('niyanta.yaml', yaml);
});

test('a gc killed in the middle is done again; two at once take turns', async () => {
  await ok(project, 'apply', '--yes', '--env', 'staging');
  await forget('staging');
  const killed = project.start(['gc', '--yes', ...now]);
  await new Promise<void>(resolve =>
    killed.stderr!.on('data', (text: Buffer) => String(text).includes('removed from') && resolve()),
  );
  killed.kill('SIGKILL');
  const [first, second] = await Promise.all([
    project.niyanta(['gc', '--yes', ...now, '--lock-wait', '30s']),
    project.niyanta(['gc', '--yes', ...now, '--lock-wait', '30s']),
  ]);
  expect([first.code, second.code], `${first.stderr}${second.stderr}`).toEqual([0, 0]);
  expect((await plan()).remove).toEqual([]);
  expect(await sh('ls /var/lib/niyanta/containers /run/netns')).not.toContain('staging');
});

test('a state that was lost, or is an old copy, removes nothing', async () => {
  const before = await listing();
  const text = await readFile(join(project.directory, 'niyanta.lock.json'), 'utf8');
  const refused = async (code: string) => {
    const done = await project.niyanta(['gc', '--yes', ...now, '--json']);
    expect(done.json.error, done.stdout).toMatchObject({code, hint: expect.stringContaining('niyanta state rebuild')});
    expect(await listing()).toEqual(before);
  };
  await project.write('niyanta.lock.json', JSON.stringify({...JSON.parse(text), serial: 1, environments: {}}));
  await refused('gc-state-behind');
  await project.write('niyanta.lock.json', JSON.stringify({...JSON.parse(text), salt: 'bG9zdA==', environments: {}}));
  await refused('gc-state-strange');
  await rm(join(project.directory, 'niyanta.lock.json'));
  await refused('gc-state-empty');
  const {json} = await project.niyanta(['doctor', '--json']);
  expect(json.checks).toContainEqual(
    expect.objectContaining({check: 'what no state knows', status: 'failed', fix: expect.stringContaining('rebuild')}),
  );
  await project.write('niyanta.lock.json', text);
});
