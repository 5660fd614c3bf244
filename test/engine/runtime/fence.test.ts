import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {argv, type Command, render} from '../../../src/engine/hosts/command.ts';
import {
  changeByScript,
  changeByStream,
  type Fence,
  fencedExit,
  raising,
  scriptEnd,
  unmark,
} from '../../../src/engine/runtime/fence-commands.ts';
import {fencesFolder} from '../../../src/engine/runtime/paths.ts';

let folder: string;
let scope: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-fence-'));
  scope = `shop.${folder.slice(-6)}`;
});
afterEach(() => rm(folder, {recursive: true, force: true}));

const fence = (number: number, holder = `lease-${number}`): Fence => ({scope, number, holder});
const path = (name = '') => join(folder, 'fences', name);

/** Runs a command for a host in a real shell, with the fences in a folder of the test's own. */
function start(command: Command, input = '') {
  const text = render(command).replaceAll(fencesFolder, path());
  const child = spawn('/bin/sh', ['-c', text], {stdio: 'pipe', detached: true});
  child.stdin.on('error', () => undefined);
  if (input !== 'open') child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  const ended = new Promise<{code: number | null; stdout: string; stderr: string}>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({code, stdout, stderr}));
  });
  return {child, ended};
}

const raise = async (number: number) => raising.parse((await start(raising.command(fence(number))).ended).stdout);
const change = (number: number, text: string, what = 'start web 1') =>
  start(changeByScript(fence(number), what), `${text}\n${scriptEnd}`);
