import type {
  CustomerView,
  Decision,
  HostPort,
  QueuedWorkload,
  RunningAttempt,
  WorkerView,
} from '../../../../src/engine/scheduler/queue/index.ts';

/** What a queue has been told, as plain lists: judged here by adding everything up anew each time. */
export interface Facts {
  readonly workers: readonly WorkerView[];
  readonly customers: readonly CustomerView[];
  readonly running: readonly RunningAttempt[];
  readonly queued: readonly QueuedWorkload[];
  readonly now: number;
}

const kinds = ['cpu', 'memory', 'gpu', 'disk'] as const;

/** Why a worker cannot take a workload, by the rules as docs/SCHEDULING.md states them; undefined when it can. */
export function objection(facts: Facts, worker: WorkerView, asking: QueuedWorkload): string | undefined {
  const {shape, customer, name} = asking;
  const here = facts.running.filter(each => each.worker === worker.name);
  const own = here.filter(each => each.customer === customer);
  if (worker.unusable !== undefined || worker.drained || shape.exclude.includes(worker.name)) return 'out';
  const labels: Record<string, string | undefined> = {...worker.labels, host: worker.name};
  if (worker.region !== undefined) labels.region = worker.region;
  if (Object.entries(shape.require).some(([label, value]) => labels[label] !== value)) return 'labels';
  for (const kind of kinds) {
    const need = shape.resources[kind] ?? 0;
    if (need > 0 && need > worker.capacity[kind] - total(here, kind) + 1e-9) return kind;
  }
  if (own.some(each => shape.avoid.some(({workload}) => workload === each.name))) return 'avoid';
  if (own.some(each => each.shape.avoid.some(({workload}) => workload === name))) return 'avoided';
  if (shape.beside.some(({workload}) => !own.some(each => each.name === workload))) return 'beside';
  const taken = [...worker.ports, ...here.flatMap(each => each.shape.ports)];
  return shape.ports.some(port => taken.some(each => clashes(port, each))) ? 'port' : undefined;
}

/** Why the customer may not start it, wherever. */
export function restraint({running, customers, now}: Facts, asking: QueuedWorkload): string | undefined {
  const view = customers.find(({id}) => id === asking.customer);
  const own = running.filter(({customer}) => customer === asking.customer);
  if (asking.notBefore !== undefined && asking.notBefore > now) return 'later';
  if (view?.suspended) return 'suspended';
  if (own.length >= (view?.limits.running ?? Number.POSITIVE_INFINITY)) return 'running';
  for (const kind of ['cpu', 'memory', 'gpu'] as const) {
    const need = asking.shape.resources[kind] ?? 0;
    if (need > 0 && total(own, kind) + need > (view?.limits[kind] ?? Number.POSITIVE_INFINITY) + 1e-9) return kind;
  }
  const {concurrency} = asking;
  const alike = own.filter(each => concurrency && each.concurrency?.key === concurrency.key);
  return concurrency && alike.length >= concurrency.max ? 'concurrency' : undefined;
}

/** The facts after the decisions, each of them checked against the facts before it. Throws what is wrong. */
export function judge(before: Facts, decisions: readonly Decision[]): Facts {
  let facts = before;
  for (const decision of decisions) {
    if (decision.kind !== 'start') continue;
    const workload = facts.queued.find(({id}) => id === decision.workload);
    const worker = facts.workers.find(({name}) => name === decision.worker);
    if (!workload || !worker) throw new Error(`${decision.workload} on ${decision.worker}: not there`);
    const wrong = restraint(facts, workload) ?? objection(facts, worker, workload);
    if (wrong !== undefined) throw new Error(`${workload.id} on ${worker.name}: ${wrong}`);
    const passed = facts.queued.find(each => isPassed(facts, each, workload, worker));
    if (passed) throw new Error(`${workload.id} on ${worker.name}: ${passed.id} was accepted before it`);
    const {notBefore, ...rest} = workload;
    facts = {
      ...facts,
      queued: facts.queued.filter(each => each !== workload),
      running: [...facts.running, {...rest, worker: worker.name, startedAt: facts.now}],
    };
  }
  return facts;
}

/** Whether one that was accepted earlier, is alike, and could start there is passed by. A kept place counts for its concurrency key. */
const isPassed = (facts: Facts, other: QueuedWorkload, starting: QueuedWorkload, worker: WorkerView): boolean =>
  other.seq < starting.seq &&
  other.customer === starting.customer &&
  other.priority === starting.priority &&
  other.concurrency === undefined &&
  JSON.stringify(other.shape) === JSON.stringify(starting.shape) &&
  restraint(facts, other) === undefined &&
  objection(facts, worker, other) === undefined;

/** Workloads that could start, and somewhere: none are left after a round. */
export const startable = (facts: Facts): readonly string[] =>
  facts.queued
    .filter(each => restraint(facts, each) === undefined)
    .filter(each => facts.workers.some(worker => objection(facts, worker, each) === undefined))
    .map(({id}) => id);

/** Workers on which more is reserved than there is, or a port is given out twice. */
export function overcommitted({workers, running}: Facts): readonly string[] {
  return workers.flatMap(worker => {
    const here = running.filter(each => each.worker === worker.name);
    const ports = [...worker.ports, ...here.flatMap(each => each.shape.ports)];
    const twice = ports.some((port, at) => ports.slice(at + 1).some(other => clashes(port, other)));
    const over = kinds.filter(kind => total(here, kind) > worker.capacity[kind] + 1e-9);
    return [...over.map(kind => `${worker.name} ${kind}`), ...(twice ? [`${worker.name} port`] : [])];
  });
}

const total = (of: readonly RunningAttempt[], kind: (typeof kinds)[number]): number =>
  of.reduce((sum, {shape}) => sum + (shape.resources[kind] ?? 0), 0);

const clashes = (a: HostPort, b: HostPort): boolean =>
  a.host === b.host &&
  a.protocol === b.protocol &&
  (a.address === undefined || b.address === undefined || a.address === b.address);
