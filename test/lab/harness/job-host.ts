import {randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, vi} from 'vitest';
import {checkpointKeeper} from '../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import type {CheckpointRow} from '../../../src/engine/coordinator/store/store.ts';
import {containerType} from '../../../src/engine/coordinator/types/container.ts';
import type {Attempt, AttemptEnd} from '../../../src/engine/coordinator/types/workload-type.ts';
import {type Connection, connect} from '../../../src/engine/hosts/index.ts';
import {labHosts} from '../../../src/engine/lab/index.ts';
import type {ContainerJob, Workload} from '../../../src/engine/spec/workload.ts';
import {anAttempt, aRow, aWorkload, blobs, type Told} from '../../engine/coordinator/types/attempts.ts';
import {busyboxArchive} from './busybox-archive.ts';
import type {LabFixture} from './lab-fixture.ts';

/** What is special about a job; `script` runs in busybox's sh. */
export type JobWish = Partial<Omit<ContainerJob, 'image'>> & {
  readonly id?: string;
  readonly attempt?: number;
  readonly script?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly workload?: Partial<Workload>;
  readonly checkpoints?: readonly CheckpointRow[];
  readonly host?: string;
};

export type JobAttempt = Attempt<ContainerJob> & {readonly report: Told; readonly letGo: AbortController};

/** Jobs on hosts of a lab as a coordinator runs them, with blobs in memory. */
export class JobHosts {
  readonly blobs = blobs();
  readonly keeper = checkpointKeeper(this.blobs);
  readonly type = this.anotherType();
  readonly #lab: LabFixture;
  readonly #archive: string;
  readonly #connections = new Map<string, Connection>();

  private constructor(lab: LabFixture, archive: string) {
    this.#lab = lab;
    this.#archive = archive;
  }

  static async ready(lab: LabFixture): Promise<JobHosts> {
    const archive = join(lab.scratch, 'job.tar');
    await writeFile(archive, await busyboxArchive());
    return new JobHosts(lab, archive);
  }

  /** As a coordinator that was started anew has it. */
  anotherType() {
    return containerType({
      owner: 'test',
      blobs: this.blobs,
      keeper: this.keeper,
      secrets: async names => new Map(names.map(name => [name, `value-of-${name}`])),
      registryAccess: async () => ({http: false}),
    });
  }

  async connection(name = 'h1'): Promise<Connection> {
    const known = this.#connections.get(name);
    if (known) return known;
    const connection = await connect(labHosts(this.#lab.lab).find(host => host.name === name)!);
    this.#connections.set(name, connection);
    return connection;
  }

  async forgetConnections(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(connection => connection.close()));
    this.#connections.clear();
  }

  async attempt(wish: JobWish): Promise<JobAttempt> {
    const {
      id = randomUUID(),
      attempt = 1,
      script = 'exit 0',
      inputs = {},
      workload,
      checkpoints = [],
      host,
      ...rest
    } = wish;
    const job: ContainerJob = {
      image: {kind: 'archive', path: this.#archive},
      command: ['sh', '-c', script],
      env: {},
      mounts: [],
      ports: [],
      readOnly: false,
      capabilities: {add: [], drop: []},
      stop: {signal: 'SIGTERM', graceMs: 500},
      ...rest,
    };
    const sums: Record<string, string> = {};
    for (const [target, text] of Object.entries(inputs)) sums[target] = await this.blobs.putBlob(Buffer.from(text));
    const letGo = new AbortController();
    const row = aRow(aWorkload({container: job, ...workload}), {id, inputs: sums, attempt});
    const name = host ?? 'h1';
    const connection = await this.connection(name);
    const made = anAttempt(job, {workload: row, attempt, checkpoints, host: {name, connection}, signal: letGo.signal});
    return {...made, letGo};
  }

  async begin(attempt: JobAttempt, type = this.type): Promise<{readonly ended: Promise<AttemptEnd>}> {
    await type.init(attempt);
    const ended = type.execute(attempt);
    ended.catch(() => undefined);
    const started = () => attempt.report.said.some(([what]) => what === 'started');
    await Promise.race([ended.catch(() => undefined), vi.waitFor(() => expect(started()).toBe(true), 30_000)]);
    return {ended};
  }

  /** Runs one to its end and removes it. */
  async run(wish: JobWish): Promise<{readonly end: AttemptEnd; readonly attempt: JobAttempt}> {
    const attempt = await this.attempt(wish);
    const end = await (await this.begin(attempt)).ended;
    await this.type.close(attempt);
    return {end, attempt};
  }

  /** What it has printed so far, with times. */
  log = async ({workload, attempt, host}: JobAttempt): Promise<string> =>
    this.#lab.sh(host!.name, `cat /var/lib/niyanta/logs/workload.${workload.id}.${attempt}.log 2>/dev/null || :`);

  text = (sha256: string | undefined): string => Buffer.from(this.blobs.kept.get(sha256 ?? '') ?? '').toString();
}
