import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {get} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {niyanta, root} from './run-niyanta.ts';

let folder: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-settings-'));
  await writeFile(join(folder, 'niyanta.yaml'), `${head('Project')}name: demo\nserver: {keep: {audit: 40d}}\n`);
});
afterAll(async () => {
  if (child?.exitCode === null) {
    const ended = new Promise(resolve => child!.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, {recursive: true});
});

const head = (kind: string): string => `apiVersion: niyanta/v1\nkind: ${kind}\n`;
const settings = (text: string) =>
  writeFile(join(folder, 'server.yaml'), `${head('Server')}listen: 127.0.0.1:0\n${text}`);
const words = ['serve', '--config', 'server.yaml'];

/** `niyanta serve` in a process of its own, and what it says. */
async function serve(data = 'data') {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NIYANTA_')));
  const started = spawn(process.execPath, [`${root}bin/dev.js`, ...words, '--json', '--data', data], {
    cwd: folder,
    env: {...env, NIYANTA_KEEP_WORKLOADS: '5d'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let said = '';
  let log = '';
  started.stdout.on('data', chunk => {
    said += chunk;
  });
  started.stderr.on('data', chunk => {
    log += chunk;
  });
  await expect.poll(() => said.trimEnd().endsWith('}') || `${said}${log}`, {timeout: 60_000}).toBe(true);
  const {address, adminKey} = JSON.parse(said) as {address: string; adminKey: string};
  const headers = {Authorization: `Bearer ${adminKey}`};
  const ask = async (method: string, path: string) => {
    const answer = await fetch(`${address}${path}`, {method, headers});
    return {status: answer.status, body: await answer.json()};
  };
  const events = async (type: string) => {
    const {body} = await ask('GET', `/v1/audit?type=${type}&limit=100`);
    return (body.items as {type: string; actor: {name: string}; data: object}[]).filter(event => event.type === type);
  };
  return {process: started, address, headers, ask, events, log: () => log};
}

test('settings are read again by SIGHUP and over the API; what is wrong changes nothing, and is told', async () => {
  await settings('scheduling: {preemption: {enabled: false}}\n');
  const served = await serve();
  const settingOf = async (name: string) => {
    const {body} = await served.ask('GET', '/v1/settings');
    const {value, origin} = body.items.find((one: {name: string}) => one.name === name);
    return [value, origin];
  };
  expect(await settingOf('keep.audit')).toEqual(['40d', 'niyanta.yaml:4:24']);
  expect(await settingOf('keep.workloads')).toEqual(['5d', 'NIYANTA_KEEP_WORKLOADS']);
  expect(await settingOf('data')).toEqual(['data', 'flag --data']);

  await settings('scheduling: {preemption: {enabled: true}}\nlog: {level: debug}\nfailures: {lost: 30s}\n');
  served.process.kill('SIGHUP');
  await expect
    .poll(() => served.events('settings.reloaded'), {timeout: 20_000})
    .toMatchObject([
      {
        actor: {name: 'signal:SIGHUP'},
        data: {atRunTime: ['log.level', 'scheduling.preemption.enabled'], atRestart: ['failures.lost']},
      },
    ]);
  expect(await settingOf('scheduling.preemption.enabled')).toEqual(['true', 'server.yaml:4:36']);
  // It waits for the next start: what counts now is what it was started with.
  expect(await settingOf('failures.lost')).toEqual(['10s', 'default']);
  await expect.poll(served.log).toContain('from the next start on: failures.lost');
  // At this level requests are told, which they were not before.
  await served.ask('GET', '/v1/workers');
  await expect.poll(served.log).toMatch(/"route":"\/v1\/workers".*"msg":"answered"/);

  await settings('scheduling: {preemption: {enabled: maybe}}\nlog: {level: error}\n');
  served.process.kill('SIGHUP');
  const place = 'server.yaml:4:36 scheduling.preemption.enabled';
  await expect
    .poll(() => served.events('settings.refused'), {timeout: 20_000})
    .toMatchObject([{data: {wrong: [expect.stringContaining(place)]}}]);
  expect(await settingOf('scheduling.preemption.enabled')).toEqual(['true', 'server.yaml:4:36']);
  expect(served.log()).toContain('all stays as it was');
  const refused = await served.ask('POST', '/v1/settings/reload');
  expect([refused.status, refused.body.errors]).toMatchObject([400, [{pointer: '#/scheduling/preemption/enabled'}]]);

  await settings('scheduling: {preemption: {enabled: false}}\n');
  expect(await served.ask('POST', '/v1/settings/reload')).toEqual({
    status: 200,
    body: {atRunTime: ['log.level', 'scheduling.preemption.enabled'], atRestart: []},
  });
  expect(await settingOf('scheduling.preemption.enabled')).toEqual(['false', 'server.yaml:4:36']);
  expect((await served.events('settings.reloaded')).at(-1)!.actor.name).toMatch(/^key:/);

  const ended = new Promise(resolve => served.process.once('exit', resolve));
  served.process.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('of a renewed certificate the metric tells the end, as soon as it is read again', async () => {
  const at = (name: string) => join(folder, name);
  const made = (days: number) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost'];
    const files = ['-keyout', at('api.key'), '-out', at('api.pem'), '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...key, '-days', String(days), ...files], {stdio: 'pipe'});
  };
  const end = async () => Date.parse(new X509Certificate(await readFile(at('api.pem'))).validTo) / 1000;
  made(10);
  await settings('tls: {cert: api.pem, key: api.key}\n');
  const served = await serve('data-tls');
  const told = async () => /^niyanta_certificate_expires_timestamp_seconds (\S+)$/m.exec(await read('/metrics'))?.[1];
  const read = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const {headers} = served;
      get(`${served.address}${path}`, {headers, rejectUnauthorized: false, agent: false}, answer => {
        let text = '';
        answer.on('data', chunk => {
          text += chunk;
        });
        answer.on('end', () => resolve(text));
      }).on('error', reject);
    });
  expect(Number(await told())).toBe(await end());
  made(20);
  served.process.kill('SIGHUP');
  const renewed = await end();
  await expect.poll(async () => Number(await told()), {timeout: 20_000}).toBe(renewed);
  const ended = new Promise(resolve => served.process.once('exit', resolve));
  served.process.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('--show-config says what counts and who said it, and begins nothing', async () => {
  await settings('tiers: {gold: {points: 200}}\n');
  const shown = await niyanta(['-C', folder, ...words, '--show-config', '--json'], {
    NIYANTA_DATABASE: 'postgres://niyanta:hunter2@db.example/niyanta',
    NIYANTA_LISTEN: '[::1]:9000',
  });
  expect(shown).toMatchObject({code: 0});
  expect(shown.stdout).not.toContain('hunter2');
  const list = JSON.parse(shown.stdout).settings as {name: string; value: string; origin: string}[];
  const of = (name: string) => list.find(setting => setting.name === name);
  expect(of('listen')).toMatchObject({value: '[::1]:9000', origin: 'NIYANTA_LISTEN'});
  expect(of('tiers.gold.points')).toMatchObject({value: '200', origin: expect.stringMatching(/server\.yaml:4:24$/)});
  expect(of('tiers.premium.rate')).toMatchObject({value: '1000', origin: 'default'});
  await expect(readFile(join(folder, '.niyanta/coordinator/coordinator-id'))).rejects.toThrow();
});

test('settings that are wrong are told with file, line and column, and nothing begins', async () => {
  await settings('tiers: {gold: {point: 200}}\n');
  const ended = await niyanta(['-C', folder, ...words]);
  expect(ended.code).toBe(64);
  expect(ended.stderr).toMatch(/server\.yaml:4:16 tiers\.gold\.point: unknown key, did you mean "points"\?/);
});

test.each([
  ['types: [./none.mjs]', 'type-invalid'],
  ['types: [./none.mjs]\nnats: {url: "nats://127.0.0.1:1"}', 'types-with-nats'],
])('%j is refused before anything answers', {timeout: 60_000}, async (text, code) => {
  await settings(`${text}\n`);
  const refused = await niyanta(['-C', folder, ...words, '--json', '--data', 'other']);
  expect(refused.code).toBe(64);
  expect(JSON.parse(refused.stdout).error).toMatchObject({code, message: expect.any(String)});
});
