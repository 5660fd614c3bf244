import process from 'node:process';
import {SqliteInMemory} from './sqlite-in-memory.ts';
import {Story} from './story.ts';

/** How many histories in all; `NIYANTA_SIM_HISTORIES=100000` for more. */
export const count = Number(process.env.NIYANTA_SIM_HISTORIES ?? 10_000);

/** `NIYANTA_SIM_SEED=17` plays one of them again, and tells it. */
export const alone = process.env.NIYANTA_SIM_SEED === undefined ? undefined : Number(process.env.NIYANTA_SIM_SEED);

/** What was wrong with which, of the seeds from one to another; not more than ten. */
export async function playHistories(from: number, to: number): Promise<readonly string[]> {
  const sqlite = new SqliteInMemory();
  const failed: string[] = [];
  for (let seed = from; seed <= to && failed.length < 10; seed += 1) {
    const {violations, trace} = await new Story(seed, sqlite).play();
    const again = `NIYANTA_SIM_SEED=${seed} npm test -- test/engine/coordinator/simulation/simulation.test.ts`;
    if (violations.length > 0) failed.push(`${again}: ${violations.join('; ')}`);
    if (seed === alone) console.log(trace.join('\n'));
    // Node's own timers, and with them the test runner's, have a turn.
    await new Promise(resolve => setImmediate(resolve));
  }
  return failed;
}
