import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const hosts = ['h1', 'h2'];

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./web.tar
    command: [httpd, -f, -p, "9000", -h, /data]
    volumes: ["data:/data"]
    health: {tcp: {port: 9000}, interval: 1s}
    stop: {grace: 1s}
  web:
    archive: ./web.tar
    replicas: 2
    needs: [db]
    command: [httpd, -f, -p, "8080", -h, /www]
    env: {GREETING: "hello there"}
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 1s}
  front:
    archive: ./web.tar
    command: [httpd, -f, -p, "8080", -h, /www]
    ports: ["8081:8080"]
    placement: {require: {host: h2}}
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 1s}
volumes: {data: {}}
`;

describe('the first apply of a stack', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  });

  test('plan says what would be done, exits 2 when asked, and changes nothing on any host', async () => {
    const before = await hostListing(lab(), hosts);
    const plan = await project.niyanta(['plan', '--detailed-exitcode']);
    expect(plan.code, plan.stderr).toBe(2);
    expect(plan.stdout).toMatch(/Plan: 11 to create/);
    const json = await project.niyanta(['plan', '--json']);
    expect(json.code).toBe(0);
    expect(json.json.summary.create).toBeGreaterThan(4);
    expect(json.json.operations[0]).toMatchObject({id: expect.any(String), reason: expect.any(String), after: []});
    expect(json.json.placements.map(({service}: {service: string}) => service)).toEqual(['db', 'front', 'web', 'web']);
    expect(await hostListing(lab(), hosts)).toEqual(before);
  });

  test('without a terminal and --yes it asks for --yes, and changes nothing', async () => {
    const before = await hostListing(lab(), hosts);
    const applied = await project.niyanta(['apply']);
    expect(applied.code).toBe(3);
    expect(applied.stderr).toContain('--yes');
    expect(await hostListing(lab(), hosts)).toEqual(before);
  });

  test('runs everything, and says so', async () => {
    const applied = await project.niyanta(['apply', '--yes']);
    expect(applied.stderr).toContain('start web 1');
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Applied, environment default');
    const running = (await Promise.all(hosts.map(host => runningOn(lab(), host)))).flat();
    expect(running).toHaveLength(4);
  });

  test('a published port answers', async () => {
    const {address} = lab().host('h2');
    const page = await lab().sh('h1', `busybox wget -qO- http://${address}:8081/`);
    expect(page).toBe('hello\n');
  });

  test('afterwards nothing is left to do: not for plan, and not for apply, which does not ask', async () => {
    const before = await hostListing(lab(), hosts);
    const plan = await project.niyanta(['plan', '--detailed-exitcode']);
    expect(plan.code, plan.stdout).toBe(0);
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
    const again = await project.niyanta(['apply']);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('Nothing to change');
    expect(await hostListing(lab(), hosts)).toEqual(before);
  });

  test('--json is one line an event, and the result last', async () => {
    const lines = (await project.niyanta(['apply', '--json'])).jsonLines;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({type: 'result', outcome: 'unchanged', operations: []});
    await project.write('stack.yaml', stack.replace('hello there', 'good day'));
    const changed = await project.niyanta(['apply', '--yes', '--json']);
    const events = changed.jsonLines;
    expect(changed.code).toBe(0);
    expect(events[0]).toMatchObject({type: 'started', at: expect.any(String)});
    const ids = new Set(events.filter(({type}) => type === 'operation-started').map(({operation}) => operation));
    const last = events.at(-1);
    expect(last).toMatchObject({type: 'result', outcome: 'applied', serial: expect.any(Number)});
    expect(new Set(last.operations.map(({id}: {id: string}) => id))).toEqual(ids);
    for (const operation of last.operations) {
      expect(operation).toMatchObject({outcome: 'done', durationMs: expect.any(Number)});
    }
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  });

  test('errors are JSON, too, with --json', async () => {
    await project.write('stack.yaml', stack.replace('replicas: 2', 'replicas: two'));
    const failed = await project.niyanta(['apply', '--yes', '--json']);
    expect(failed.code).toBe(64);
    expect(failed.json.error).toMatchObject({
      code: expect.any(String),
      location: {file: expect.stringContaining('stack.yaml'), line: 13, path: 'services.web.replicas'},
    });
  });

  test('history says who did what, when', async () => {
    const {json} = await project.niyanta(['history', '--json']);
    expect(json.history.map(({action, outcome}: Record<string, string>) => [action, outcome])).toEqual([
      ['apply', 'applied'],
      ['apply', 'applied'],
    ]);
    expect(json.history[0].who).toMatch(/@/);
    expect(Date.parse(json.history[0].at)).toBeGreaterThan(0);
  });
});
