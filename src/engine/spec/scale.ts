/** How a service's number of replicas follows its load; see docs/AUTOSCALING.md. Times in milliseconds. */
export interface ScaleRule {
  /** 0 only with `queue`, which is the one figure that says something without replicas. */
  readonly min: number;
  readonly max: number;
  /** Percent of `resources.cpu` that a replica shall use. */
  readonly cpu?: number;
  /** Percent of `resources.memory` that a replica shall use. */
  readonly memory?: number;
  /** Requests a second that a replica shall answer, as its routes' proxies count them. */
  readonly requests?: number;
  readonly queue?: QueueTarget;
  /** Least time between a change and one that adds, or removes, replicas. */
  readonly cooldown: {readonly upMs: number; readonly downMs: number};
  /** Share by which a figure may miss its target without consequence: 0.1. */
  readonly tolerance: number;
  /** Fewer replicas only when none of the looks of so long wanted more. */
  readonly windowMs: number;
}

/** Workloads of the coordinator that wait: how many of them one replica is for. */
export interface QueueTarget {
  /** Whose; those of all customers when absent. */
  readonly customer?: string;
  /** Name of the workloads; any when absent. */
  readonly workload?: string;
  /** All of these labels; none needed when empty. */
  readonly labels: Readonly<Record<string, string>>;
  readonly perReplica: number;
}
