// Asks as apply does; terminal.test.ts starts it with and without a terminal.
import process from 'node:process';
import {confirmChange} from '../../src/cli/confirm.ts';
import {reportError} from '../../src/cli/report-error.ts';

const isTTY = Boolean(process.stdin.isTTY && process.stderr.isTTY);
try {
  await confirmChange(
    {question: 'Apply this plan to environment staging?', yes: process.argv.includes('--yes')},
    {cwd: process.cwd(), env: process.env, isTTY, now: new Date()},
  );
  process.stdout.write('changing\n');
} catch (error) {
  process.exitCode = reportError(error, process.argv);
}