const note = (word: string) => `echo ${word} >>${path('done')}`;
const done = async () => (await readFile(path('done'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

const mark = (id: string) => ({id, address: `http://${id}:8460`});
const raiseFor = async (number: number, server?: ReturnType<typeof mark>) =>
  raising.parse((await start(raising.command({...fence(number), ...(server && {server})})).ended).stdout);

test('who serves an environment leaves a mark: nobody else raises the number, until it is taken away', async () => {
  expect(await raiseFor(7, mark('one'))).toEqual({kind: 'raised'});
  expect(await readFile(path(`${scope}.served`), 'utf8')).toBe('one http://one:8460\n');
  for (const other of [undefined, mark('two')])
    expect(await raiseFor(9, other)).toEqual({kind: 'served', address: 'http://one:8460'});
  expect(await readFile(path(scope), 'utf8')).toBe('7 lease-7\n');
  expect(await raiseFor(8, {...mark('one'), address: 'http://elsewhere:1'})).toEqual({kind: 'raised'});
  expect(await readFile(path(`${scope}.served`), 'utf8')).toBe('one http://elsewhere:1\n');
  await start(changeByStream(fence(8), 'let go', unmark(scope))).ended;
  expect(await raiseFor(9)).toEqual({kind: 'raised'});
});

test('a number is kept, may be raised again by who has it, and is never lowered', async () => {
  expect(await raise(7)).toEqual({kind: 'raised'});
  expect(await raise(7)).toEqual({kind: 'raised'});
  expect(await readFile(path(scope), 'utf8')).toBe('7 lease-7\n');
  expect(await raise(6)).toEqual({kind: 'newer', number: 7});
  expect(await readFile(path(scope), 'utf8')).toBe('7 lease-7\n');
  expect(await raise(1_763_725_225)).toEqual({kind: 'raised'});
  expect(await raise(8)).toEqual({kind: 'newer', number: 1_763_725_225});
});

test('of two leases with one number, as an old copy of a state gives out, the first has it', async () => {
  await raise(7);
  const other = await start(raising.command(fence(7, 'another'))).ended;
  expect(raising.parse(other.stdout)).toEqual({kind: 'newer', number: 7});
  const script = `${note('another')}\n${scriptEnd}`;
  expect(await start(changeByScript(fence(7, 'another'), 'x'), script).ended).toMatchObject({code: fencedExit});
  expect(await change(7, note('first')).ended).toMatchObject({code: 0});
  expect(await done()).toEqual(['first']);
});

test('a number that is no number, as a disk may leave it, is replaced', async () => {
  await raise(7);
  for (const text of ['', 'x\n', '\0\0\0']) {
    await writeFile(path(scope), text);
    expect(await raise(8)).toEqual({kind: 'raised'});
    expect(await readFile(path(scope), 'utf8')).toBe('8 lease-8\n');
  }
});

test('only who has the number changes anything', async () => {
  await raise(7);
  expect(await change(7, note('first')).ended).toMatchObject({code: 0, stderr: ''});
  for (const other of [6, 8]) {
    const refused = await change(other, note('other')).ended;
    expect(refused).toMatchObject({code: fencedExit, stderr: 'niyanta-fenced 7\n'});
  }
  await raise(9);
  expect(await change(7, note('late')).ended).toMatchObject({code: fencedExit, stderr: 'niyanta-fenced 9\n'});
  const stream = start(changeByStream(fence(7), 'import web', argv('sh', '-c', note('late stream'))));
  expect(await stream.ended).toMatchObject({code: fencedExit});
  expect(await done()).toEqual(['first']);
});

test('on a host that has forgotten its number nothing is changed', async () => {
  expect(await change(7, note('never')).ended).toMatchObject({code: fencedExit, stderr: 'niyanta-fenced none\n'});
  await raise(7);
  await rm(path(scope));
  const refused = await change(7, note('never')).ended;
  expect(refused).toMatchObject({code: fencedExit, stderr: expect.stringMatching(/^niyanta-fenced none$/m)});
  expect(await done()).toEqual([]);
});

test('what an older holder began is waited for, and told', async () => {
  await raise(7);
  const waiting = `while [ ! -e ${path('go')} ]; do sleep 0.05; done`;
  const older = change(7, `${note('begun')}; ${waiting}; ${note('ended')}`, 'stop db 1');
  await until(async () => (await done()).includes('begun'));
  expect(await raise(8)).toEqual({kind: 'busy', doing: ['stop db 1']});
  // The number counts already: nothing more of the older one begins.
  expect(await change(7, note('late')).ended).toMatchObject({code: fencedExit});
  await writeFile(path('go'), '');
  expect(await raise(8)).toEqual({kind: 'raised'});
  expect(await done()).toEqual(['begun', 'ended']);
  expect(await older.ended).toMatchObject({code: 0});
});

test('a change whose shell was killed counts until its children have ended', async () => {
  await raise(7);
  const older = change(7, `${note('begun')}; (sleep 1.5; ${note('child ended')}) & wait`);
  await until(async () => (await done()).includes('begun'));
  older.child.kill('SIGKILL');
  expect(await raise(8)).toEqual({kind: 'raised'});
  expect(await done()).toEqual(['begun', 'child ended']);
});

test('a daemon that a change starts keeps nobody waiting', async () => {
  await raise(7);
  const older = await change(7, `(sleep 30 >/dev/null 2>&1 8>&- & echo $! >${path('daemon')})`).ended;
  expect(older.code).toBe(0);
  expect(await raise(8)).toEqual({kind: 'raised'});
  process.kill(Number(await readFile(path('daemon'), 'utf8')));
});

test('a transfer of an older holder that hangs is ended, and nothing else is', async () => {
  await raise(7);
  const hanging = start(changeByStream(fence(7), 'import web', argv('cat')), 'open');
  const others = start(changeByStream({...fence(1), scope: `${scope}x`}, 'import web', argv('cat')), 'open');
  await sleep(200);
  expect(await raise(7)).toEqual({kind: 'busy', doing: []});
  expect(await raise(8)).toEqual({kind: 'raised'});
  expect((await hanging.ended).code).toBeNull();
  others.child.stdin.end();
  // It was refused, since nobody raised its number; but nobody killed it.
  expect((await others.ended).code).toBe(fencedExit);
});

test('a script that was cut off on its way does nothing', async () => {
  await raise(7);
  const whole = `${note('one')}\n${note('two')}\n${scriptEnd}`;
  for (const length of [0, 10, note('one').length + 1, whole.length - 1]) {
    const cut = await start(changeByScript(fence(7), 'start web 1'), whole.slice(0, length)).ended;
    expect(cut).toMatchObject({code: 1, stderr: 'the script was cut off on its way\n'});
  }
  expect(await done()).toEqual([]);
});

test('a line that goes dead in the middle of a script holds nobody up', async () => {
  await raise(7);
  const dead = start(changeByScript(fence(7), 'start web 1'), 'open');
  dead.child.stdin.write(note('half'));
  await sleep(200);
  expect(await raise(8)).toEqual({kind: 'raised'});
  dead.child.stdin.end(`\n${scriptEnd}`);
  expect(await dead.ended).toMatchObject({code: fencedExit});
  expect(await done()).toEqual([]);
});

test('of many who raise at once the highest number stays', async () => {
  await Promise.all([3, 9, 5, 7, 4, 8, 6].map(raise));
  expect(await readFile(path(scope), 'utf8')).toBe('9 lease-9\n');
});

test('what a script says and how it ends is passed on, and its words keep their quotes', async () => {
  await raise(7);
  const text = `set -eu\ncat <<'end'\nit's "$HOME"\nend\ntrap 'echo bye' EXIT\nexit 3`;
  expect(await change(7, text, "update o'names").ended).toEqual({code: 3, stdout: 'it\'s "$HOME"\nbye\n', stderr: ''});
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error('it did not come to that');
}
