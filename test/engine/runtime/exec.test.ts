import {spawn} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {render} from '../../../src/engine/hosts/command.ts';
import {execCommand} from '../../../src/engine/runtime/exec.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'niyanta-exec-'));
  await mkdir(join(root, 'bin'));
});
afterEach(() => rm(root, {recursive: true, force: true}));

/** A ctr that makes its FIFOs where it is told to, as the real one does, and then does as `text` says. */
async function run(text: string, given: {timeoutMs?: number} = {}, signal?: NodeJS.Signals) {
  const ctr = join(root, 'bin/ctr');
  const head = `#!/bin/sh
while [ "$1" != --fifo-dir ]; do shift; done
fifos=$2/4711; mkdir "$fifos"; mkfifo "$fifos/$4-stdout" "$fifos/$4-stderr"
out=$fifos/$4-stdout err=$fifos/$4-stderr
`;
  await writeFile(ctr, head + text);
  await chmod(ctr, 0o755);
  const script = render(execCommand('web-1', ['true'], {name: 'n', ...given})).replaceAll('/run/niyanta', root);
  const child = spawn('sh', ['-c', script], {
    env: {PATH: `${root}/bin:${process.env.PATH}`},
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', chunk => {
    stdout += chunk;
    if (signal) process.kill(-child.pid!, signal);
  });
  child.stderr.on('data', chunk => (stderr += chunk));
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return {code, stdout, stderr};
}

// To write into a FIFO waits for whoever opens it: only what holds it open here does.
const unread = `printf out >"$out"; printf err >"$err"; rm -r "$fifos"; exit 3`;

test.each([{}, {timeoutMs: 10_000}])('what ctr gave up unread is passed on, with the exit code (%j)', async given => {
  expect(await run(unread, given)).toEqual({code: 3, stdout: 'out', stderr: 'err'});
  expect(await readdir(root)).toEqual(['bin']);
});

test('what ctr read is not passed on twice', async () => {
  const read =
    'exec 5<>"$out" 6<>"$err"; printf out >&5; printf err >&6; head -c 3 <&5; head -c 3 <&6 >&2; rm -r "$fifos"';
  expect(await run(read)).toEqual({code: 0, stdout: 'out', stderr: 'err'});
});

test('a ctr that ends before it has made any, and one that leaves its own, are no trouble', async () => {
  expect(await run('rm -r "$fifos"; echo "ctr: no such container" >&2; exit 1')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ctr: no such container\n',
  });
  expect(await run('exit 0')).toEqual({code: 0, stdout: '', stderr: ''});
  expect(await readdir(root)).toEqual(['bin']);
});

test('a signal reaches ctr, and how that ended is told', async () => {
  expect(await run('trap "exit 9" TERM; echo up; while :; do sleep 0.05; done', {}, 'SIGTERM')).toMatchObject({
    stdout: 'up\n',
  });
  expect(await readdir(root)).toEqual(['bin']);
});
