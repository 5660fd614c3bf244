import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ApplyEnd} from '../../engine/apply-stack.ts';
import {type ApiClient, answerOf} from '../../engine/client/api-client.ts';
import {askApply, findEnvironment, sendBundle} from '../../engine/client/environments.ts';
import {followStream} from '../../engine/client/follow-stream.ts';
import type {LogRecord} from '../../engine/log-sources.ts';
import type {AskedRelease} from '../../engine/open-releases.ts';
import type {Plan} from '../../engine/planner/plan.ts';
import type {ReleaseStatus} from '../../engine/release-status.ts';
import type {ChangeEnd} from '../../engine/run-change.ts';
import type {ShownReplicas} from '../../engine/show-replicas.ts';
import {OutsideError} from '../../engine/spec/errors.ts';
import type {HistoryEntry} from '../../engine/state/lock-file.ts';
import type {ChangeSubject} from '../change-account.ts';
import type {ChangeHooks} from '../change-command.ts';
import {followToTheEnd} from './follow-to-the-end.ts';

interface Served {
  readonly client: ApiClient;
  readonly project: string;
  readonly environment: string;
  readonly customer?: string;
  readonly signal: AbortSignal;
}

export interface ServedApply {
  readonly targets?: readonly string[] | undefined;
  readonly pull: boolean;
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  /** A plan that was looked at before: nothing else is carried out. */
  readonly saved?: Plan | undefined;
}

/** The values of the server are those of the engine, as JSON: the same views show them. */
const asOurs = <T>(value: unknown): T => value as T;

/** One environment at a coordinator, asked for what commands otherwise do from here. */
export class ServedEnvironment {
  readonly #served: Served;

  constructor(served: Served) {
    this.#served = served;
  }

  /** `PROJECT.ENVIRONMENT`. */
  get id(): string {
    return `${this.#served.project}.${this.#served.environment}`;
  }

