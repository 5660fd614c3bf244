import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import {ask, Networked, stackOf, web} from './networking.ts';

const lab = sharedLab({hosts: 2});
let net: Networked;

const overrides = `environments:
  staging: {services: {web: {ports: ["8081:8080"]}}}
  production: {services: {web: {replicas: 2, ports: ["8082:8080"], env: {TOKEN: "\${secret:token}"}}}}
`;
const stack = `${stackOf(web('db', 'volumes: ["data:/data"]'), web('web', 'needs: [db], ports: ["8080:8080"]'))}volumes: {data: {}}\n${overrides}`;
const rules = `environments:
  preview-*: {quota: {replicas: 3, volumes: 1}, expires: 72h}
`;
const env = {NIYANTA_SECRET_TOKEN: 'token-4711'};
const run = (...words: string[]) => net.project.niyanta(words, {env});
const ok = (...words: string[]) => net.ok(words, {env});
const state = async () => JSON.parse(await readFile(join(net.project.directory, 'niyanta.lock.json'), 'utf8'));
const said = ({stdout, stderr}: {stdout: string; stderr: string}) => `${stdout}${stderr}`.replace(/\s+/g, ' ');

beforeAll(async () => {
  net = await Networked.of(lab(), stack, rules);
  await ok('apply', '--yes', '--env', 'staging');
});

test('two environments asking for one port: the plan names the other one, its service and the host', async () => {
  const {host} = (await net.replicas('--env', 'staging')).find(({service}) => service === 'web')!;
  const there = `placement: {require: {host: ${host}}}, ports: ["8081:8080"]`;
  await net.project.write('clash.yaml', stack.replace('replicas: 2, ports: ["8082:8080"]', there));
  const clash = await run('plan', '--env', 'production', '-f', 'clash.yaml');
  expect(clash.code).toBe(1);
  expect(said(clash)).toContain(`${host}: port 8081/tcp is taken by web 1 of net/staging`);
  expect(said(clash)).toContain('stop net/staging');
});

test('several environments live on the same hosts, apart', async () => {
  await ok('apply', '--yes', '--env', 'production');
  const [one, other] = await Promise.all([net.replicas('--env', 'staging'), net.replicas('--env', 'production')]);
  expect(one.map(({service}) => service)).toEqual(['db', 'web']);
  expect(other.map(({service}) => service)).toEqual(['db', 'web', 'web']);
  // Names, data and networks are each one's own.
  await net.inside('db', 'echo staging >/data/who', '--env', 'staging');
  expect(await net.inside('db', 'ls /data', '--env', 'production')).toBe('');
  expect(await net.inside('web', ask('db'), '--env', 'staging')).toBe('hello');
  const foreign = one.find(({service}) => service === 'db')!.address;
  expect(await net.inside('web/1', ask(foreign), '--env', 'production')).toBe('');
});

test('a preview is made without touching files, lives with --env everywhere, within its quota', async () => {
  const made = JSON.parse(
    await ok('env', 'create', 'preview-42', '--from', 'staging', '--set', 'services.web.ports=["8090:8080"]', '--json'),
  );
  expect(made).toMatchObject({environment: 'preview-42', from: 'staging', stack: 'net', renewed: false});
  expect(Date.parse(made.expires) - Date.now()).toBeGreaterThan(71 * 3_600_000);
  await ok('apply', '--yes', '--env', 'preview-42');
  expect((await net.replicas('--env', 'preview-42')).map(({service}) => service)).toEqual(['db', 'web']);
  expect(await net.planned('--env', 'preview-42')).toEqual([]);
  const ls = JSON.parse(await ok('env', 'ls', '--json')).environments;
  expect(ls.find((row: {environment: string}) => row.environment === 'preview-42')).toMatchObject({
    state: 'running',
    from: 'staging',
    expired: false,
  });
  await ok(
    'env',
    'create',
    'preview-42',
    '--from',
    'staging',
    '--set',
    'services.web.replicas=3',
    '--set',
    'services.web.ports=[]',
  );
  const over = await run('plan', '--env', 'preview-42');
  expect(over.code).toBe(1);
  expect(said(over)).toMatch(/niyanta\.yaml:\d+:\d+.*preview-42 asks for 4 replicas, its quota is 3: web 3, db 1/);
  const twice = await run('env', 'create', 'staging', '--from', 'production');
  expect([twice.code, said(twice)]).toEqual([64, expect.stringContaining('cannot be made by command')]);
});

