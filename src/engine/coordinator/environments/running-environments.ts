import {randomUUID} from 'node:crypto';
import type {Readable} from 'node:stream';
import {appliedStack} from '../../environment-replicas.ts';
import {lastApplied} from '../../heal-stack.ts';
import {askRunning} from '../../open-releases.ts';
import {checkTargets, planStack} from '../../plan-stack.ts';
import type {Plan} from '../../planner/plan.ts';
import {type ReleaseStatus, releaseStatus} from '../../release-status.ts';
import {withCounts} from '../../scale-services.ts';
import type {StackSession} from '../../session.ts';
import {showHistory} from '../../show-history.ts';
import {type ShownReplicas, showReplicas} from '../../show-replicas.ts';
import type {HistoryEntry} from '../../state/lock-file.ts';
import type {Actor, CustomerId, Page, Scope} from '../store/store.ts';
import {anotherEnvironment, applyOf, given, notApplied, notYours} from './asked-change.ts';
import {bundleHash, layOutBundle} from './bundles/lay-out-bundle.ts';
import {readBundle, refuseOtherHosts} from './bundles/read-bundle.ts';
import {receiveBundle} from './bundles/receive-bundle.ts';
import type {
  ApplyWish,
  BundleRow,
  ChangeEvent,
  ChangeKind,
  ChangeOptions,
  ChangePlanWish,
  ChangeQuery,
  ChangeRow,
  EndReleaseWish,
  EnvironmentId,
  EnvironmentLogOptions,
  EnvironmentQuery,
  EnvironmentRow,
  Environments,
  FollowOptions,
  OperateWish,
  PlanWish,
  ReplicaLine,
  ReplicaOptions,
  UpdateWish,
} from './environments.ts';
import {followChange} from './follow-change.ts';
import {planOtherChange} from './plan-change.ts';
import {replicaLines} from './replica-lines.ts';
import {hostConditions, type ServedParts} from './served-parts.ts';
import {servedSession, unknownBundle} from './served-session.ts';

export interface RunningEnvironmentsParts extends ServedParts {
  /** A change was asked for: the leader, if it is this one, need not wait for a hint. */
  readonly onAsk: () => void;
}

/** Answers on any coordinator; what changes hosts is kept for the leader. */
export class RunningEnvironments implements Environments {
  readonly #parts: RunningEnvironmentsParts;

  constructor(parts: RunningEnvironmentsParts) {
    this.#parts = parts;
  }

  async putBundle(tar: Readable): Promise<BundleRow> {
    const {store, folder, hosts} = this.#parts;
    const manifest = await receiveBundle(tar, store);
    const sha256 = bundleHash(manifest);
    const directory = await layOutBundle(folder, {sha256, manifest}, store);
    const names = hosts().map(({name}) => name);
    const read = await readBundle(directory);
    refuseOtherHosts(read, names);
    const {project, environment, stack} = read;
    const bytes = manifest.reduce((sum, {size}) => sum + size, 0);
    return store.putBundle({sha256, project: project.name, environment, stack: stack.name, bytes, manifest});
  }

  list(scope: Scope, query: EnvironmentQuery): Promise<Page<EnvironmentRow>> {
    return this.#parts.store.environments(scope, query);
  }

  get(scope: Scope, id: EnvironmentId): Promise<EnvironmentRow | undefined> {
    return this.#parts.store.environment(scope, id);
  }