  get subject(): ChangeSubject {
    return {project: {name: this.#served.project}, environment: this.#served.environment};
  }

  /** Sends the project. Returns how it is called there. */
  async send(open: () => Readable, onProgress?: (sent: number, of: number) => void): Promise<string> {
    const {client, customer} = this.#served;
    const wish = {...(customer !== undefined && {customer}), ...(onProgress && {onProgress})};
    return (await sendBundle(client, open, wish)).sha256;
  }

  async plan(bundle: string, {targets, pull}: Pick<ServedApply, 'targets' | 'pull'>): Promise<Plan> {
    const {api} = this.#served.client;
    const body = {bundle, pull, ...(targets && {targets: [...targets]})};
    return asOurs(await answerOf(api.POST('/v1/environments/plan', {body, headers: again, ...this.#until()})));
  }

  /** Plans, asks, applies, and follows it to its end. Where nothing changes, nobody is asked. */
  async apply(bundle: string, wish: ServedApply, hooks: ChangeHooks): Promise<ApplyEnd> {
    const {client, customer} = this.#served;
    const plan = wish.saved ?? (await this.plan(bundle, wish));
    if (plan.operations.length > 0) await hooks.confirm(plan);
    else if ((await findEnvironment(client, this.id))?.bundle === bundle && !plan.replicas) return nothing(plan);
    const {serial, fingerprint} = plan;
    const {targets, pull, onFailure} = wish;
    const change = await askApply(client, {
      ...{bundle, pull, onFailure, agreed: {serial, fingerprint}},
      ...(targets && {targets}),
      ...(customer !== undefined && {customer}),
    });
    return followToTheEnd(client, change, plan, hooks);
  }

  async scale(counts: ReadonlyMap<string, number>, hooks: ChangeHooks): Promise<ApplyEnd> {
    const {client} = this.#served;
    const body = {counts: Object.fromEntries(counts)};
    const plan = await this.#agreed({kind: 'scale', ...body}, hooks);
    const {api} = client;
    const change = await answerOf(api.POST('/v1/environments/{id}/scale', {params: this.#params(), body}));
    return followToTheEnd(client, change, plan, hooks);
  }

  async rollback(to: number | undefined, hooks: ChangeHooks): Promise<ApplyEnd> {
    const {client} = this.#served;
    const body = to === undefined ? {} : {to};
    const plan = await this.#agreed({kind: 'rollback', ...body}, hooks);
    const {api} = client;
    const change = await answerOf(api.POST('/v1/environments/{id}/rollback', {params: this.#params(), body}));
    return followToTheEnd(client, change, plan, hooks);
  }

  async releases(service: string | undefined): Promise<ReleaseStatus> {
    const {api} = this.#served.client;
    const status = asOurs<ReleaseStatus>(
      await answerOf(api.GET('/v1/environments/{id}/releases', {params: this.#params()})),
    );
    return {
      ...status,
      releases: status.releases.filter(release => service === undefined || release.service === service),
    };
  }

  /** Asks the change that is at a release to end it; undefined: none is. */
  async askRunning(what: 'promote' | 'abort', service: string | undefined): Promise<AskedRelease | undefined> {
    const {releases, holder} = await this.releases(service);
    const running = releases.filter(({state}) => state === 'running');
    if (running.length === 0 || !holder) return undefined;
    await this.#endRelease(what, service);
    return {asked: holder, services: running.map(release => release.service)};
  }

  async endRelease(what: 'promote' | 'abort', service: string | undefined, hooks: ChangeHooks): Promise<ApplyEnd> {
    const plan = await this.#agreed({kind: what, ...(service !== undefined && {service})}, hooks);
    return followToTheEnd(this.#served.client, await this.#endRelease(what, service), plan, hooks);
  }

  async operate(
    verb: 'start' | 'stop' | 'restart',
    services: readonly string[],
    hooks: Pick<ChangeHooks, 'onEvent' | 'signal'>,
  ): Promise<ChangeEnd> {
    const {client} = this.#served;
    const body = services.length > 0 ? {services: [...services]} : {};
    const change = await answerOf(client.api.POST(`/v1/environments/{id}/${verb}`, {params: this.#params(), body}));
    return followToTheEnd(client, change, {serial: 0}, hooks);
  }

  async destroy(volumes: boolean, hooks: ChangeHooks): Promise<ApplyEnd> {
    const {client} = this.#served;
    const plan = await this.#agreed({kind: 'destroy', volumes}, hooks);
    const params = {...this.#params(), query: {volumes: volumes ? ('true' as const) : ('false' as const)}};
    const change = await answerOf(client.api.DELETE('/v1/environments/{id}', {params}));
    return followToTheEnd(client, change, plan, hooks);
  }

  async history(limit?: number): Promise<readonly HistoryEntry[]> {
    const {api} = this.#served.client;
    const {items} = await answerOf(api.GET('/v1/environments/{id}/history', {params: this.#params()}));
    return asOurs<readonly HistoryEntry[]>(limit === undefined ? items : items.slice(-limit));
  }

  async replicas(services: readonly string[]): Promise<ShownReplicas> {
    const {api} = this.#served.client;
    const params = {...this.#params(), query: services.length > 0 ? {service: [...services]} : {}};
    return asOurs(await answerOf(api.GET('/v1/environments/{id}/replicas', {params, ...this.#until()})));
  }

  /** The same again and again, until the signal. `onBreak`: the coordinator is away; it is asked on. */
  async *rounds(services: readonly string[], onBreak: (why: string) => void): AsyncGenerator<ShownReplicas> {
    const {signal} = this.#served;
    let last: 'unknown' | 'answered' | 'away' = 'unknown';
    while (!signal.aborted) {
      try {
        yield await this.replicas(services);
        last = 'answered';
      } catch (error) {
        if (signal.aborted) return;
        if (last === 'unknown' || !passes(error)) throw error;
        if (last === 'answered') onBreak(error.message);
        last = 'away';
      }
      await sleep(restMs, undefined, {signal}).catch(() => undefined);
    }
  }

  /**
   * The newest lines of its replicas; with `follow`, then those that come, until the signal. `onBreak`: the coordinator is
   * away, and it goes on where it was when it is back.
   */
  async *logs(wish: {
    readonly services: readonly string[];
    readonly follow: boolean;
    readonly tail?: number | undefined;
    readonly since?: string | undefined;
    readonly onBreak?: (why: string) => void;
  }): AsyncGenerator<LogRecord> {
    const {client, signal} = this.#served;
    const {services, follow, tail, since, onBreak} = wish;
    const query = {
      ...(services.length > 0 && {service: [...services]}),
      ...(tail !== undefined && {tail}),
      ...(since !== undefined && {since}),
    };
    if (!follow) {
      const params = {...this.#params(), query};
      const answer = await answerOf(client.api.GET('/v1/environments/{id}/logs', {params, ...this.#until()}));
      yield* asOurs<{readonly items: readonly LogRecord[]}>(answer).items;
      return;
    }
    const words = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const path = `/v1/environments/${encodeURIComponent(this.id)}/logs?${words}`;
    for await (const {event, data} of followStream(client, path, {signal, onBreak})) {
      if (event === 'line') yield asOurs<LogRecord>(data);
    }
  }

  #endRelease(what: 'promote' | 'abort', service: string | undefined) {
    const body = service === undefined ? {} : {service};
    const {api} = this.#served.client;
    return answerOf(api.POST(`/v1/environments/{id}/${what}`, {params: this.#params(), body}));
  }

  /** The plan, once it is agreed to. */
  async #agreed(body: PlannedChange, hooks: ChangeHooks): Promise<Plan> {
    const {api} = this.#served.client;
    const asked = api.POST('/v1/environments/{id}/plan', {
      params: this.#params(),
      body,
      headers: again,
      ...this.#until(),
    });
    const plan = asOurs<Plan>(await answerOf(asked));
    if (plan.operations.length > 0) await hooks.confirm(plan);
    return plan;
  }

  #params() {
    return {path: {id: this.id}};
  }

  #until() {
    return {signal: this.#served.signal};
  }
}

type PlannedChange =
  | {readonly kind: 'scale'; readonly counts: Record<string, number>}
  | {readonly kind: 'rollback'; readonly to?: number}
  | {readonly kind: 'destroy'; readonly volumes: boolean}
  | {readonly kind: 'promote' | 'abort'; readonly service?: string};

/** Nobody answers, or not well: for now. */
const passes = (error: unknown): error is OutsideError => error instanceof OutsideError && error.transient;

/** How long `ps --watch` rests between two rounds. Milliseconds. */
const restMs = 2000;

/** Asked twice, it is the same: it may be sent again when no answer came. */
const again = {'Idempotency-Key': 'plan'};

const nothing = (plan: Plan): ApplyEnd => ({
  plan,
  result: {outcome: 'unchanged', serial: plan.serial, operations: []},
  leftovers: [],
  durationMs: 0,
});
