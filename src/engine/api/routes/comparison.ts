import {z} from 'zod';
import {scopeAsked} from '../../coordinator/access/index.ts';
import {compareRuns} from '../../coordinator/requests/compare-runs.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {customerId, word} from '../schemas/wire.ts';

const probability = z.number().min(0).max(1);

const comparison = z
  .object({
    name: z.string(),
    versions: z
      .array(
        z.object({
          version: z.string().optional().describe('Absent of those without one.'),
          succeeded: z.int().min(0),
          failed: z.int().min(0),
          p50Ms: z.number().optional().describe('From start to end, of those that succeeded.'),
          p95Ms: z.number().optional(),
        }),
      )
      .describe('Those with most runs first.'),
    tests: z
      .object({
        success: probability.describe(
          "Fisher's exact test, two-sided: how often chance alone makes such a difference.",
        ),
        duration: probability
          .optional()
          .describe("Mann–Whitney's test; absent with less than eight successes of either."),
      })
      .optional()
      .describe('Of the first two versions.'),
  })
  .meta({id: 'VersionComparison'});

export function comparisonRoutes(server: ApiServer, {coordinator}: ApiParts): void {
  server.get(
    '/v1/workloads/compare',
    {
      schema: {
        operationId: 'compareVersions',
        tags: ['workloads'],
        summary: 'Compare versions of a workload by how they ended and how long they took.',
        description: 'Of the newest 20,000 that succeeded or failed.',
        querystring: z.strictObject({name: word, customer: customerId.optional()}),
        response: {200: comparison},
      },
    },
    async request => {
      const {name, customer} = request.query;
      const {versions, tests} = await compareRuns(coordinator.store, scopeAsked(whoOf(request), customer), name);
      return {name, versions: [...versions], tests};
    },
  );
}
