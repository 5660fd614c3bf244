import type {Connection} from '../hosts/connection.ts';
import {mustRun} from '../hosts/must-run.ts';
import {type Fence, raising} from './fence-commands.ts';
import {servedElsewhere, stateBehind, stillBusy} from './fence-errors.ts';
import {FencedHost, type FencedHostOptions} from './fenced-host.ts';

/** A start may take two minutes, a stop as long as its grace. Milliseconds. */
const longestMs = 5 * 60_000;

export interface RaiseOptions extends FencedHostOptions {
  readonly signal: AbortSignal;
  /** Told what an earlier holder still does on the host, when that is waited for. */
  readonly onBusy: (doing: readonly string[]) => void;
}

/**
 * Makes a host refuse every earlier holder, waits until what one of them began there is over, and gives the host to
 * the holder of this number. Errors: UserError `served` when a coordinator serves the environment, OutsideError `fenced` when the host knows a newer number, `fence-busy` after five
 * minutes (all exit 4).
 */
export async function raiseFence(connection: Connection, fence: Fence, options: RaiseOptions): Promise<FencedHost> {
  const began = performance.now();
  for (let told = ''; ; ) {
    const {stdout} = await mustRun(connection, raising.command(fence), {
      what: 'raise the number of the lease',
      signal: options.signal,
    });
    const raised = raising.parse(stdout);
    if (raised.kind === 'raised') return new FencedHost(connection, fence, options);
    if (raised.kind === 'served') throw servedElsewhere(connection.host, fence, raised.address);
    if (raised.kind === 'newer') throw stateBehind(connection.host, fence, raised.number);
    const waitedMs = performance.now() - began;
    if (waitedMs >= longestMs) throw stillBusy(connection.host, fence, raised.doing, waitedMs);
    if (raised.doing.join() !== told) options.onBusy(raised.doing);
    told = raised.doing.join();
  }
}
