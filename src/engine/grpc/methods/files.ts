import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {restoreCheckpoint} from '../../coordinator/requests/restore-checkpoint.ts';
import type {Methods} from '../calls/caller.ts';
import type {FileChunk} from '../messages.d.ts';
import {checkpointOf} from '../wire/answers.ts';
import {count, idempotencyKey, workloadId, wrong} from '../wire/read-fields.ts';
import {workloadOf} from '../wire/workload.ts';

/** As .proto says. */
const CHUNK = 64 * 1024;

type Names = 'GetOutput' | 'GetCheckpoint' | 'TakeCheckpoint' | 'RestoreCheckpoint' | 'ListCheckpoints';

export function fileMethods(reception: Reception): Pick<Methods, Names> {
  const {coordinator} = reception;
  const {store} = coordinator;
  return {
    async *GetOutput({id, path}, {who}) {
      if (path.length > 4096) throw wrong(['path'], 'must have at most 4096 characters');
      const row = await store.workload(scopeOf(who), workloadId(id));
      const sha256 = row && path.startsWith('/') && Object.hasOwn(row.outputs, path) ? row.outputs[path] : undefined;
      const content = sha256 === undefined ? undefined : await store.blob(sha256);
      if (content === undefined) throw notFound(row ? 'output file' : 'workload');
      yield* chunksOf([content]);
    },
    async *GetCheckpoint({id, number}, {who, signal}) {
      if (number < 1) throw wrong(['number'], 'must be at least 1');
      const files = await coordinator.openCheckpoint(scopeOf(who), workloadId(id), number);
      if (files === undefined) throw notFound('checkpoint');
      const close = () => files.destroy();
      signal.addEventListener('abort', close, {once: true});
      if (signal.aborted) close();
      try {
        yield* chunksOf(files);
      } finally {
        signal.removeEventListener('abort', close);
        files.destroy();
      }
    },
    async TakeCheckpoint({id}, {who, actor}) {
      const row = await coordinator.checkpointNow(scopeOf(who), workloadId(id), actor);
      if (row === undefined) throw notFound('workload');
      return checkpointOf(row);
    },
    async RestoreCheckpoint({id, number, asNew, idempotencyKey: key}, {who, actor}) {
      const wish = {
        id: workloadId(id),
        number: count(number, 'number'),
        asNew,
        idempotencyKey: idempotencyKey(key),
      };
      return workloadOf(await restoreCheckpoint(reception, who, wish, actor));
    },
    async ListCheckpoints({id}, {who}) {
      const scope = scopeOf(who);
      if ((await store.workload(scope, workloadId(id))) === undefined) throw notFound('workload');
      return {checkpoints: (await store.checkpoints(scope, id)).map(checkpointOf)};
    },
  };
}

async function* chunksOf(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<FileChunk> {
  for await (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK) yield {content: part.subarray(at, at + CHUNK)};
  }
}
