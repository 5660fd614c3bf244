// `npm test`: installs what is missing, builds, and runs every test. Arguments go to vitest.
// `npm test -- --unit` runs those that need nothing but Node.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import process from 'node:process';
import {follow, newEnoughNode, root} from './node24.mjs';
import {installDebianPackages, installModules} from './packages.mjs';
import {countTests, filesToTryAgain, mergeReports} from './second-try.mjs';

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
  try {
    const first = await vitest(node, folder, rest);
    const files = process.env.CI === 'true' && rest.length === 0 ? filesToTryAgain(first.report) : [];
    if (files.length === 0) return totals(first.code, first.report);
    process.stdout.write(`a second try, alone:\n${files.map(file => `  ${relative(root, file)}\n`).join('')}`);
    const second = await vitest(node, folder, [...files, '--maxWorkers=1']);
    const merged = mergeReports(first.report, second.report);
    for (const {file, name} of merged.onlyThen)
      process.stdout.write(`passed only at the second try: ${relative(root, file)} > ${name}\n`);
    return totals(second.code, merged);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Runs vitest; its exit code, and its report: {testResults: [{name, status, assertionResults}]}. */
async function vitest(node, folder, words) {
  const file = join(folder, 'report.json');
  rmSync(file, {force: true});
  const projects = unitOnly ? ['unit'] : ['unit', 'lab'];
  const args = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap(project => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...words,
  ];
  // What people run is what is built: it is tested, and starts in half the time.
  const env = {...process.env, NIYANTA_TEST_BUILT: '1'};
  const code = await follow(node, args, {env});
  return {code, report: JSON.parse(readFileSync(file, 'utf8'))};
}

/** Prints `tests: 12 passed, 0 failed`, which .ci/run reads. Skipped tests failed, and files that could not even start. */
function totals(code, report) {
  const counted = countTests(report);
  // Tests that were not asked for by name are told as skipped, too.
  const skipped = rest.length > 0 ? 0 : counted.skipped;
  const failed = counted.failed + skipped;
  const lab = report.testResults
    .filter(file => file.name.includes('/test/lab/'))
    .flatMap(file => file.assertionResults);
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped, which counts as failed\n`);
  process.stdout.write(`tests: ${counted.passed} passed, ${failed} failed\n`);
  if (!unitOnly && rest.length === 0 && !lab.some(({status}) => status === 'passed')) {
    process.stderr.write('No lab test passed: the lab could not be started.\n');
    return code || 1;
  }
  return code || (failed > 0 ? 1 : 0);
}
