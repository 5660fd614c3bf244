import {createHash} from 'node:crypto';
import {z} from 'zod';
import {messageOf, targetFailed} from '../../runtime/backup/backup-errors.ts';
import {refusalOf, type SignedRequest} from '../../runtime/backup/s3-client.ts';
import {inParts} from '../../runtime/backup/s3-place.ts';
import type {Bytes} from '../../runtime/backup/seal.ts';
import type {KeptPlace} from '../checkpoints/guarded-place.ts';
import {type Clock, pause} from '../clock.ts';
import {type AttemptRef, signedRequest} from '../nats/messages.ts';
import type {WorkloadId} from '../store/store.ts';
import {noCheckpoint} from '../workers/outside-failure.ts';
import type {AgentStore} from './agent-store.ts';

export interface LentPlaceParts {
  readonly store: Pick<AgentStore, 'ask'>;
  /** The attempt of a workload that is carried out here. */
  readonly refOf: (id: WorkloadId) => AttemptRef | undefined;
  readonly clock: Clock;
  /** Aborted when this worker ends. */
  readonly signal: AbortSignal;
}

const tries = 4;
const firstRestMs = 200;
/** For one part, or until a content begins to come. */
const transferMs = 600_000;
/** Putting many parts together takes its time. */
const completeMs = 120_000;

/**
 * The coordinators' object storage, reached from here by requests that they sign one by one: no key to it is on this
 * machine. Errors: OutsideError `backup-target-failed`, also where the storage cannot be reached from here.
 */
export function lentPlace({store, refOf, clock, signal}: LentPlaceParts): KeptPlace {
  return {
    label: 'the object storage',

    async write(name, data: Bytes) {
      const of = refOf(workloadOf(name));
      if (!of) throw noCheckpoint('its attempt is over');
      const upload = await store.ask({kind: 'upload', of, name}, z.string().max(2000));
      const about = {of, name, upload};
      try {
        const etags: string[] = [];
        for await (const part of inParts(data)) {
          const sha256 = createHash('sha256').update(part).digest('hex');
          const number = etags.length + 1;
          const request = await store.ask({...about, kind: 'upload-part', number, sha256}, signedRequest);
          const answer = await transfer(`write ${name}`, request, part);
          await answer.body?.cancel();
          etags.push(answer.headers.get('etag') ?? '');
        }
        await store.ask({...about, kind: 'upload-done', etags}, z.null(), completeMs);
      } catch (error) {
        await store.ask({...about, kind: 'upload-dropped'}, z.null()).catch(() => undefined);
        throw error;
      }
    },

    async read(name) {
      const request = await store.ask({kind: 'stored', workload: workloadOf(name), name}, signedRequest);
      const answer = await transfer(`read ${name}`, request);
      return (answer.body ?? new ReadableStream()) as unknown as Bytes;
    },
  };

  /** Again where it may help. The address is a secret: errors name the server alone. */
  async function transfer(what: string, {url, ...request}: SignedRequest, body?: Uint8Array): Promise<Response> {
    const label = `the object storage at ${new URL(url).host}`;
    for (let left = tries - 1, rest = firstRestMs; ; left -= 1, rest *= 2) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(transferMs)]);
      const sent = {...request, ...(body && {body: body as Uint8Array<ArrayBuffer>}), signal: until};
      const got = await fetch(url, sent).catch((error: Error) => error);
      if (got instanceof Response && got.ok) return got;
      const passing = got instanceof Error || got.status >= 500 || got.status === 429;
      if (passing && left > 0 && !signal.aborted) {
        if (got instanceof Response) await got.body?.cancel();
        await pause(clock, rest, signal);
      } else if (got instanceof Response) throw await refusalOf(got, label, what);
      else throw targetFailed(label, `${what} from here`, messageOf(got.cause ?? got));
    }
  }
}

/** By its name: whoever named it began with that. */
const workloadOf = (name: string): WorkloadId => name.split('.', 1)[0] ?? '';
