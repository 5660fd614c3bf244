// `npm test`: installs what is missing, builds, and runs every test. Arguments go to vitest.
// `npm test -- --unit` runs those that need nothing but Node.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {follow, newEnoughNode, root} from './node24.mjs';
import {installDebianPackages, installModules} from './packages.mjs';

const unitOnly = process.argv.includes('--unit');
const rest = process.argv.slice(2).filter(argument => argument !== '--unit');

process.exit(await main());

async function main() {
  const canLab = process.platform === 'linux' && process.getuid?.() === 0;
  if (!unitOnly && !canLab) {
    process.stderr.write(
      'The lab tests start real hosts, which takes Linux and root. Run them with `sudo npm test`, ' +
        'or those that need nothing but Node with `npm test -- --unit`.\n',
    );
    return 1;
  }
  installModules();
  const missing = unitOnly ? [] : installDebianPackages('lab', 'images', 'tests');
  if (missing.length > 0) {
    process.stderr.write(
      `The lab tests need these Debian packages, which could not be installed: ${missing.join(' ')}\n`,
    );
    return 1;
  }
  const node = newEnoughNode();
  if (node === undefined) throw new Error('npm brought no Node for this machine; install Node 24');
  const built = await follow(node, [join(root, 'scripts', 'build.mjs')]);
  if (built !== 0) return built;
  return runTests(node);
}

async function runTests(node) {
  const folder = mkdtempSync(join(tmpdir(), 'niyanta-tests-'));
  const report = join(folder, 'report.json');
  const projects = unitOnly ? ['unit'] : ['unit', 'lab'];
  const args = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap(project => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ];
  try {
    // What people run is what is built: it is tested, and starts in half the time.
    const env = {...process.env, NIYANTA_TEST_BUILT: '1'};
    const code = await follow(node, args, {env});
    return totals(code, report);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Prints `tests: 12 passed, 0 failed`, which .ci/run reads. Skipped tests failed, and files that could not even start. */
function totals(code, report) {
  const found = JSON.parse(readFileSync(report, 'utf8'));
  const stillborn = found.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0);
  // Tests that were not asked for by name are told as pending, too.
  const skipped = rest.length > 0 ? 0 : found.numPendingTests + (found.numTodoTests ?? 0);
  const failed = found.numFailedTests + stillborn.length + skipped;
  const lab = found.testResults.filter(file => file.name.includes('/test/lab/')).flatMap(file => file.assertionResults);
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped, which counts as failed\n`);
  process.stdout.write(`tests: ${found.numPassedTests} passed, ${failed} failed\n`);
  if (!unitOnly && rest.length === 0 && !lab.some(({status}) => status === 'passed')) {
    process.stderr.write('No lab test passed: the lab could not be started.\n');
    return code || 1;
  }
  return code || (failed > 0 ? 1 : 0);
}
