// Bad input on every route: schemathesis (PyPI) makes requests from the OpenAPI document of a real coordinator. No answer
// may be a 5xx, none may take longer than 10 s, and what the document promises of answers must hold.
import {existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';
import {serve} from './served.mjs';
import {has, problemOf} from './toolchain.mjs';

const version = '4.32.5';
/** Seconds after which it is enough. */
const budget = 60;
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'niyanta', `schemathesis-${version}`);

const lacking = await installed();
if (lacking.length > 0) {
  process.stdout.write(`note: schemathesis cannot be had here, bad input was NOT tried with it: ${lacking[0]}\n`);
  process.exit(0);
}
const problems = await tried();
process.stdout.write(problems.map(text => `${text}\n`).join(''));
process.exit(problems.length === 0 ? 0 : 1);

/** Installs it once for this user, into a folder of its own. */
async function installed() {
  if (existsSync(cache)) return [];
  if (!has('python3', '--version')) return ['there is no python3'];
  mkdirSync(join(cache, '..'), {recursive: true});
  const fresh = `${cache}.${process.pid}`;
  try {
    // Beside the machine's Python and not in an environment: that could not be moved to its place once it is whole.
    const words = ['-m', 'pip', 'install', '--quiet', '--target', fresh, `schemathesis==${version}`];
    const problem = await problemOf('python3', words);
    if (problem.length === 0) renameSync(fresh, cache);
    return problem;
  } finally {
    rmSync(fresh, {recursive: true, force: true});
  }
}

async function tried() {
  const project = mkdtempSync(join(tmpdir(), 'niyanta-schemathesis-'));
  try {
    // Without hosts: what is submitted stays where it is, or is of a type that needs none.
    writeFileSync(join(project, 'niyanta.yaml'), 'apiVersion: niyanta/v1\nkind: Project\nname: schemathesis\n');
    writeFileSync(join(project, 'schemathesis.toml'), '[headers]\nAuthorization = "Bearer ${NIYANTA_API_KEY}"\n');
    const {address, key, stop} = await serve(project);
    const words = [
      '-m',
      'schemathesis.cli',
      'run',
      join(root, 'docs', 'reference', 'openapi.json'),
      `--url=${address}`,
      '--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
      '--phases=examples,coverage,fuzzing',
      `--max-time=${budget}`,
      '--request-timeout=10',
      '--continue-on-failure',
      '--suppress-health-check=all',
      '--no-color',
      '--seed=1',
      '--workers=1',
      // A WebSocket is no request and answer.
      '--exclude-path=/v1/events',
    ];
    const env = {NIYANTA_API_KEY: key, PYTHONPATH: cache, PYTHONDONTWRITEBYTECODE: '1'};
    const found = await problemOf('python3', words, {cwd: project, env});
    return [...found, ...(await stop())];
  } catch (error) {
    return [String(error?.stack ?? error)];
  } finally {
    rmSync(project, {recursive: true, force: true});
  }
}
