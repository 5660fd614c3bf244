import type {Connection} from '../../../src/engine/hosts/index.ts';
import type {FencedHost} from '../../../src/engine/runtime/fenced-host.ts';
import {raiseFence} from '../../../src/engine/runtime/raise-fence.ts';

/** The right to change a host, as the holder of a lease has it, for tests of what changes hosts without a lease. */
export function fencedHost(connection: Connection, number = 1): Promise<FencedHost> {
  const {signal} = new AbortController();
  const fence = {scope: 'test.rooms', number, holder: 'test'};
  return raiseFence(connection, fence, {signal, stop: signal, onBusy: () => undefined, onFenced: () => undefined});
}
