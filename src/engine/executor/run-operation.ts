import type {Operation, SwitchOperation} from '../planner/plan.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import {Bug} from '../spec/errors.ts';
import type {Actions, StepContext} from './actions.ts';
import {runContainerOperation} from './container-steps.ts';
import {runHook} from './hook-steps.ts';
import type {FindPresent, Inverse, InverseStep} from './inverse.ts';
import {type Clock, type ReleaseBook, runSwitch} from './run-switch.ts';
import type {Traffic} from './traffic.ts';

export interface OperationRun {
  readonly actions: Actions;
  readonly ledger: Traffic;
  readonly releases: ReleaseBook;
  readonly clock: Clock;
  /** Told that everything goes to the new side of a release. */
  readonly onSwitched: (operation: SwitchOperation) => void;
  readonly present: FindPresent;
  /** Digests found out by image operations of this run, by `PinnedImage.source`. */
  readonly images: Map<string, PinnedImage>;
  readonly inverse: Inverse;
  /** The steps of the inverse that there is need of by now: filled before what they take back begins. */
  readonly reached: Set<InverseStep>;
  /** Told what a job printed, to be kept. */
  readonly onPrinted: (lines: readonly string[]) => void;
}

/** Does one operation of any kind; idempotent, so that it may be tried again. */
export async function runOperation(operation: Operation, run: OperationRun, context: StepContext): Promise<void> {
  const {actions, ledger, images, inverse, reached} = run;
  switch (operation.kind) {
    case 'host':
      return actions.installToolkit(operation.host);
    case 'image':
      images.set(operation.label, await actions.bringImage(operation, context));
      return;
    case 'volume':
      for (const step of inverse) reached.add(step);
      if (operation.from !== undefined) return actions.copyVolume(operation, context);
      return operation.action === 'delete' ? actions.deleteVolume(operation) : actions.createVolume(operation);
    case 'backup':
      return actions.backUpVolume(operation, context);
    case 'network':
      for (const step of inverse) reached.add(step);
      if (operation.network) return actions.connectNetwork(operation.host, operation.network);
      return actions.disconnectNetwork(operation.host, operation.bridge);
    case 'repair':
      await actions.repairContainer(operation.spec, operation.aspects);
      // Cut off from others it may have become ill.
      return actions.waitHealthy(operation.spec, context);
    case 'sweep':
      return actions.sweep(operation.host, operation.leftovers);
    case 'names':
      return ledger.refresh(operation.host);
    case 'switch':
      if ((await runSwitch(operation, run, context)) === 'switched') run.onSwitched(operation);
      return;
    case 'hook':
      return runHook(operation, run, context);
    case 'proxy':
      for (const step of inverse) reached.add(step);
      return actions.ensureProxy(operation.host, operation.proxy && withPinnedProxy(operation.proxy, images));
    case 'route':
      for (const step of inverse) reached.add(step);
      return ledger.routes.define(operation.host, operation.routes);
    case 'container':
      return runContainerOperation(operation, run, context);
  }
}

/** Where only pulling finds out what an image is. */
function withPinnedProxy(proxy: ProxySpec, images: ReadonlyMap<string, PinnedImage>): ProxySpec {
  const {source} = proxy;
  if (source.kind === 'binary' || source.image.digest !== '') return proxy;
  const image = images.get(source.image.source);
  if (!image) throw new Bug(`no operation brought image ${source.image.source} for the proxy`);
  return {...proxy, source: {...source, image}};
}
