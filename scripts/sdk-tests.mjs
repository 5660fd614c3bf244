// Tests the clients in sdk/ against a real coordinator with a real host. Go and Python are the machine's: what is not
// there is said, and not tested. Needs Linux, root and `npm run build`.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';
import {serve} from './served.mjs';
import {has, problemOf} from './toolchain.mjs';

const image = 'docker.io/library/busybox:test';
const lab = `sdk${process.pid}`;
const project = mkdtempSync(join(tmpdir(), 'niyanta-sdk-'));

const clients = [
  {name: 'Python', there: has('python3', '--version'), program: 'python3', words: ['-m', 'unittest', '-v']},
  {name: 'Go', there: has('go', 'version'), program: 'go', words: ['test', '-count=1', './...']},
];
for (const {name, program} of clients.filter(({there}) => !there))
  process.stdout.write(`note: ${program} is not on this machine: the client for ${name} was NOT tested\n`);
const problems = await tested(clients.filter(({there}) => there));
process.stdout.write(problems.map(text => `${text}\n`).join(''));
process.exit(problems.length === 0 ? 0 : 1);

async function tested(present) {
  try {
    await prepare();
    const {address, key, stop} = await serve(project);
    const env = {
      NIYANTA_SERVER: address,
      NIYANTA_API_KEY: key,
      NIYANTA_TEST_IMAGE: image,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const found = [];
    for (const {name, program, words} of present) {
      const wrong = await problemOf(program, words, {cwd: join(root, 'sdk', name.toLowerCase()), env});
      process.stdout.write(`${wrong.length === 0 ? 'passed' : 'FAILED'}: the client for ${name}\n`);
      found.push(...wrong);
    }
    return [...found, ...(await stop())];
  } catch (error) {
    return [String(error?.stack ?? error)];
  } finally {
    niyanta(['lab', 'down', '--name', lab]);
    rmSync(project, {recursive: true, force: true});
  }
}

async function prepare() {
  writeFileSync(join(project, 'niyanta.yaml'), `apiVersion: niyanta/v1\nkind: Project\nname: sdk\nlab: ${lab}\n`);
  niyanta(['lab', 'up', '--name', lab, '--hosts', '1']);
  // As if pulled before: there is no registry here.
  const {busyboxArchive} = await import('../test/lab/harness/busybox-archive.ts');
  const input = await busyboxArchive();
  niyanta(['lab', 'exec', 'h1', '--name', lab, '--', 'ctr', '-n', 'niyanta', 'images', 'import', '-'], {input});
}

function niyanta(words, options = {}) {
  const {status, stderr} = spawnSync(process.execPath, [join(root, 'bin', 'run.js'), ...words], options);
  if (status !== 0) throw new Error(`niyanta ${words.join(' ')}: ${stderr}`);
}
