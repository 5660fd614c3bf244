import {setTimeout as sleep} from 'node:timers/promises';
import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ask, Load} from './harness/load.ts';
import {RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 3, extra: ['caddy']});
const hosts = ['h1', 'h2', 'h3'];
/** Answers with its version; with a 500 once /srv/flags/bad-VERSION is there on its host. */
const page = `#!/bin/sh
if [ -e /flags/bad-$VERSION ]; then printf 'HTTP/1.0 500 Bad\\r\\n\\r\\nbad\\n'; exit; fi
printf 'HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n%s\\n' "$VERSION"
`;
/** Takes longer than stop.grace, so that some are under way whenever a replica leaves. */
const slow = `#!/bin/sh
sleep 3
${page.split('\n').at(-2)}
`;

const stack = (version: string, update: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: 3
    env: {VERSION: ${version}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 200ms, retries: 2}
    mounts: ["/srv/flags:/flags:ro"]
    stop: {grace: 1s}
    update: ${update}
routes:
  - {path: /, service: web, port: 8080}
`;

let project: TestProject;

beforeAll(async () => {
  const labels = hosts.map(host => `  ${host}: {labels: {proxy: "true"}}\n`).join('');
  project = await lab().project(
    stack('zero', '{strategy: rolling}'),
    {
      'web.tar': await busyboxArchive({
        files: {'/www/index.html': 'ok\n', '/www/cgi-bin/v': page, '/www/cgi-bin/slow': slow},
      }),
    },
    `hosts:\n${labels}proxy: {binary: /usr/bin/caddy}\n`,
  );
  await Promise.all(hosts.map(host => lab().sh(host, 'mkdir -p /srv/flags')));
  await done('apply');
});

async function done(...words: string[]): Promise<string> {
  const ended = await project.niyanta([...words, '--yes']);
  expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0);
  return ended.stderr;
}

const released = (version: string, update: string) => project.write('stack.yaml', stack(version, update));
const target = (host: string) => ({address: lab().host(host).address, path: '/cgi-bin/v'});
const targets = () => hosts.map(target);
const status = async () => (await project.niyanta(['release', 'status', '--json'])).json.releases;

/** What each proxy answers, asked several times. */
async function answers(): Promise<string[]> {
  const all = await Promise.all(hosts.flatMap(host => Array.from({length: 6}, () => ask(target(host)))));
  return [...new Set(all.map(one => (one === 'stale' ? one : one.body)))].sort();
}

async function converged(): Promise<void> {
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
}

describe('under load', () => {
  test.each([
    ['one', '{strategy: rolling, drain: 5s}'],
    ['two', '{strategy: blue-green, drain: 5s}'],
  ])('a release of %s by %s fails no request, quick or slow', async (version, update) => {
    await released(version, update);
    const load = new Load(targets());
    const patient = new Load(targets().map(one => ({...one, path: '/cgi-bin/slow'})));
    await done('apply');
    await Promise.all([load.stop(), patient.stop()]);
    expect(load.failures).toEqual([]);
    expect(patient.failures).toEqual([]);
    expect(load.requests).toBeGreaterThan(50);
    expect(await answers()).toEqual([version]);
    await converged();
  });
});

test('a canary that starts failing at its second step is taken back by itself, and says why', async () => {
  await released('bad', '{strategy: canary, steps: [{weight: 20, pause: 1s}, {weight: 50, pause: 20s}], drain: 1s}');
  const load = new Load(targets());
  const apply = new RunningApply(project.start(['apply', '--yes', '--json']));
  await expect.poll(async () => (await status())[0]?.step, {timeout: 90_000, interval: 300}).toBe(2);
  expect((await status())[0]).toMatchObject({service: 'web', state: 'running', weight: 50, steps: 2});
  await Promise.all(hosts.map(host => lab().sh(host, 'touch /srv/flags/bad-bad')));
  expect(await apply.ended, apply.stderr).toBe(6);
  await load.stop();
  expect(JSON.stringify(apply.events)).toMatch(
    /the canary of web failed at step 2 of 2, 50% of the requests: \d+ of \d+ requests failed/,
  );
  expect(await answers()).toEqual(['two']);
  expect(await status()).toEqual([]);
});

test('a release that is open is split, aborted, and promoted by hand', async () => {
  await released('four', '{strategy: blue-green, promote: manual, drain: 1s}');
  await done('apply');
  expect(await answers()).toEqual(['two']);
  expect((await status())[0]).toMatchObject({service: 'web', state: 'open', weight: 0});
  const split = await project.niyanta(['route', 'split', 'web', 'blue=50', 'green=50', '--json']);
  expect(split.json, split.stderr).toMatchObject({weight: 50, proxies: hosts});
  expect(await answers()).toEqual(['four', 'two']);
  expect((await project.niyanta(['route', 'split', 'web', 'new=50', '--sticky'])).code).toBe(0);
  const first = await ask(target('h1'));
  if (first === 'stale') throw new Error('no connection was kept');
  const cookie = first.cookies.map(one => one.split(';')[0]).join('; ');
  const again = await Promise.all(Array.from({length: 8}, () => ask(target('h1'), {cookie})));
  expect(new Set(again.map(one => one !== 'stale' && one.body))).toEqual(new Set([first.body]));
  await converged();
  await done('release', 'abort');
  expect(await answers()).toEqual(['two']);
  await done('apply');
  await done('release', 'promote', 'web');
  expect(await answers()).toEqual(['four']);
  expect(await status()).toEqual([]);
  await converged();
});

test('killed in the middle of a canary, it is told so, and the next apply goes on; promoted from elsewhere', async () => {
  await released('five', '{strategy: canary, steps: [{weight: 30, pause: 60s}], drain: 1s}');
  const killed = new RunningApply(project.start(['apply', '--yes', '--json']));
  await expect.poll(async () => (await status())[0]?.weight, {timeout: 90_000, interval: 300}).toBe(30);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect((await status())[0]).toMatchObject({state: 'interrupted', weight: 30, step: 1});
  const next = new RunningApply(project.start(['apply', '--yes', '--json']));
  await expect.poll(async () => (await status())[0]?.state, {timeout: 90_000, interval: 300}).toBe('running');
  const asked = await project.niyanta(['release', 'promote', 'web']);
  expect(asked.stdout, asked.stderr).toContain('to promote it: it does so within seconds');
  expect(await next.ended, next.stderr).toBe(0);
  expect(await answers()).toEqual(['five']);
  await converged();
});

test('a proxy killed in the middle of a switch leaves no two proxies with different answers', async () => {
  await released('seven', '{strategy: canary, steps: [{weight: 30, pause: 2s}], drain: 1s}');
  const apply = new RunningApply(project.start(['apply', '--yes', '--json']));
  await expect.poll(async () => (await status())[0]?.weight, {timeout: 90_000, interval: 300}).toBe(30);
  await lab().sh('h2', 'pkill -9 -x caddy');
  const code = await apply.ended;
  expect([0, 6], apply.stderr).toContain(code);
  await expect.poll(answers, {timeout: 90_000, interval: 500}).toEqual([code === 0 ? 'seven' : 'five']);
  await done('apply');
  expect(await answers()).toEqual(['seven']);
  await converged();
});

test('a host cut off between switch and drain: the others end the release, the next apply ends it there', async () => {
  await released('eight', '{strategy: blue-green, drain: 2s}');
  const apply = new RunningApply(project.start(['apply', '--yes', '--json']));
  await apply.until(({type, operation}) => type === 'operation-finished' && operation === 'switch:web');
  await lab().partition('h3');
  const code = await apply.ended;
  await lab().heal('h3');
  expect([5, 0], apply.stderr).toContain(code);
  await sleep(500);
  await done('apply');
  expect(await answers()).toEqual(['eight']);
  expect(await status()).toEqual([]);
  await converged();
});
