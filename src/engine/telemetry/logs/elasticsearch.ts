import {ecsOf} from './ecs.ts';
import type {LogRecord} from './log-record.ts';
import type {LogTarget} from './shipper.ts';

export interface ElasticsearchWish {
  /** `https://elastic.example:9200`. */
  readonly url: string;
  /** A data stream or an index. */
  readonly index: string;
  readonly authorization?: string;
}

const timeoutMs = 10_000;

/** The bulk API of Elasticsearch (POST /_bulk, newline-delimited JSON): `create` alone, which data streams want. */
export const elasticsearchTarget = ({url, index, authorization}: ElasticsearchWish): LogTarget => ({
  name: 'elasticsearch',
  async send(batch, signal) {
    const response = await fetch(`${url.replace(/\/+$/, '')}/_bulk`, {
      method: 'POST',
      headers: {'content-type': 'application/x-ndjson', ...(authorization !== undefined && {authorization})},
      body: bulkBody(batch, index),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 200)}`);
    return answered(batch, (await response.json()) as BulkAnswer);
  },
});

interface BulkAnswer {
  readonly errors?: boolean;
  readonly items?: readonly {readonly create?: {readonly status?: number}}[];
}

/** What has an id was perhaps sent before: a conflict means that it is there. */
function answered(batch: readonly LogRecord[], {errors, items = []}: BulkAnswer) {
  if (errors !== true) return {again: [], refused: 0};
  const statusOf = (index: number) => items[index]?.create?.status ?? 500;
  const again = batch.filter((_, index) => statusOf(index) === 429 || statusOf(index) >= 500);
  const refused = batch.filter((_, index) => {
    const status = statusOf(index);
    return status >= 400 && status < 500 && status !== 409 && status !== 429;
  });
  return {again, refused: refused.length};
}

/** An action and its document, a line each, each line ended. Exported for tests. */
export const bulkBody = (batch: readonly LogRecord[], index: string): string =>
  batch
    .map(record => {
      const action = {create: {_index: index, ...(record.id !== undefined && {_id: record.id})}};
      return `${JSON.stringify(action)}\n${JSON.stringify(ecsOf(record))}\n`;
    })
    .join('');
