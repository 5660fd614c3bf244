// Bad input on every route: schemathesis (PyPI) makes requests from the OpenAPI document of a real coordinator. No answer
// may be a 5xx, none may take longer than 10 s, and what the document promises of answers must hold.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';
import {pipTool} from './pip-tool.mjs';
import {serve} from './served.mjs';
import {problemOf} from './toolchain.mjs';

/** Seconds after which it is enough. */
const budget = 60;
const {folder, lacking} = await pipTool('schemathesis', '4.32.5');
if (lacking !== undefined) {
  process.stdout.write(`note: schemathesis cannot be had here, bad input was NOT tried with it: ${lacking}\n`);
  process.exit(0);
}
const problems = await tried();
process.stdout.write(problems.map(text => `${text}\n`).join(''));
process.exit(problems.length === 0 ? 0 : 1);

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
    const env = {NIYANTA_API_KEY: key, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1'};
    const found = await problemOf('python3', words, {cwd: project, env});
    return [...found, ...(await stop())];
  } catch (error) {
    return [String(error?.stack ?? error)];
  } finally {
    rmSync(project, {recursive: true, force: true});
  }
}
