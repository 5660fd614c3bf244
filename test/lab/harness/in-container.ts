import {randomBytes} from 'node:crypto';
import {render} from '../../../src/engine/hosts/command.ts';
import {execCommand} from '../../../src/engine/runtime/exec.ts';

/** A shell line that runs a command in a container of a host, at its console; what it prints is never lost, as by ctr. */
export const inContainer = (id: string, ...command: readonly string[]): string =>
  render(execCommand(id, command, {name: `test-${randomBytes(6).toString('hex')}`, timeoutMs: 120_000}));
