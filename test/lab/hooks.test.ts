import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
let project: TestProject;

const head = 'apiVersion: niyanta/v1\nkind: Stack\nname: shop\n';
/** Each job adds a line to the file in the volume that the service has, too: what ran, in its order. */
const stack = (version: string, migrate: string) => `${head}
services:
  web:
    archive: ./web.tar
    env: {VERSION: "${version}", TOKEN: "\${secret:token}"}
    command: [sh, -c, 'echo "web ${version}" >> /data/ran; trap "exit 0" TERM; while :; do sleep 0.1; done']
    volumes: ["data:/data"]
    stop: {grace: 2s}
volumes: {data: {}}
hooks:
  before:
    - {name: migrate, service: web, command: [sh, -c, '${migrate}'], env: {STEP: one}, timeout: 3s}
  after:
    - {name: warm, service: web, command: [sh, -c, 'echo "warm $VERSION" >> /data/ran']}
  onFailure:
    - {name: alarm, service: web, command: [sh, -c, 'echo "alarm $VERSION $NIYANTA_HOOK_TIME" >> /data/ran']}
`;
const migrating = 'echo "migrate $VERSION $STEP with $TOKEN"; echo "migrate $VERSION" >> /data/ran';

const secret = {env: {NIYANTA_SECRET_TOKEN: 's3cr3t-value'}};

const ran = () => lab().sh('h1', 'cat /var/lib/niyanta/volumes/test.shop.default/data/ran');
const hooksOn = async () => (await containersOn(lab(), 'h1')).filter(id => id.includes('.hook-'));

beforeAll(async () => {
  project = await lab().project(stack('1', migrating), {
    'web.tar': await busyboxArchive(),
  });
});

describe('hooks', () => {
  test('run once around a release, in the new container, with their logs kept and secrets masked', async () => {
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stderr).toContain('migrate 1 one with');
    expect(applied.stderr).not.toContain('s3cr3t-value');
    expect(await ran()).toBe('migrate 1\nweb 1\nwarm 1\n');
    expect(await hooksOn()).toEqual([]);
    const kept = (await project.niyanta(['logs', '--hook', 'migrate', '--json'])).json;
    expect(kept).toMatchObject({hook: 'migrate', host: 'h1', outcome: 'done'});
    expect(kept.lines[0]).toMatch(/^migrate 1 one with (?!s3cr3t)/);
    const again = await project.niyanta(['apply', '--yes'], secret);
    expect(again.stdout + again.stderr).toContain('Nothing to change');
    expect(await ran()).toBe('migrate 1\nweb 1\nwarm 1\n');
  });

  test('one that fails before a change stops it with its last lines, after the one for failures', async () => {
    await project.write('stack.yaml', stack('2', 'echo no such column >&2; exit 3'));
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code).not.toBe(0);
    expect(applied.stderr).toContain('the hook migrate on h1 failed: exit 3');
    expect(applied.stderr).toContain('no such column');
    expect(await ran()).toBe('migrate 1\nweb 1\nwarm 1\nalarm 2 onFailure\n');
    expect(await hooksOn()).toEqual([]);
    expect((await project.niyanta(['ps', '--json'])).json.replicas).toMatchObject([{service: 'web', state: 'running'}]);
  });

  test('one that does not end in time is killed', async () => {
    await project.write('stack.yaml', stack('3', 'echo begun; sleep 600'));
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.stderr).toContain('the hook migrate on h1 did not end within 3 s');
    expect(await hooksOn()).toEqual([]);
    await expect.poll(() => lab().sh('h1', 'pgrep -f "[s]leep 600" || echo none')).toBe('none\n');
  });

  test('after a kill -9 the next apply ends what runs, and does not repeat what was done', async () => {
    await lab().sh('h1', 'rm /var/lib/niyanta/volumes/test.shop.default/data/ran');
    await project.write(
      'stack.yaml',
      stack('4', 'echo "begun 4" >> /data/ran; while :; do sleep 1; done').replace('timeout: 3s', 'timeout: 1h'),
    );
    await killedOnce('begun 4');
    expect(await hooksOn()).toHaveLength(1);
    // Done by the time of the next kill: the release's first replica is being started.
    await project.write(
      'stack.yaml',
      stack('5', migrating).replace('echo "web 5"', 'echo "starting 5" >> /data/ran; sleep 3; echo "web 5"'),
    );
    await killedOnce('starting 5');
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code, applied.stderr).toBe(0);
    expect(await hooksOn()).toEqual([]);
    expect((await ran()).split('\n').filter(line => line === 'migrate 5')).toEqual(['migrate 5']);
    expect((await ran()).match(/begun 4/g)).toHaveLength(1);
  });
});

/** An apply that is killed when this line is in the file. */
async function killedOnce(line: string): Promise<void> {
  const apply = project.start(['apply', '--yes'], secret);
  const ended = new Promise(resolve => apply.once('close', resolve));
  apply.stdout!.resume();
  apply.stderr!.resume();
  await lab().sh(
    'h1',
    `for i in $(seq 600); do grep -qsx '${line}' /var/lib/niyanta/volumes/test.shop.default/data/ran && exit 0; sleep 0.1; done; exit 1`,
  );
  apply.kill('SIGKILL');
  await ended;
}