  async plan(scope: Scope, wish: PlanWish, signal: AbortSignal): Promise<Plan> {
    const {id} = await this.#bundled(wish.bundle);
    await this.#refuseOthers(scope, id);
    const moveLost = hostConditions(this.#parts).lost.length > 0;
    return this.#with(wish.bundle, async session => {
      const {targets, pull = false} = wish;
      const asEver = {locked: false, purpose: 'apply', maxUnreachable: session.hosts.length} as const;
      const {plan} = await planStack(session, {...asEver, targets, pull, moveLost, signal, now: () => new Date()});
      return plan;
    });
  }

  async planChange(
    scope: Scope,
    id: EnvironmentId,
    wish: ChangePlanWish,
    signal: AbortSignal,
  ): Promise<Plan | undefined> {
    const row = await this.get(scope, id);
    const moveLost = hostConditions(this.#parts).lost.length > 0;
    return row && this.#with(row.bundle, session => planOtherChange(session, wish, {moveLost, signal}));
  }

  async apply(scope: Scope, owner: CustomerId, wish: ApplyWish, actor: Actor): Promise<ChangeRow> {
    const {id} = await this.#bundled(wish.bundle);
    const row = await this.#parts.store.askChange(scope, {...applyOf(id, wish, actor), owner});
    this.#parts.onAsk();
    // An apply makes what is not there.
    return row!;
  }

  async update(scope: Scope, id: EnvironmentId, wish: UpdateWish, actor: Actor): Promise<ChangeRow | undefined> {
    if (!(await this.get(scope, id))) return undefined;
    const bundled = await this.#bundled(wish.bundle);
    if (bundled.id !== id) throw anotherEnvironment(id, bundled.id);
    const update = given({revision: wish.revision});
    const row = await this.#parts.store.askChange(scope, {...applyOf(id, wish, actor), update});
    this.#parts.onAsk();
    return row;
  }

  async scale(
    scope: Scope,
    id: EnvironmentId,
    counts: Readonly<Record<string, number>>,
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    const row = await this.get(scope, id);
    if (!row) return undefined;
    await this.#with(row.bundle, async session => {
      const known = (await session.store.read()).environments[session.environment];
      const last = lastApplied(session, known);
      if (!last) throw notApplied(id);
      withCounts(last.session.stack, new Map(Object.entries(counts)));
    });
    return this.#ask(scope, id, 'scale', {counts}, actor);
  }

  rollback(
    scope: Scope,
    id: EnvironmentId,
    {to}: {readonly to?: number},
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    return this.#ask(scope, id, 'rollback', given({to}), actor);
  }

  destroy(
    scope: Scope,
    id: EnvironmentId,
    {volumes}: {readonly volumes: boolean},
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    return this.#ask(scope, id, 'destroy', {volumes}, actor);
  }

  release(scope: Scope, id: EnvironmentId, actor: Actor): Promise<ChangeRow | undefined> {
    return this.#ask(scope, id, 'release', {}, actor);
  }

  heal(scope: Scope, id: EnvironmentId, actor: Actor): Promise<ChangeRow | undefined> {
    return this.#ask(scope, id, 'heal', {why: `asked for by ${actor.name}`}, actor);
  }

  async releases(scope: Scope, id: EnvironmentId): Promise<ReleaseStatus | undefined> {
    const row = await this.get(scope, id);
    return row && this.#with(row.bundle, session => releaseStatus(session));
  }

  async endRelease(
    scope: Scope,
    id: EnvironmentId,
    wish: EndReleaseWish,
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    const row = await this.get(scope, id);
    if (!row) return undefined;
    const by = actor.name;
    const running = await this.#with(row.bundle, session => askRunning(session, {...wish, by, now: () => new Date()}));
    if (!running) return this.#ask(scope, id, wish.what, given({service: wish.service}), actor);
    const {store} = this.#parts;
    const data = {environment: id, what: wish.what, services: running.services};
    await store.note({type: 'environment.release-asked', customer: row.customer, actor, data});
    const open = (await store.openChanges()).find(({environment}) => environment === id);
    // Its end may have come meanwhile.
    return open ?? store.changeOf(scope, id, row.newestChange);
  }

  async operate(
    scope: Scope,
    id: EnvironmentId,
    {verb, services = []}: OperateWish,
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    const row = await this.get(scope, id);
    if (!row) return undefined;
    await this.#with(row.bundle, async session => {
      const known = (await session.store.read()).environments[session.environment];
      const stack = appliedStack(known);
      if (!stack) throw notApplied(id);
      checkTargets(stack, services);
    });
    return this.#ask(scope, id, verb, {...(services.length > 0 && {services})}, actor);
  }

  async setHealing(
    scope: Scope,
    id: EnvironmentId,
    healing: EnvironmentRow['healing'],
    actor: Actor,
  ): Promise<boolean> {
    const known = await this.#parts.store.setHealing(scope, id, healing, actor);
    this.#parts.onAsk();
    return known;
  }

  changes(scope: Scope, id: EnvironmentId, query: ChangeQuery): Promise<Page<ChangeRow> | undefined> {
    return this.#parts.store.changesOf(scope, id, query);
  }

  change(scope: Scope, id: EnvironmentId, number: number): Promise<ChangeRow | undefined> {
    return this.#parts.store.changeOf(scope, id, number);
  }

  async follow(
    scope: Scope,
    id: EnvironmentId,
    number: number,
    options: FollowOptions,
  ): Promise<AsyncIterable<ChangeEvent> | undefined> {
    const change = () => this.change(scope, id, number);
    return (await change()) && followChange(change, options, this.#parts);
  }

  async history(scope: Scope, id: EnvironmentId): Promise<readonly HistoryEntry[] | undefined> {
    const row = await this.get(scope, id);
    return row && this.#with(row.bundle, session => showHistory(session));
  }

  async replicas(
    scope: Scope,
    id: EnvironmentId,
    {services = [], signal}: ReplicaOptions,
  ): Promise<ShownReplicas | undefined> {
    const row = await this.get(scope, id);
    return row && this.#with(row.bundle, session => showReplicas(session, {services, now: () => new Date(), signal}));
  }

  async logs(
    scope: Scope,
    id: EnvironmentId,
    options: EnvironmentLogOptions,
  ): Promise<AsyncIterable<ReplicaLine> | undefined> {
    const row = await this.get(scope, id);
    return row && replicaLines(row, options, {log: this.#parts.log, use: read => this.#with(row.bundle, read)});
  }

  async #ask(
    scope: Scope,
    environment: EnvironmentId,
    kind: ChangeKind,
    options: ChangeOptions,
    actor: Actor,
  ): Promise<ChangeRow | undefined> {
    const change = await this.#parts.store.askChange(scope, {environment, kind, options, actor, token: randomUUID()});
    this.#parts.onAsk();
    return change;
  }

  async #bundled(sha256: string): Promise<{readonly id: EnvironmentId}> {
    const bundle = await this.#parts.store.bundle(sha256);
    if (!bundle) throw unknownBundle(sha256);
    return {id: `${bundle.project}.${bundle.environment}`};
  }

  async #refuseOthers(scope: Scope, id: EnvironmentId): Promise<void> {
    const {store} = this.#parts;
    if ((await store.environment(scope, id)) || !(await store.environment('everyone', id))) return;
    throw notYours(id);
  }

  async #with<T>(bundle: string, use: (session: StackSession) => Promise<T>): Promise<T> {
    const session = await servedSession(this.#parts, bundle, 'look');
    try {
      return await use(session);
    } finally {
      await session.store.close();
    }
  }
}
