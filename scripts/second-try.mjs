// In CI the few test files that failed run once more, alone: a thousand tests of real hosts on two busy processors do not
// all pass every time. What passed only then is told by name, so that it is mended and not forgotten.

/** More files than this are no accident: nothing is tried again. */
const mostFiles = 5;

const couldNotStart = '(the file could not start)';

/** Failed tests of a file in vitest's JSON report, by their full names; a file that could not even start is one. */
const failuresOf = file => {
  const failed = file.assertionResults.filter(({status}) => status === 'failed').map(({fullName}) => fullName);
  return failed.length === 0 && file.status === 'failed' ? [couldNotStart] : failed;
};

/** Paths of the test files that are worth a second try: those with failures, when they are few. */
export function filesToTryAgain(report) {
  const failed = report.testResults.filter(file => failuresOf(file).length > 0).map(({name}) => name);
  return failed.length <= mostFiles ? failed : [];
}

/**
 * The first run's report with the results of the second in place of those of the same files.
 * `second` lists the tests that failed at first and passed then.
 */
export function mergeReports(first, second) {
  const again = new Map(second.testResults.map(file => [file.name, file]));
  const onlyThen = first.testResults.flatMap(file => {
    const retried = again.get(file.name);
    if (retried === undefined) return [];
    const failedStill = failuresOf(retried);
    return failuresOf(file)
      .filter(name => !failedStill.includes(name) && !failedStill.includes(couldNotStart))
      .map(name => ({file: file.name, name}));
  });
  return {testResults: first.testResults.map(file => again.get(file.name) ?? file), onlyThen};
}

/** How many tests of a report passed, failed, and were left out. */
export function countTests({testResults}) {
  const all = testResults.flatMap(({assertionResults}) => assertionResults);
  const count = (...states) => all.filter(({status}) => states.includes(status)).length;
  return {
    passed: count('passed'),
    failed: testResults.reduce((sum, file) => sum + failuresOf(file).length, 0),
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
  };
}
