// A real `niyanta serve` for the scripts that try clients against it.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';

/**
 * Starts `niyanta serve` in a project's folder, with its data in a folder of that, or on a database. Returns its address, the
 * admin key that it prints at the first start, `stop`, which ends it and says what was wrong, if anything: its exit code
 * other than 0; and `kill`, which does not let it say goodbye.
 */
export async function serve(project, data = 'data', {database} = {}) {
  const where = database === undefined ? ['--data', join(project, data)] : [];
  const words = ['serve', '--json', '--listen', '127.0.0.1:0', ...where];
  // A database's address may have a password, which is not for the list of processes.
  const env = {...process.env, ...(database !== undefined && {NIYANTA_DATABASE: database})};
  const child = spawn(process.execPath, [join(root, 'bin', 'run.js'), ...words], {cwd: project, env});
  let said = '';
  child.stderr.on('data', chunk => {
    said += chunk;
  });
  const {address, adminKey} = await firstJson(child, () => said);
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : [child.exitCode];
    child.kill('SIGTERM');
    const [code] = await ended;
    return code === 0 ? [] : [`serve ended with ${code}:`, ...said.trimEnd().split('\n').slice(-20)];
  };
  const kill = () => child.kill('SIGKILL');
  return {address, key: adminKey, stop, kill};
}

/** The object that it prints when it answers. */
async function firstJson(child, said) {
  let text = '';
  for await (const chunk of child.stdout.iterator({destroyOnReturn: false})) {
    text += chunk;
    try {
      return JSON.parse(text);
    } catch {
      // Not all of it is here yet.
    }
  }
  throw new Error(`serve ended before it answered: ${said()}`);
}
