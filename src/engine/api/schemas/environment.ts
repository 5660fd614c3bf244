import {z} from 'zod';
import {changeKinds} from '../../coordinator/environments/environment-rows.ts';
import {idempotencyHeaders} from '../request/idempotency.ts';
import {sha256} from './file.ts';
import {actor, customerId, manyOf, pageQuery, time, word} from './wire.ts';

export const environmentId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*$/, 'is not the id of an environment: PROJECT.ENVIRONMENT')
  .describe('Id of the environment, PROJECT.ENVIRONMENT.')
  .meta({examples: ['shop.default']});

const serviceName = z.string().min(1).max(63);
const services = z.array(serviceName).min(1).max(200);
const condition = z.enum(['pending', 'healthy', 'changing', 'healing', 'degraded']);
const healing = z.enum(['on', 'paused']);

export const bundleBody = z
  .strictObject({file: sha256.describe('SHA-256 of the tar, which was sent before (POST /v1/files).')})
  .meta({id: 'BundleBody'});

export const bundleAnswer = z
  .object({
    sha256: sha256.describe('What the bundle is called from now on; the same content has the same.'),
    project: z.string(),
    environment: z.string(),
    stack: z.string(),
    files: z.int().min(0),
    bytes: z.int().min(0),
    keptAt: time,
  })
  .meta({id: 'Bundle'});

const planned = {
  bundle: sha256.describe('A bundle (POST /v1/bundles).'),
  targets: services.optional().describe('Only these services and what they need.'),
  pull: z.boolean().default(false).describe('Ask registries what tags mean now.'),
};

export const planBody = z.strictObject(planned).meta({id: 'PlanBody'});

const agreed = z
  .strictObject({serial: z.int().min(0), fingerprint: z.string().min(1).max(200)})
  .describe('Of the plan that was looked at: nothing else is carried out.');

export const applyBody = z
  .strictObject({
    ...planned,
    onFailure: z.enum(['rollback', 'stop', 'continue']).default('rollback').describe('When an operation fails.'),
    agreed: agreed.optional(),
  })
  .meta({id: 'ApplyBody'});

export const updateHeaders = idempotencyHeaders.extend({
  'if-match': z
    .string()
    .regex(/^"\d{1,15}"$/, 'must be the ETag of the environment: its revision in quotes')
    .optional()
    .describe('ETag of the environment as it was looked at: its `revision` in quotes.'),
});

const counts = z
  .record(serviceName, z.int().min(0).max(1000))
  .refine(given => Object.keys(given).length > 0, 'must name a service')
  .describe('How many replicas each of these services shall have, until the next apply says otherwise.')
  .meta({minProperties: 1});

const serial = z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional().describe('A serial of the history.');

export const scaleBody = z.strictObject({counts}).meta({id: 'ScaleBody', examples: [{counts: {web: 3}}]});

export const rollbackBody = z.strictObject({to: serial}).meta({id: 'RollbackBody'});

const ofRelease = {service: serviceName.optional().describe('Whose release; all that are open when absent.')};

export const releaseBody = z.strictObject(ofRelease).meta({id: 'ReleaseBody'});

export const servicesBody = z
  .strictObject({services: services.optional().describe('All when absent.')})
  .meta({id: 'ServicesBody'});

const member = z.looseObject({id: z.string(), host: z.string()});

/** As `niyanta release status --json` says it. */
export const releasesAnswer = z
  .looseObject({
    environment: z.string(),
    releases: z.array(
      z.looseObject({
        service: z.string(),
        strategy: z.string(),
        state: z
          .enum(['running', 'interrupted', 'open'])
          .describe('running: a change is at it. open: it waits for somebody to promote or abort it.'),
        since: time,
        weight: z.number().describe('Percent of the requests that go to the new replicas.'),
        new: z.array(member),
        old: z.array(member),
      }),
    ),
  })
  .meta({id: 'Releases'});

export const changePlanBody = z
  .discriminatedUnion('kind', [
    z.strictObject({kind: z.literal('scale'), counts}),
    z.strictObject({kind: z.literal('rollback'), to: serial}),
    z.strictObject({kind: z.literal('destroy'), volumes: z.boolean().default(false)}),
    z.strictObject({kind: z.enum(['promote', 'abort']), ...ofRelease}),
  ])
  .meta({id: 'ChangePlanBody'});

export const healingBody = z
  .strictObject({healing: healing.describe('paused: watched and reported, not put right.')})
  .meta({id: 'HealingBody'});

