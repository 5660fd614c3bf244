import {execFile} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** What a script for a host did when a real shell ran it. */
export interface Recording {
  readonly code: number;
  readonly stderr: string;
  /** Words of each call of `ctr` and of the toolkit's `network`, in order. */
  readonly calls: readonly (readonly string[])[];
  /** A file that it left, by its path on a host; undefined when there is none. */
  readonly file: (path: string) => Promise<string | undefined>;
  /** The environment's file as `ctr` found it. */
  readonly env: () => Promise<string | undefined>;
}

// It only notes how it was called: what containerd makes of it is the lab tests' business.
const recorder = (log: string, copy: string) => `#!/bin/sh
printf '%s\\0' "$#" "\${0##*/}" "$@" >>'${log}'
previous=; for word; do [ "$previous" != --env-file ] || cat "$word" >'${copy}'; previous=$word; done
if [ -n "$CTR_ANSWER" ] && [ "\${0##*/}" = ctr ]; then echo "$CTR_ANSWER" >&2; exit 1; fi
exit 0
`;

/**
 * Runs a script for a host under a folder: niyanta's folders are moved there in its text, and `ctr` and `network` are
 * programs that note their words. `answer`: ctr fails with this.
 */
export async function record<T>(
  text: string,
  see: (recording: Recording) => Promise<T>,
  {answer = ''}: {readonly answer?: string} = {},
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'niyanta-recorder-'));
  const moved = (inside: string) =>
    inside.replace(/\/(?:var\/lib\/niyanta|usr\/local\/lib\/niyanta|run\/niyanta)(?=[/'\s:]|$)/g, path => root + path);
  const back = (inside: string) => inside.replaceAll(root, '');
  try {
    const folders = ['containers', 'networks', 'hosts', 'volumes', 'logs'].map(name => `/var/lib/niyanta/${name}`);
    for (const folder of [...folders, '/usr/local/lib/niyanta', '/bin']) await mkdir(root + folder, {recursive: true});
    const program = recorder(`${root}/calls`, `${root}/env-copy`);
    for (const path of [`${root}/bin/ctr`, `${root}/usr/local/lib/niyanta/network`]) {
      await writeFile(path, program);
      await chmod(path, 0o755);
    }
    const ran = await shell(moved(text), {PATH: `${root}/bin:${process.env.PATH}`, CTR_ANSWER: answer});
    const read = (path: string) => readFile(path, 'utf8').catch(() => undefined);
    const calls = callsIn((await read(`${root}/calls`)) ?? '');
    return await see({
      ...ran,
      calls: calls.map(words => words.map(back)),
      file: async path => (await read(moved(path)))?.replaceAll(root, ''),
      env: () => read(`${root}/env-copy`),
    });
  } finally {
    await rm(root, {recursive: true, force: true});
  }
}

/** Each call is its number of arguments, its name and they. */
function callsIn(log: string): string[][] {
  const fields = log.split('\0').slice(0, -1);
  const calls: string[][] = [];
  for (let at = 0; at < fields.length; ) {
    const end = at + 2 + Number(fields[at]);
    calls.push(fields.slice(at + 1, end));
    at = end;
  }
  return calls;
}

function shell(text: string, env: Readonly<Record<string, string>>): Promise<{code: number; stderr: string}> {
  return new Promise((resolve, reject) => {
    const child = execFile('/bin/sh', ['-s'], {env}, (error, _stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({code: error ? Number(error.code) : 0, stderr});
    });
    child.stdin!.end(text);
  });
}
