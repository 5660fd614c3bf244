import {spawnSync} from 'node:child_process';
import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeEach, expect, onTestFinished, test} from 'vitest';
import {render} from '../../../../src/engine/hosts/command.ts';
import {
  hostFullExit,
  reservedByOthers,
  reservedFolderLines,
  reservingLines,
} from '../../../../src/engine/runtime/workloads/reserved-lines.ts';
import {sampleAttempt, workload} from './sample-attempt.ts';

const GiB = 2 ** 30;
const [mine, theirs] = ['abcdef0123456789', 'fedcba9876543210'];
const room = {cpu: 2, memory: 4 * GiB};
const uuid = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;

let root: string;
const at = (path: string) => join(root, path);
/** Text with the host's folders in this test's own. */
const here = (text: string) => text.replaceAll('/var/lib/niyanta', at('lib')).replaceAll(/\/run\//g, `${at('run')}/`);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'niyanta-reserved-'));
  const made = root;
  onTestFinished(() => rm(made, {recursive: true}));
  for (const owner of [mine, theirs]) await mkdir(at(`run/niyanta/reserved/${owner}`), {recursive: true});
});

/** An attempt of somebody that reserves so much, and has not ended. */
async function attempt(owner: string, n: number, cpu: number, memory: number): Promise<string> {
  const id = `workload.${uuid(n)}.1`;
  await writeFile(at(`run/niyanta/reserved/${owner}/${id}`), `${cpu * 1000} ${memory}\n`);
  await mkdir(at(`lib/workloads/${uuid(n)}/1`), {recursive: true});
  await mkdir(at('lib/logs'), {recursive: true});
  return id;
}

async function start(resources: {readonly cpu?: number; readonly memory?: number}) {
  await mkdir(at(`lib/workloads/${workload}/1`), {recursive: true});
  const text = reservingLines(sampleAttempt({resources}), room).join('\n');
  const {status, stderr} = spawnSync('sh', ['-c', `set -eu\n${here(text)}`], {encoding: 'utf8'});
  return {status, stderr: stderr.trim()};
}

const seen = (): unknown => {
  const {command, parse} = reservedByOthers(mine);
  return parse(spawnSync('sh', ['-c', here(render(command))], {encoding: 'utf8'}).stdout);
};

test('what reserves nothing says nothing, and looks at nothing', () => {
  expect(reservingLines(sampleAttempt(), room)).toEqual([]);
  expect(reservedFolderLines(sampleAttempt())).toEqual([]);
});

test('beside nobody else a coordinator is trusted with its own sums', async () => {
  await attempt(mine, 1, 2, 4 * GiB);
  expect(await start({cpu: 1})).toEqual({status: 0, stderr: ''});
  expect(seen()).toEqual({cpu: 0, memory: 0});
});

test.each([
  ['fits beside it', 1, 1 * GiB, 0],
  ['needs more processors than are left', 1.001, 0, hostFullExit],
  ['needs more memory than is left', 0, 3 * GiB + 1, hostFullExit],
  ['fits to the last byte', 0.5, 3 * GiB, 0],
])('beside another coordinator: what %s', async (_, cpu, memory, status) => {
  await attempt(theirs, 1, 1, 1 * GiB);
  expect(seen()).toEqual({cpu: 1, memory: GiB});
  const began = await start({cpu, memory});
  expect(began.status).toBe(status);
  const left = await readdir(at(`run/niyanta/reserved/${mine}`));
  expect(left).toHaveLength(status === 0 ? 1 : 0);
  if (status !== 0)
    expect(began.stderr).toBe(
      `host-full: other coordinators have 1000 thousandths of a processor and ${GiB} bytes of memory of it`,
    );
});

test('its own count, too, where there are others', async () => {
  await attempt(theirs, 1, 0.5, 0);
  await attempt(mine, 2, 1, 0);
  expect((await start({cpu: 0.5})).status).toBe(0);
  expect((await start({cpu: 0.6})).status).toBe(hostFullExit);
});

test('who has ended, was removed, or died counts no more', async () => {
  const ended = await attempt(theirs, 1, 2, 0);
  await writeFile(at(`lib/logs/${ended}.ends`), '1 0 0\n');
  await attempt(theirs, 2, 2, 0);
  await rm(at(`lib/workloads/${uuid(2)}`), {recursive: true});
  const dead = await attempt(theirs, 3, 2, 0);
  const bundle = at(`run/containerd/io.containerd.runtime.v2.task/niyanta/${dead}`);
  await mkdir(bundle, {recursive: true});
  await writeFile(join(bundle, 'init.pid'), '4194305');
  expect(seen()).toEqual({cpu: 0, memory: 0});
  expect((await start({cpu: 2})).status).toBe(0);
});

test('on a host where nobody ever reserved anything there is nothing', async () => {
  await rm(at('run'), {recursive: true});
  expect(seen()).toEqual({cpu: 0, memory: 0});
});
