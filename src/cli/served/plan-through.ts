import type {HostCommands} from '../../engine/executor/commands-of.ts';
import type {Plan} from '../../engine/planner/plan.ts';
import type {ServicePlaces} from '../../engine/spec/index.ts';
import {sendProject} from './send-project.ts';
import {refuseWithServer, servedEnvironment} from './served-flags.ts';

type Sending = Parameters<typeof sendProject>[2];

interface PlanThroughFlags {
  readonly server?: string;
  readonly customer?: string;
  readonly project?: string;
  readonly file?: readonly string[];
  readonly env: string;
  readonly param?: readonly string[];
  readonly target?: readonly string[];
  readonly pull: boolean;
}

/** What a coordinator would change; where services stand, and by which commands, is known only here. */
export async function planThrough(
  flags: PlanThroughFlags,
  sending: Sending,
): Promise<{readonly plan: Plan; readonly places: ServicePlaces; readonly commands?: () => readonly HostCommands[]}> {
  refuseWithServer(flags as object as Record<string, unknown>, ['locked', 'commands', 'move-lost']);
  const served = (await servedEnvironment(flags, sending.context, sending.signal))!;
  const bundle = await sendProject(served, flags, sending);
  return {plan: await served.plan(bundle, {targets: flags.target, pull: flags.pull}), places: new Map()};
}
