import {afterEach, describe, expect, test} from 'vitest';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 3});
const image = await busyboxArchive();
const labels = `hosts:
  h1: {labels: {disk: ssd}, region: eu}
  h2: {labels: {disk: ssd}, region: us}
  h3: {labels: {disk: hdd}, region: eu}
`;

let project: TestProject;
const begin = async (services: string, tail = '') => {
  project = await lab().project(stack(services, tail), {'one.tar': image}, labels);
};
const stack = (services: string, tail = '') =>
  `apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:\n${services}${tail}`;
const service = (name: string, more: string) => `  ${name}: {archive: ./one.tar, stop: {grace: 0s}, ${more}}\n`;

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

/** Services by host, as they run: `{h1: ['db'], …}`. */
async function where(): Promise<Record<string, string[]>> {
  const found = ['h1', 'h2', 'h3'].map(async host => {
    const ids = await runningOn(lab(), host);
    return [host, ids.map(id => id.split('-').slice(2, 4).join('-'))] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

afterEach(async () => {
  await ok('destroy', '--yes', '--volumes');
});

describe('placement on real hosts', () => {
  test('follows require, prefer, avoid and spread, and says why, here and not there', async () => {
    await begin(
      service('fast', 'placement: {require: {disk: ssd, region: us}}') +
        service('near', 'placement: {prefer: [{match: {disk: hdd}, weight: 50}]}') +
        service('shy', 'placement: {avoid: [{service: near}, {service: fast}]}') +
        service('wide', 'replicas: 3, placement: {spread: host}'),
    );
    const plan = await ok('plan', '--json');
    await ok('apply', '--yes');
    expect(await where()).toEqual({
      h1: ['shy-1', expect.stringMatching(/^wide-/)],
      h2: ['fast-1', expect.stringMatching(/^wide-/)],
      h3: ['near-1', expect.stringMatching(/^wide-/)],
    });
    const fast = plan.json.placements.find((one: {service: string}) => one.service === 'fast');
    expect(fast.rejected).toEqual([
      {host: 'h1', fits: false, reason: expect.stringContaining('region=us')},
      {host: 'h3', fits: false, reason: expect.stringContaining('disk=ssd')},
    ]);
  });

  test.each([
    ['memory', 'resources: {memory: 900Gi}', 'needs 900 GiB'],
    ['labels', 'placement: {require: {disk: tape}}', 'requires disk=tape'],
  ])('what fits nowhere by its %s is refused with every host and its reason', async (_, more, why) => {
    await begin(service('odd', more));
    const refused = await project.niyanta(['apply', '--yes']);
    expect(refused.code).toBe(1);
    for (const host of ['h1', 'h2', 'h3']) expect(refused.stderr).toContain(`${host}: ${why}`);
  });

  test('services that need each other are spread over hosts like all others', async () => {
    await begin(
      service('db', 'placement: {require: {host: h3}}') +
        service('api', 'replicas: 2, needs: [db]') +
        service('web', 'needs: [api]'),
    );
    const plan = await ok('plan');
    expect(plan.stdout).toContain('placed: spread over host');
    await ok('apply', '--yes');
    expect(await where()).toEqual({h1: ['api-1', 'web-1'], h2: ['api-2'], h3: ['db-1']});
  });
});

describe('a host in drain', () => {
  test('gets nothing new, is emptied by the next apply, and keeps what has a volume', async () => {
    await begin(
      service('web', 'replicas: 3, placement: {spread: host}') +
        service('db', 'volumes: ["data:/data"], placement: {prefer: [{match: {host: h2}, weight: 100}]}'),
      'volumes: {data: {}}\n',
    );
    await ok('apply', '--yes');
    expect((await where()).h2).toContain('db-1');
    await ok('host', 'drain', 'h1');
    const plan = await ok('plan');
    expect(plan.stdout).toContain('drain');
    await ok('apply', '--yes');
    expect((await where()).h1).toEqual([]);
    expect(Object.values(await where()).flat()).toHaveLength(4);
    expect((await ok('plan', '--json')).json.operations).toEqual([]);
    await ok('host', 'undrain', 'h1');
    await project.write(
      'stack.yaml',
      stack(
        service('web', 'replicas: 4, placement: {spread: host}') +
          service('db', 'volumes: ["data:/data"], placement: {prefer: [{match: {host: h3}, weight: 100}]}'),
        'volumes: {data: {}}\n',
      ),
    );
    await ok('apply', '--yes');
    expect((await where()).h1).toHaveLength(1);
    expect((await where()).h2).toContain('db-1');
  });
});

describe('a port that a stranger holds', () => {
  test('is found at plan time, with the name of its program; another host is taken where one is free', async () => {
    await lab().sh('h1', 'busybox nc -ll -p 8085 -e true </dev/null >/dev/null 2>&1 & echo $! >/tmp/stranger');
    await begin(service('web', 'ports: ["8085:8080"], placement: {require: {host: h1}}'));
    const refused = await project.niyanta(['apply', '--yes']);
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stderr).toMatch(/port 8085.*(busybox|nc)/);
    await project.write('stack.yaml', stack(service('web', 'ports: ["8085:8080"]')));
    await ok('apply', '--yes');
    expect((await where()).h1).toEqual([]);
    expect(Object.values(await where()).flat()).toEqual(['web-1']);
    await lab().sh('h1', 'kill $(cat /tmp/stranger)');
  });
});
