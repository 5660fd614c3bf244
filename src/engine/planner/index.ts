export {explainPlacement} from './explain-placement.ts';
export type {
  Change,
  ContainerOperation,
  Drift,
  Interruption,
  Operation,
  OperationId,
  Placed,
  Plan,
} from './plan.ts';
export {type DestroyInput, planDestroy} from './plan-destroy.ts';
export type {NamedPeer, Naming, PlanInput, PlanOptions, ResolvedImage, Scope} from './plan-input.ts';
export {planStack} from './plan-stack.ts';
