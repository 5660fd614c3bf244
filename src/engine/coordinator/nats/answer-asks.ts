import type {Msg} from '@nats-io/transport-node';
import type {LentStorage} from '../../runtime/backup/lent-s3.ts';
import type {RegistryAccess} from '../../runtime/images/index.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {HostName} from '../../spec/stack.ts';
import {secretNames} from '../../state/secret-references.ts';
import type {Store, WorkloadRow} from '../store/store.ts';
import {answer, comesHome} from './answering.ts';
import type {Broker} from './broker.ts';
import {lendStorage} from './lend-storage.ts';
import {type Asked, asked, read} from './messages.ts';
import {allAsks, askQueue, workerOf} from './subjects.ts';

export interface AnswerAsksParts {
  readonly broker: Broker;
  readonly store: Store;
  readonly secrets: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly registryAccess: (reference: string) => Promise<RegistryAccess>;
  /** For checkpoints that are too large for the database. */
  readonly lent?: LentStorage | undefined;
}

/** Bytes of content in one answer, before base64. */
export const chunkBytes = 384 * 1024;
const mostContents = 4;

/**
 * Answers what workers ask of the database. Each is told only what belongs to attempts that are placed on it: by its
 * subject, which the broker's permissions keep to its owner. Any coordinator does it, leading or not. Returns how to stop.
 */
export function answerAsks(parts: AnswerAsksParts): () => void {
  const {broker} = parts;
  // Those that are being read, a part at a time.
  const contents = new Map<string, Uint8Array>();
  const heard = (message: Msg) => {
    const worker = workerOf(message.subject);
    const what = read(asked, message.data);
    if (worker === undefined || !what) return broker.drop(message.subject, 'asks for nothing that there is');
    if (!comesHome(message, worker)) return broker.drop(message.subject, 'wants its answer elsewhere');
    void answer(message, () => answerTo(worker, what));
  };
  return broker.subscribe(allAsks, heard, askQueue);

  async function answerTo(worker: HostName, what: Asked): Promise<unknown> {
    const {store} = parts;
    if (what.kind === 'identity') return store.identity();
    const rows = await placedOn(worker, store);
    switch (what.kind) {
      case 'checkpoints':
        return store.checkpoints('everyone', one(rows, worker, what.workload).id);
      case 'attempts':
        return store.attempts('everyone', one(rows, worker, what.workload).id);
      case 'content': {
        const content = await contentOf(what.sha256, rows, worker);
        const chunk = content?.subarray(what.offset, what.offset + chunkBytes);
        return chunk && content ? {size: content.length, base64: Buffer.from(chunk).toString('base64')} : null;
      }
      case 'file':
        if (!(await mayRead(what.sha256, rows))) throw notYours(worker, 'a file');
        return store.file(what.sha256);
      case 'secrets':
        return secretsOf(what.names, rows, worker);
      case 'registry':
        if (!rows.some(row => imageOf(row) === what.reference)) throw notYours(worker, 'an image');
        return accessTo(what.reference);
      default:
        return lendStorage(what, rows, {store, lent: parts.lent, notYours: asked => notYours(worker, asked)});
    }
  }

  async function contentOf(sha256: string, rows: readonly WorkloadRow[], worker: HostName) {
    const known = contents.get(`${worker} ${sha256}`);
    if (known) return known;
    if (!(await mayRead(sha256, rows))) throw notYours(worker, 'a file');
    const content = await parts.store.blob(sha256);
    if (!content) return undefined;
    contents.set(`${worker} ${sha256}`, content);
    if (contents.size > mostContents) contents.delete(contents.keys().next().value ?? '');
    return content;
  }

  /** What goes in, what that is made of, and checkpoints to go on from. */
  async function mayRead(sha256: string, rows: readonly WorkloadRow[]): Promise<boolean> {
    const inputs = new Set(rows.flatMap(row => Object.values(row.inputs)));
    if (inputs.has(sha256)) return true;
    for (const input of inputs) if ((await parts.store.file(input))?.parts?.includes(sha256)) return true;
    for (const {id} of rows)
      if ((await parts.store.checkpoints('everyone', id)).some(each => each.sha256 === sha256)) return true;
    return false;
  }

  async function secretsOf(names: readonly string[], rows: readonly WorkloadRow[], worker: HostName) {
    if (names.length === 0) return {};
    const known = new Set(rows.flatMap(({workload}) => secretNames(Object.values(workload.container?.env ?? {}))));
    if (!names.every(name => known.has(name))) throw notYours(worker, 'a secret');
    refuseInClear('secrets');
    return Object.fromEntries(await parts.secrets(names));
  }

  async function accessTo(reference: string): Promise<RegistryAccess> {
    const access = await parts.registryAccess(reference);
    if (access.password !== undefined) refuseInClear('the password of a registry');
    return access;
  }

  function refuseInClear(what: string): void {
    if (!broker.inClear) return;
    throw new OutsideError({
      code: 'broker-in-clear',
      message: `${what} would go over ${broker.address} in clear`,
      hint: 'Use TLS: --nats tls://… with --nats-tls-ca, on coordinators and workers.',
    });
  }
}

const placed = ['SCHEDULED', 'STARTING', 'RUNNING', 'CHECKPOINTING', 'LOST'] as const;

async function placedOn(worker: HostName, store: Store): Promise<readonly WorkloadRow[]> {
  const rows: WorkloadRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.workloads('everyone', {worker, states: placed, limit: 500, ...(after && {after})});
    rows.push(...page.items);
    after = page.next;
    if (after === undefined) return rows;
  }
}

function one(rows: readonly WorkloadRow[], worker: HostName, id: string): WorkloadRow {
  const row = rows.find(each => each.id === id);
  if (!row) throw notYours(worker, 'a workload');
  return row;
}

const imageOf = ({workload}: WorkloadRow): string | undefined => {
  const image = workload.container?.image;
  return image?.kind === 'reference' ? image.reference : undefined;
};

const notYours = (worker: HostName, what: string): OutsideError =>
  new OutsideError({
    code: 'not-yours',
    message: `worker ${worker} asked for ${what} that no attempt on it needs`,
    hint: 'Its attempt was given up meanwhile, as a rule; it ends it with its next beat.',
    transient: true,
  });
