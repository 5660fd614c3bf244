import type {Plan} from '../engine/planner/plan.ts';
import type {ServicePlaces} from '../engine/spec/index.ts';
import {planAnnotations} from '../engine/view/annotations.ts';
import {planMarkdown} from '../engine/view/plan-markdown.ts';
import {addSummary, annotate, setOutputs} from './github-actions.ts';

/** A plan's annotations, its summary, and the outputs `changes`, `serial`, `create`, `update`, `replace`, `delete`. */
export function tellGitHubOfPlan(plan: Plan, places: ServicePlaces): void {
  annotate(planAnnotations(plan, places));
  addSummary(planMarkdown(plan));
  setOutputs({changes: plan.operations.length > 0, serial: plan.serial, ...plan.summary});
}
