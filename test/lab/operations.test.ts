import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./web.tar
    command: [httpd, -f, -p, "9000", -h, /www]
    health: {tcp: {port: 9000}, interval: 1s}
    placement: {require: {host: h1}}
    stop: {grace: 1s}
  web:
    archive: ./web.tar
    command: [httpd, -f, -p, "8080", -h, /www]
    needs: [db]
    ports: ["8080:8080"]
    resources: {memory: 64Mi}
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 1s}
  lone:
    archive: ./web.tar
    command: [sleep, infinity]
    placement: {require: {host: h2}}
    stop: {grace: 1s}
`;

let project: TestProject;
let archive: Awaited<ReturnType<typeof busyboxArchive>>;
beforeAll(async () => {
  archive = await busyboxArchive();
  project = await lab().project(stack, {'web.tar': archive});
  const applied = await project.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
});

interface Row {
  readonly service: string;
  readonly state: string;
  readonly health: string;
}

const ps = async (...words: string[]) => (await project.niyanta(['ps', ...words, '--json'])).json;
const stateOf = ({replicas}: {replicas: Row[]}, name: string) => replicas.find(({service}) => service === name)?.state;

/** The address of db as web knows it by name; nothing when it does not. */
const dbInWeb = async () => {
  const {stdout} = await project.niyanta(['exec', 'web', '--', 'cat', '/etc/hosts']);
  return /^(\S+) db$/m.exec(stdout)?.[1];
};

describe('ps', () => {
  test('shows each replica with host, health, image, ports, what it uses, and the environment as a whole', async () => {
    const shown = await ps();
    expect(shown).toMatchObject({stack: 'shop', environment: 'default', state: 'running', unreachable: []});
    expect(shown.replicas.map(({service}: Row) => service)).toEqual(['db', 'lone', 'web']);
    expect(shown.replicas[2]).toMatchObject({
      replica: 1,
      host: 'h1',
      state: 'running',
      health: 'healthy',
      restarts: 0,
      image: 'archive:web.tar',
      ports: ['8080:8080'],
      memoryLimit: 64 * 1024 * 1024,
    });
    expect(shown.replicas[2].cpu).toBeGreaterThanOrEqual(0);
    expect(shown.replicas[2].memory).toBeGreaterThan(0);
    expect(Date.parse(shown.replicas[2].startedAt)).toBeGreaterThan(0);
    expect(shown.replicas[1].health).toBe('none');
    const text = await project.niyanta(['ps', 'web']);
    expect(text.stdout).toMatch(/^shop, environment default: running/);
    expect(text.stdout).toMatch(/web +1 +h1 +running +healthy/);
    expect(text.stdout).not.toContain('lone');
  });

  test('of a service that is not there names those that are', async () => {
    const shown = await project.niyanta(['ps', 'wep']);
    expect(shown.code).toBe(64);
    expect(shown.stderr).toContain('did you mean "web"?');
  });

  test('tells a crashed replica, that its environment has failed, and when it runs again', async () => {
    const [id] = await runningOn(lab(), 'h2');
    // Again, where the restart monitor came by before ps did.
    await vi.waitFor(
      async () => {
        await lab().exec('h2', ['ctr', '-n', 'niyanta', 'tasks', 'kill', '--signal', 'SIGKILL', id!]);
        expect(await ps()).toMatchObject({state: 'failed', why: 'lone has no running replica'});
      },
      {timeout: 20_000, interval: 100},
    );
    expect(['restarting', 'failed']).toContain(stateOf(await ps(), 'lone'));
    await vi.waitFor(async () => expect(stateOf(await ps(), 'lone')).toBe('running'), {timeout: 30_000, interval: 500});
    expect((await ps('lone')).replicas[0].restarts).toBeGreaterThanOrEqual(1);
  });

  test('a host without power makes its replicas unknown, and says which', async () => {
    await lab().kill('h2');
    const shown = await ps();
    expect(stateOf(shown, 'lone')).toBe('unknown');
    expect(stateOf(shown, 'web')).toBe('running');
    expect(shown.why).toMatch(/h2 does not answer/);
    expect(shown.unreachable).toMatchObject([{host: 'h2'}]);
    const environments = await project.niyanta(['env', 'ls']);
    expect(environments.stdout).toMatch(/default +shop +failed +2\/3/);
    await lab().reboot('h2');
    await vi.waitFor(async () => expect(stateOf(await ps(), 'lone')).not.toBe('unknown'), {timeout: 20_000});
    expect((await project.niyanta(['apply', '--yes'])).code).toBe(0);
  });
});

describe('stop, start, restart', () => {
  test('what was stopped stays stopped: the restart monitor and the next apply leave it alone', async () => {
    const stopped = await project.niyanta(['stop', 'db', '--yes']);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(await dbInWeb()).toBeUndefined();
    const applied = await project.niyanta(['apply', '--yes']);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Nothing to change');
    // containerd's monitor looks every ten seconds; it must have looked once.
    await lab().sh('h1', 'sleep 11');
    expect(await ps()).toMatchObject({state: 'running', why: 'all but db, stopped on purpose'});
    expect(stateOf(await ps(), 'db')).toBe('stopped');
    expect((await project.niyanta(['plan'])).stdout).toContain('db was stopped on purpose');
  });

  test('start brings it back, under its name, and an apply after it has nothing to do', async () => {
    const started = await project.niyanta(['start', '--yes', '--json']);
    expect(started.code, started.stdout).toBe(0);
    expect(started.jsonLines.at(-1)).toMatchObject({type: 'result', outcome: 'applied'});
    const shown = await ps('db');
    expect(shown).toMatchObject({state: 'running', why: 'every replica is running'});
    expect(await dbInWeb()).toBe(shown.replicas[0].address);
    expect((await project.niyanta(['apply'])).stdout).toContain('Nothing to change');
  });

  test('restart goes one after another and keeps addresses and names', async () => {
    const before = await ps();
    const restarted = await project.niyanta(['restart', '--yes']);
    expect(restarted.code, restarted.stderr).toBe(0);
    // What is needed comes first.
    expect(restarted.stderr).toMatch(/done +restart db[\s\S]*start +restart web/);
    const after = await ps();
    const addresses = ({replicas}: {replicas: {address: string}[]}) => replicas.map(({address}) => address);
    expect(addresses(after)).toEqual(addresses(before));
    expect(await dbInWeb()).toBe(after.replicas[0].address);
    expect((await project.niyanta(['apply'])).stdout).toContain('Nothing to change');
  });

  test('everything stopped is an environment that is stopped, in reverse order of needs', async () => {
    const stopped = await project.niyanta(['stop', '--yes']);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(stopped.stderr).toMatch(/done +stop web[\s\S]*start +stop db/);
    expect(await runningOn(lab(), 'h1')).toEqual([]);
    const environments = await project.niyanta(['env', 'ls', '--json']);
    expect(environments.json.environments).toMatchObject([{environment: 'default', state: 'stopped'}]);
    expect((await project.niyanta(['exec', 'web', '--', 'true'])).stderr).toContain('niyanta start web');
    const history = await project.niyanta(['history', '--json']);
    expect(history.json.history.at(-1)).toMatchObject({action: 'stop', outcome: 'applied'});
    expect((await project.niyanta(['start', '--yes'])).code).toBe(0);
    expect((await project.niyanta(['env', 'show'])).stdout).toMatch(/web +1\/1 +h1/);
  });

  test('asks before it changes anything, and says when there is nothing to do', async () => {
    const asked = await project.niyanta(['stop', 'web']);
    expect(asked.code).toBe(3);
    expect(stateOf(await ps(), 'web')).toBe('running');
    expect((await project.niyanta(['start'])).stdout).toContain('Nothing to change');
    const unknown = await project.niyanta(['restart', 'wep', '--yes']);
    expect(unknown.code).toBe(64);
  });
});

describe('scale', () => {
  const last = async () => (await project.niyanta(['history', '--json'])).json.history.at(-1);
  const lone = async () => (await ps('lone')).replicas.filter(({state}: Row) => state === 'running');

  test('another number of replicas holds, with the image of the others, until a file says otherwise', async () => {
    // What the file has become since is not what runs: new replicas are like the others.
    await project.write('web.tar', await busyboxArchive({files: {'/www/index.html': 'newer'}}));
    const refused = await project.niyanta(['scale', 'lone=3']);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('lone  replicas 1 → 3')]);
    const scaled = await project.niyanta(['scale', 'lone=3', '--yes', '--json']);
    expect(scaled.code, scaled.stderr).toBe(0);
    const running = await lone();
    expect(running).toHaveLength(3);
    expect(new Set(running.map(({image}: {image: string}) => image)).size).toBe(1);
    expect(await last()).toMatchObject({
      action: 'scale',
      outcome: 'applied',
      summary: expect.stringMatching(/^lone 1 → 3, 2 created/),
    });
    expect((await project.niyanta(['scale', 'lone=3', '--yes'])).stdout).toContain('Nothing to change');
    await project.write('web.tar', archive);
    const plan = await project.niyanta(['plan', '--json']);
    expect(plan.json).toMatchObject({replicas: [{service: 'lone', from: 3, to: 1}], summary: {delete: 2}});
    expect((await project.niyanta(['apply', '--yes'])).stderr).toContain('lone  replicas 3 → 1');
    expect(await lone()).toHaveLength(1);
  });

  test('what cannot be is refused, and nothing changes', async () => {
    const before = await last();
    expect((await project.niyanta(['scale', 'lone=-1', '--yes', '--json'])).json.error.code).toBe('scale-invalid');
    expect((await project.niyanta(['scale', 'loan=2', '--yes', '--json'])).json.error).toMatchObject({
      code: 'unknown-service',
      hint: expect.stringContaining('lone'),
    });
    const config = await readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
    await project.write('niyanta.yaml', `${config}environments: {default: {quota: {replicas: 4}}}\n`);
    const over = await project.niyanta(['scale', 'lone=5', '--yes', '--json']);
    await project.write('niyanta.yaml', config);
    expect(over.json.error.code).toBe('quota-exceeded');
    expect(await last()).toEqual(before);
  });
});

describe('diff and explain placement', () => {
  test('diff compares what ran with the files, and two serials, and shows no secret', async () => {
    expect((await project.niyanta(['diff'])).stdout).toBe('');
    const secret = stack.replace('  lone:', '    env: {PASSWORD: "${secret:word}"}\n  lone:').replace('64Mi', '32Mi');
    await project.write('stack.yaml', secret);
    const env = {NIYANTA_SECRET_WORD: 'tell-nobody'};
    const changed = await project.niyanta(['diff'], {env});
    expect(changed.stdout).toMatch(/^--- serial \d+\n\+\+\+ files\n/);
    expect(changed.stdout).toMatch(/^- {6}memory: 64Mi\n\+ {6}memory: 32Mi$/m);
    expect(changed.stdout).toMatch(/^\+ {6}PASSWORD: \$\{secret:word\}$/m);
    const serial = (await project.niyanta(['history', '--json'])).json.history.find(
      (one: {stack?: object}) => one.stack,
    );
    const same = await project.niyanta(['diff', '--from', `${serial.serial}`, '--to', `${serial.serial}`, '--json']);
    expect(same.json.diff).toBe('');
    expect((await project.niyanta(['diff', '--from', '9999'])).code).toBe(64);
  });

  test('explain placement says why each host or why not, and explain still explains fields', async () => {
    await project.write('stack.yaml', stack);
    const placement = await project.niyanta(['explain', 'placement', 'lone']);
    expect(placement.stdout).toMatch(/^lone 1\n.*\+ h2: /s);
    expect(placement.stdout).toMatch(/- h1: .*host/);
    const field = await project.niyanta(['explain', 'services.web.update']);
    expect(field.stdout).toMatch(/^services\.\*\.update/);
    expect((await project.niyanta(['explain', 'placement', 'nobody'])).code).toBe(64);
  });
});