/** As `niyanta plan --json` says it. */
export const planAnswer = z
  .looseObject({
    project: z.string(),
    environment: z.string(),
    stack: z.string(),
    serial: z.int().min(0),
    fingerprint: z.string(),
    operations: z
      .array(
        z.looseObject({id: z.string(), kind: z.string(), action: z.string(), host: z.string(), reason: z.string()}),
      )
      .describe('What would be done, in an order that would do.'),
    placements: z.array(z.looseObject({service: z.string(), replica: z.int(), host: z.string()})),
    warnings: z.array(z.string()),
    bytes: z.int().min(0),
    summary: z.object({create: z.int(), update: z.int(), replace: z.int(), delete: z.int()}),
  })
  .meta({id: 'Plan'});

export const environmentAnswer = z
  .object({
    id: environmentId,
    customer: customerId,
    project: z.string(),
    environment: z.string(),
    stack: z.string(),
    bundle: sha256.describe('That was applied last, or is about to be.'),
    condition: condition.describe('healthy: as it was applied last.'),
    reason: z.string().optional().describe('Why it is not healthy.'),
    conditionSince: time,
    healing,
    newestChange: z.int().min(0),
    revision: z
      .int()
      .min(0)
      .describe('Number of the newest change that somebody asked for; healing and scaling by load are none. The ETag.'),
    services: z.array(z.object({service: z.string(), wanted: z.int().min(0), good: z.int().min(0)})),
    lookedAt: time.optional(),
    createdAt: time,
    changedAt: time,
  })
  .meta({id: 'Environment'});

export const changeAnswer = z
  .object({
    environment: environmentId,
    number: z.int().min(1),
    kind: z.enum(changeKinds),
    bundle: sha256.optional(),
    options: z.record(z.string(), z.unknown()),
    actor,
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    askedAt: time,
    startedAt: time.optional(),
    endedAt: time.optional(),
    outcome: z
      .object({
        result: z.string().describe('As `niyanta apply` tells it: `applied`, `rolled-back`, …; `refused`: not begun.'),
        serial: z.int().optional(),
        summary: z.string().optional(),
        error: z.object({code: z.string(), message: z.string(), hint: z.string().optional()}).optional(),
        leftovers: z.array(z.string()).optional(),
      })
      .optional(),
  })
  .meta({id: 'Change'});

export const historyEntry = z
  .looseObject({
    serial: z.int().min(0),
    at: time,
    who: z.string(),
    action: z.string(),
    outcome: z.string(),
    summary: z.string(),
  })
  .meta({id: 'HistoryEntry'});

export const replicasAnswer = z
  .looseObject({
    stack: z.string(),
    environment: z.string(),
    state: z.string(),
    why: z.string(),
    replicas: z.array(
      z.looseObject({
        service: z.string(),
        replica: z.int(),
        host: z.string(),
        state: z.string(),
        health: z.string(),
        restarts: z.int(),
        image: z.string(),
      }),
    ),
    unreachable: z.array(z.object({host: z.string(), error: z.string()})),
  })
  .meta({id: 'Replicas'});

export const replicaLine = z
  .object({
    at: z.string(),
    service: z.string(),
    replica: z.int(),
    host: z.string(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
  })
  .meta({id: 'ReplicaLine'});

export const replicaLinesAnswer = z.object({items: z.array(replicaLine)}).meta({id: 'ReplicaLines'});

export const environmentParams = z.strictObject({id: environmentId});
export const changeParams = z.strictObject({
  id: environmentId,
  change: z.coerce.number().int().min(1).max(2_147_483_647).describe('Number of the change.'),
});

export const environmentsQuery = z.strictObject({
  customer: customerId.optional(),
  project: word.optional(),
  environment: word.optional(),
  stack: word.optional(),
  condition: condition.optional(),
  ...pageQuery,
});

export const changesQuery = z.strictObject(pageQuery);
export const destroyQuery = z.strictObject({
  volumes: z.stringbool().default(false).describe('Its volumes as well, with all data in them.'),
});

const replicaWord = z
  .string()
  .max(80)
  .regex(/^[a-z0-9][a-z0-9-]*(?:\/\d{1,4})?$/, 'is not a service, or a replica as backend/2');
export const replicasQuery = z.strictObject({
  service: manyOf(replicaWord).describe('Services, or replicas as backend/2.'),
});
export const replicaLogsQuery = z.strictObject({
  service: manyOf(replicaWord).describe('Services, or replicas as backend/2.'),
  tail: z.coerce.number().int().min(0).max(10_000).default(1000).describe('The newest lines of each replica.'),
  since: time.optional().describe('Only lines from then on.'),
});
export const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe('Goes on after this `id`.'),
});
