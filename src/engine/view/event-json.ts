import type {ApplyEvent} from '../executor/events.ts';
import {exitOfOutcome} from '../spec/exit-codes.ts';

/** An event as `--json` prints it, a line each; the result with the exit code of the command. */
export const eventJson = (event: ApplyEvent): object =>
  event.type === 'result' ? {...event, exitCode: exitOfOutcome[event.outcome]} : event;
