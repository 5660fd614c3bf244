import {z} from 'zod';
import type {
  Attempt,
  AttemptEnd,
  AttemptHost,
  FoundAttempt,
  TakenCheckpoint,
  WorkloadType,
} from '../../../../src/engine/coordinator/types/workload-type.ts';
import {Bug} from '../../../../src/engine/spec/errors.ts';
import type {SimNetwork} from './sim-network.ts';
import type {SimConnection} from './sim-pool.ts';

const config = z.object({
  ms: z.number(),
  /** Its first attempts, which fail. */
  failures: z.number(),
});

type SimConfig = z.infer<typeof config>;

/** Containers on simulated hosts: what `container` does over SSH, in the same order. One a process. */
export class SimType implements WorkloadType<SimConfig> {
  readonly name = 'sim';
  readonly config = config;
  readonly onHost = true;
  readonly #network: SimNetwork;
  #checkpoints = 0;

  constructor(network: SimNetwork) {
    this.#network = network;
  }

  async init(attempt: Attempt<SimConfig>): Promise<void> {
    await this.#on(attempt.host, host => host.prepare(keyOf(attempt)));
    const [newest] = attempt.checkpoints;
    if (newest) attempt.report.restored(newest.number);
  }

  async execute(attempt: Attempt<SimConfig>): Promise<AttemptEnd> {
    const {ms, failures} = attempt.config;
    const key = keyOf(attempt);
    const kept = await this.#on(attempt.host, host =>
      host.start({...key, ms, exitCode: attempt.attempt > failures ? 0 : 1}),
    );
    if (kept) return kept;
    attempt.report.started();
    const {process, simulated} = connectionOf(attempt.host);
    const ended = this.#network.listen<AttemptEnd>(process, simulated, tell => simulated.watch(key, tell));
    ended.catch(() => undefined);
    const {promise, reject} = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason), {once: true});
    if (attempt.signal.aborted) throw attempt.signal.reason;
    return Promise.race([ended, promise]);
  }

  async checkpoint(attempt: Attempt<SimConfig>): Promise<TakenCheckpoint | undefined> {
    const there = await this.#on(attempt.host, host => host.isThere(keyOf(attempt)));
    if (!there) return undefined;
    this.#checkpoints += 1;
    const key = `${attempt.workload.id}.${attempt.attempt}.${this.#checkpoints}`;
    return {size: 1, sha256: '0'.repeat(64), place: {kind: 's3', key}};
  }

  async close(attempt: Attempt<SimConfig>): Promise<void> {
    await this.#on(attempt.host, host => host.close(keyOf(attempt)));
  }

  found(host: AttemptHost): Promise<readonly FoundAttempt[]> {
    return this.#on(host, simulated => [...simulated.found(), ...simulated.kept()]);
  }

  clear(host: AttemptHost, found: Pick<FoundAttempt, 'workload' | 'attempt'>): Promise<void> {
    return this.#on(host, simulated => simulated.close(found));
  }

  #on<T>(host: AttemptHost | undefined, work: (host: SimConnection['simulated']) => T): Promise<T> {
    const {process, simulated} = connectionOf(host);
    return this.#network.ask(process, simulated, () => work(simulated));
  }
}

function connectionOf(host: AttemptHost | undefined): SimConnection {
  if (!host) throw new Bug('needs a host');
  return host.connection as unknown as SimConnection;
}

const keyOf = ({workload, attempt}: Pick<Attempt, 'workload' | 'attempt'>) => ({workload: workload.id, attempt});
