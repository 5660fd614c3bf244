// Works until it is interrupted; interrupt.test.ts sends the signals.
import process from 'node:process';
import {Interruption} from '../../src/cli/interruption.ts';
import {reportError} from '../../src/cli/report-error.ts';

const {signal} = Interruption.shared();
// Keeps the process alive, as a connection would.
const alive = setInterval(() => {}, 1000);
const interrupted = new Promise((_, reject) => {
  signal.addEventListener('abort', () => {
    process.stdout.write('cleaning up\n');
    if (!process.argv.includes('--hang')) reject(signal.reason);
  });
});
process.stdout.write('working\n');
try {
  await interrupted;
} catch (error) {
  process.exitCode = reportError(error, process.argv);
}
clearInterval(alive);
