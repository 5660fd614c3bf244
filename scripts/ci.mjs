// What .ci/run does: the tests, then the checks of the house, then whether anything was left behind.
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import process from 'node:process';
import {licenceProblems} from './check-licences.mjs';
import {privateTraces} from './check-private-traces.mjs';
import {leftBehind, look} from './leftovers.mjs';
import {newEnoughNode, root} from './node24.mjs';

// Everything that this run starts inherits it, so that what outlives the run can be told from the machine's own.
const mark = randomUUID();
const env = {...process.env, CI: 'true', NIYANTA_CI_RUN: mark, NO_COLOR: '1'};
// In CI the machine is this run's alone; by hand, other labs may come and go meanwhile.
const alone = process.env.CI === 'true';
const before = look(mark, alone);
/** Milliseconds after which the tests are ended, so that the checks and the closing line still come in time. */
const longestTests = 60 * 60_000;
let passed = 0;
let failed = 0;

const tests = await run('npm', 'test', '--loglevel=error');
const counted = /^tests: (\d+) passed, (\d+) failed$/m.exec(tests.output);
passed += Number(counted?.[1] ?? 0);
// Tests that did not get to their end count as one failure, whatever passed before.
failed += Math.max(Number(counted?.[2] ?? 0), tests.code === 0 ? 0 : 1);

// Two at a time, as two processors have room for; what takes long comes first.
const checks = [
  ['container image and systemd unit, on a lab host', () => program('scripts/deploy-test.mjs')],
  ['clients in sdk/, against a real coordinator', () => program('scripts/sdk-tests.mjs')],
  ['bad input on every route (schemathesis)', () => program('scripts/schemathesis.mjs')],
  ["deploy/kubernetes against Kubernetes' schemas", () => program('scripts/kubernetes.mjs')],
  ['lint', () => program('node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '.')],
  ['types', () => program('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json')],
  ['import rule', () => program('scripts/check-imports.mjs')],
  ['dead code', () => program('node_modules/knip/bin/knip.js')],
  ['reference docs are current', () => program('scripts/docs.mjs', '--check')],
  ['client types are current', () => program('scripts/client-types.mjs', '--check')],
  ['gRPC types are current', () => program('scripts/proto-types.mjs', '--check')],
  ['starts as built', () => program('bin/run.js', '--help')],
  ['licences', licenceProblems],
  ['no secret, machine path or mirror in the repository', privateTraces],
];
await Promise.all([inTurn(checks), inTurn(checks)]);
await check('nothing left behind', () => leftBehind(before, mark, alone));

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/** Takes one check after another off the list until it is empty. */
async function inTurn(list) {
  for (let next = list.shift(); next !== undefined; next = list.shift()) await check(...next);
}

/** A check passes when it names no problem. */
async function check(name, problems) {
  const found = await Promise.resolve()
    .then(problems)
    .catch(error => [String(error?.stack ?? error)]);
  if (found.length === 0) passed++;
  else failed++;
  process.stdout.write(`${found.length === 0 ? '✓' : '✗'} ${name}\n${found.map(text => `  ${text}\n`).join('')}`);
}

async function program(script, ...args) {
  const node = newEnoughNode();
  if (node === undefined) return ['there is no Node 24: npm did not bring one'];
  const {code, output} = await run(node, script, ...args);
  // What could not be tried on this machine is said, and is no failure.
  for (const [line] of output.matchAll(/^note: .*$/gm)) process.stdout.write(`${line}\n`);
  return code === 0 ? [] : [`${script} ended with ${code}`, ...output.trimEnd().split('\n').slice(-40)];
}

function run(command, ...args) {
  const child = spawn(command, args, {cwd: root, env, stdio: ['ignore', 'pipe', 'pipe']});
  const shown = command === 'npm';
  const late = setTimeout(() => {
    process.stdout.write(`${command} ${args.join(' ')} took more than ${longestTests / 60_000} minutes\n`);
    child.kill('SIGTERM');
  }, longestTests);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text;
      if (shown) process.stdout.write(text);
    });
  }
  return new Promise(resolve => {
    child.on('error', error => resolve({code: 1, output: String(error)}));
    // `exit` and not `close`: a daemon that was left behind keeps the pipes open, and is found below.
    child.on('exit', code => {
      clearTimeout(late);
      setTimeout(() => resolve({code: code ?? 1, output}), 200);
    });
  });
}
