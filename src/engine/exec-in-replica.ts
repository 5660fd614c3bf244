import {randomBytes} from 'node:crypto';
import {type EnvironmentReplica, replicasOf} from './environment-replicas.ts';
import {withFleet} from './fleet.ts';
import type {RemoteProcess, TerminalSize} from './hosts/index.ts';
import {execCommand} from './runtime/exec.ts';
import type {ObservedHost} from './runtime/observed.ts';
import {selectReplicas} from './select-replicas.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';

export interface ExecOptions {
  /** `backend`, whose first running replica it is, or `backend/2`. */
  readonly replica: string;
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly terminal?: TerminalSize & {readonly term: string};
  readonly user?: string;
  readonly workdir?: string;
  readonly signal: AbortSignal;
}

/**
 * Runs a program in a running replica and lets `bridge` talk to it; gives what `bridge` gives: its exit code.
 * Errors: UserError `unknown-service`, `unknown-replica`, `not-running`.
 */
export function execInReplica(
  session: Session,
  {replica: word, command, terminal, user, workdir, signal}: ExecOptions,
  bridge: (process: RemoteProcess) => Promise<number>,
): Promise<number> {
  return withFleet(session.hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh: session.ssh}, async fleet => {
    const {host, id} = await runningReplica(session, fleet.observed, word);
    const name = `exec-${randomBytes(6).toString('hex')}`;
    const exec = execCommand(id, command, {name, terminal: terminal !== undefined, user, workdir});
    return bridge(await fleet.connection(host).spawn(exec, {terminal}));
  });
}

async function runningReplica(
  {store, project, environment}: Session,
  observed: readonly ObservedHost[],
  word: string,
): Promise<{readonly host: string; readonly id: string}> {
  const known = (await store.read()).environments[environment];
  const replicas = replicasOf(observed, {project: project.name, environment, known});
  const named = selectReplicas(replicas, [word], environment);
  for (const {state, host, container} of named) {
    if (state === 'running' && host !== undefined && container) return {host, id: container.id};
  }
  throw new UserError({
    code: 'not-running',
    message: `no replica of ${word} runs: ${named.map(described).join(', ')}`,
    hint: named.some(({state}) => state === 'stopped')
      ? `Start it: niyanta start ${named[0]!.service}`
      : `See why: niyanta ps, niyanta logs ${named[0]!.service}`,
    exit: 1,
  });
}

const described = ({service, replica, state, host}: EnvironmentReplica): string =>
  `${service}/${replica} is ${state}${host === undefined ? '' : ` on ${host}`}`;