test('what has expired is removed and forgotten, with its volumes when told; what lives on stays', async () => {
  await ok('env', 'create', 'preview-43', '--from', 'staging', '--expires', '1ms');
  await ok('env', 'create', 'preview-42', '--from', 'staging', '--expires', '1ms');
  const unsure = await run('env', 'rm', '--expired', '--volumes');
  expect(unsure.code).toBe(3);
  await ok('env', 'rm', '--expired', '--volumes', '--yes');
  expect(Object.keys((await state()).environments)).toEqual(['production', 'staging']);
  const left = await Promise.all(['h1', 'h2'].map(host => lab().sh(host, 'ls /run/netns /var/lib/niyanta/volumes')));
  expect(left.join('\n')).not.toContain('preview');
  expect((await net.replicas('--env', 'staging')).length).toBe(2);
  const gone = await run('apply', '--yes', '--env', 'preview-42');
  expect([gone.code, said(gone)]).toEqual([64, expect.stringContaining('there is no environment "preview-42"')]);
});

test('what ran in staging is promoted by digest, with the own overrides and secrets of production', async () => {
  const next = {files: {'/www/index.html': 'next\n'}};
  await net.project.write('server.tar', await busyboxArchive(next));
  await ok('apply', '--yes', '--env', 'staging');
  expect(await net.inside('web', ask('localhost'), '--env', 'staging')).toBe('next');
  const {differences} = JSON.parse(await ok('env', 'diff', 'staging', 'production', '--json'));
  const paths = differences.map(({path}: {path: string}) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['services.db.digest', 'services.web.replicas', 'services.web.env.TOKEN']),
  );
  expect(JSON.stringify(differences)).toContain('${secret:token}');
  // The archive of then is gone from this machine: hosts have it.
  await net.project.write('server.tar', await busyboxArchive({files: {'/www/index.html': 'later\n'}}));
  await ok('env', 'promote', 'staging', '--to', 'production', '--yes');
  expect(await net.inside('web/2', ask('localhost'), '--env', 'production')).toBe('next');
  expect(await net.inside('web/1', 'echo $TOKEN', '--env', 'production')).toBe('token-4711');
  const after = (await state()).environments;
  expect(after.production.images).toEqual(after.staging.images);
  expect(after.production.history.at(-1).promoted).toMatchObject({from: 'staging'});
  await ok('stop', 'web', '--yes', '--env', 'staging');
  const ill = await run('env', 'promote', 'staging', '--to', 'production', '--yes');
  expect([ill.code, said(ill)]).toEqual([1, expect.stringContaining('is not promoted')]);
});

test('two projects that ask for one port at one moment: one gets it, the other is told who has it', async () => {
  const race = stackOf(web('web', 'placement: {require: {host: h1}}, ports: ["8099:8080"]'));
  const tar = {'server.tar': await busyboxArchive()};
  const projects = await Promise.all(
    ['one', 'two'].map(async (name, index) => {
      const project = await lab().project(race, tar);
      const head = `apiVersion: niyanta/v1\nkind: Project\nname: ${name}\nlab: ${lab().name}\n`;
      await project.write('niyanta.yaml', `${head}network: {pool: 10.${91 + index}.0.0/16}\n`);
      return project;
    }),
  );
  const both = await Promise.all(projects.map(project => project.niyanta(['apply', '--yes'])));
  expect(both.map(({code}) => code === 0).sort(), both.map(said).join('\n')).toEqual([false, true]);
  const told = said(both.find(({code}) => code !== 0)!);
  expect(told).toMatch(
    /port 8099\/tcp (of this host is published by net-default-web-1|is taken by web 1 of net\/default \(project)/,
  );
  const rules = await lab().sh('h1', 'iptables-save -t nat | grep -c -e "CNI-HOSTPORT-DNAT .*dports 8099 "');
  expect(rules.trim()).toBe('1');
});
