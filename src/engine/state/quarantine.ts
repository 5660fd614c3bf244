import type {HostName} from '../spec/stack.ts';
import type {Quarantine} from './lock-file.ts';

/**
 * Who is in quarantine after a change: who did not answer is, since the first change that went on without it; who
 * answered comes out of it when the change reached its end there (`caughtUp`). Undefined when nobody is.
 */
export function quarantineAfter(
  before: Readonly<Record<HostName, Quarantine>> | undefined,
  hosts: readonly {readonly host: HostName; readonly answers: boolean}[],
  {at, caughtUp}: {readonly at: string; readonly caughtUp: boolean},
): Readonly<Record<HostName, Quarantine>> | undefined {
  const entries = hosts.flatMap(({host, answers}): [HostName, Quarantine][] => {
    const known = before?.[host];
    if (!answers) return [[host, known ?? {since: at}]];
    return known && !caughtUp ? [[host, known]] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
