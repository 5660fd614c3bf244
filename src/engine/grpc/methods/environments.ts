import {Readable} from 'node:stream';
import {notFound, ownerAsked, Refusal, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import type {ChangeRow, Environments} from '../../coordinator/environments/environments.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {EnvironmentRequest} from '../messages.d.ts';
import {bundleOf, changeOf, environmentOf, planOf} from '../wire/environment.ts';
import {
  applyWish,
  changePlanWish,
  environmentId,
  healingOf,
  planWish,
  replicaCounts,
  safe,
  updateWish,
} from '../wire/read-environment.ts';
import {customer, page} from '../wire/read-fields.ts';

type Names =
  | 'PutBundle'
  | 'PlanEnvironment'
  | 'PlanChange'
  | 'ApplyEnvironment'
  | 'UpdateEnvironment'
  | 'ListEnvironments'
  | 'GetEnvironment'
  | 'ScaleEnvironment'
  | 'RollbackEnvironment'
  | 'DestroyEnvironment'
  | 'ReleaseEnvironment'
  | 'HealEnvironment'
  | 'SetHealing';

/** The stacks of a coordinator, asked for at each call. Errors: Refusal 503 where it serves none. */
export const servedStacks =
  ({coordinator}: Reception) =>
  (): Environments => {
    if (coordinator.environments) return coordinator.environments;
    throw new Refusal({status: 503, code: 'no-environments', detail: 'this coordinator serves no stacks'});
  };

/** Environments themselves, and what can be asked of them. */
export function environmentMethods(reception: Reception): Pick<Methods, Names> {
  const environments = servedStacks(reception);

  const found = async (id: string, {who}: Caller) => {
    const row = await environments().get(scopeOf(who), environmentId(id));
    if (row === undefined) throw notFound('environment');
    return environmentOf(row);
  };

  const asks =
    (wish: 'release' | 'heal') =>
    async ({id}: EnvironmentRequest, {who, actor}: Caller) =>
      changed(await environments()[wish](scopeOf(who), environmentId(id), actor));

  return {
    async PutBundle(chunks, {signal}) {
      const tar = Readable.from(contentsOf(chunks), {objectMode: false, signal});
      return bundleOf(await environments().putBundle(tar));
    },
    async PlanEnvironment(request, {who, signal}) {
      return planOf(await environments().plan(scopeOf(who), planWish(request), signal));
    },
    async PlanChange(request, {who, signal}) {
      const plan = await environments().planChange(
        scopeOf(who),
        environmentId(request.id),
        changePlanWish(request),
        signal,
      );
      if (plan === undefined) throw notFound('environment');
      return planOf(plan);
    },
    async ApplyEnvironment(request, {who, actor}) {
      const owner = await ownerAsked(who, customer(request.customer), reception);
      return changeOf(await environments().apply(scopeOf(who), owner.id, applyWish(request), actor));
    },
    async UpdateEnvironment(request, {who, actor}) {
      return changed(await environments().update(scopeOf(who), environmentId(request.id), updateWish(request), actor));
    },
    async ListEnvironments(request, {who}) {
      const {items, next} = await environments().list(scopeAsked(who, customer(request.customer)), page(request));
      return {environments: items.map(environmentOf), nextPageToken: next ?? ''};
    },
    GetEnvironment: ({id}, caller) => found(id, caller),
    async ScaleEnvironment({id, counts}, {who, actor}) {
      return changed(await environments().scale(scopeOf(who), environmentId(id), replicaCounts(counts), actor));
    },
    async RollbackEnvironment({id, to}, {who, actor}) {
      const wish = to === 0 ? {} : {to: safe(to, 'to')};
      return changed(await environments().rollback(scopeOf(who), environmentId(id), wish, actor));
    },
    async DestroyEnvironment({id, volumes}, {who, actor}) {
      return changed(await environments().destroy(scopeOf(who), environmentId(id), {volumes}, actor));
    },
    ReleaseEnvironment: asks('release'),
    HealEnvironment: asks('heal'),
    async SetHealing({id, healing}, caller) {
      const {who, actor} = caller;
      const there = await environments().setHealing(scopeOf(who), environmentId(id), healingOf(healing), actor);
      if (!there) throw notFound('environment');
      return found(id, caller);
    },
  };
}

async function* contentsOf(chunks: AsyncIterable<{readonly content: Uint8Array}>): AsyncGenerator<Uint8Array> {
  for await (const {content} of chunks) yield content;
}

function changed(row: ChangeRow | undefined) {
  if (row === undefined) throw notFound('environment');
  return changeOf(row);
}
