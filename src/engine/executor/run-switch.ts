import type {SwitchOperation} from '../planner/plan.ts';
import {OutsideError} from '../spec/errors.ts';
import type {CanaryStep} from '../spec/stack.ts';
import type {StepContext} from './actions.ts';
import type {Inverse, InverseStep} from './inverse.ts';
import {judgeCanary, sideOf, type Verdict} from './judge-canary.ts';
import type {ProxyActions} from './proxy-actions.ts';
import type {Traffic} from './traffic.ts';

/** Where a release is written down while it goes on, and where people ask something of it. */
export interface ReleaseBook {
  /** Durable when it resolves. */
  note(services: readonly string[], now: ReleaseNote): Promise<void>;
  /** What someone asked of the release of one of these services since it began. */
  request(services: readonly string[]): Promise<'promote' | 'abort' | undefined>;
}

export interface ReleaseNote {
  readonly weight: number;
  readonly step?: number;
  readonly phase: 'running' | 'open';
}

/** How time passes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SwitchRun {
  readonly actions: Pick<ProxyActions, 'upstreamFigures'>;
  readonly ledger: Traffic;
  readonly releases: ReleaseBook;
  readonly clock: Clock;
  readonly inverse: Inverse;
  readonly reached: Set<InverseStep>;
}

/** switched: everything goes to the new replicas. open: it waits for somebody to promote or abort it. */
export type SwitchEnd = 'switched' | 'open';

/**
 * Leads a release to its end: a canary step by step, each judged; then all at once, unless it is left open.
 * Errors: OutsideError `canary-failed` with the figures, `release-aborted`.
 */
export async function runSwitch(operation: SwitchOperation, run: SwitchRun, context: StepContext): Promise<SwitchEnd> {
  const {ledger, releases, inverse, reached} = run;
  const {services, steps, stepsBefore, sticky} = operation;
  for (const step of inverse) reached.add(step);
  let asked: 'promote' | undefined;
  for (const [index, step] of steps.entries()) {
    if (asked) break;
    await releases.note(services, {weight: step.weight, step: stepsBefore + index + 1, phase: 'running'});
    await ledger.weigh(operation, step.weight, sticky);
    asked = await pause({operation, step, index}, run, context);
  }
  const weight = steps.at(-1)?.weight ?? operation.weight;
  if (operation.promote === 'manual' && !asked) {
    await releases.note(services, {weight, step: stepOf(operation), phase: 'open'});
    return 'open';
  }
  await ledger.switchTo(operation);
  await releases.note(services, {weight: operation.back ? 0 : 100, step: stepOf(operation), phase: 'running'});
  return 'switched';
}

const stepOf = ({steps, stepsBefore}: SwitchOperation): number | undefined =>
  stepsBefore + steps.length === 0 ? undefined : stepsBefore + steps.length;

interface AtStep {
  readonly operation: SwitchOperation;
  readonly step: CanaryStep;
  readonly index: number;
}

/** A slow request must not decide too early, and a bad canary must not go on for long. */
const lookEveryMs = {least: 500, most: 5000};

/** Waits at a step, judging meanwhile and at its end; somebody may end the wait. */
async function pause(at: AtStep, run: SwitchRun, {signal, onProgress}: StepContext): Promise<'promote' | undefined> {
  const {operation, step, index} = at;
  const {now, sleep} = run.clock;
  const since = now();
  const until = since + step.pauseMs;
  const every = Math.min(lookEveryMs.most, Math.max(lookEveryMs.least, step.pauseMs / 5));
  const where = `step ${operation.stepsBefore + index + 1} of ${operation.stepsBefore + operation.steps.length}`;
  const failed = (text: string) =>
    new OutsideError({
      code: 'canary-failed',
      message: `the canary of ${operation.services.join(', ')} failed at ${where}, ${step.weight}% of the requests: ${text}`,
      hint: 'Its requests go to the old replicas again. niyanta logs shows what the new ones said.',
    });
  for (;;) {
    signal.throwIfAborted();
    const request = await run.releases.request(operation.services);
    if (request === 'promote') return request;
    if (request === 'abort') throw aborted(operation, where);
    const over = now() >= until;
    const judged = await look(at, run, since).catch(error => {
      // At the end of the step it has to be known.
      if (over) throw error;
    });
    if (judged) onProgress(`${where}, ${step.weight}%: ${judged.text}`);
    if (judged?.verdict === 'bad') throw failed(judged.text);
    if (over) {
      if (judged?.verdict === 'too-few' && operation.judge?.required) throw failed(judged.text);
      return undefined;
    }
    await sleep(Math.min(every, Math.max(0, until - now())), signal);
  }
}

async function look({operation}: AtStep, run: SwitchRun, since: number): Promise<Verdict | undefined> {
  const {judge, to, from} = operation;
  if (!judge) return undefined;
  const {routes} = run.ledger;
  const figures = async (ids: ReadonlySet<string>) => {
    const rows = await Promise.all(
      routes.hosts().map(host => run.actions.upstreamFigures(host, routes.upstreamsOn(host, ids), since)),
    );
    return sideOf(rows.flat());
  };
  const [fresh, stable] = await Promise.all([
    figures(new Set(to.map(({id}) => id))),
    figures(new Set(from.map(({id}) => id))),
  ]);
  return judgeCanary(judge, fresh, stable);
}

const aborted = ({services}: SwitchOperation, where: string): OutsideError =>
  new OutsideError({
    code: 'release-aborted',
    message: `the release of ${services.join(', ')} was aborted at ${where}, as was asked`,
    hint: 'Its requests go to the old replicas again.',
  });
