import type {ScaleRule} from '../../spec/scale.ts';

export type FigureName = 'cpu' | 'memory' | 'requests' | 'queue';

/** One figure of a service at one look, over all of its replicas. */
export type Measurement =
  | {
      readonly figure: FigureName;
      /** In the unit of its target: percent points of all replicas together, requests a second, workloads that wait. */
      readonly total: number;
      /** Replicas of which nothing is known: they count as idle when it is about more, and forbid fewer. */
      readonly unknown: number;
    }
  | {readonly figure: FigureName; readonly failed: string};

/** What one replica is for, of each figure that the rule names. */
export function targetsOf(rule: ScaleRule): readonly {readonly figure: FigureName; readonly target: number}[] {
  const targets: readonly (readonly [FigureName, number | undefined])[] = [
    ['cpu', rule.cpu],
    ['memory', rule.memory],
    ['requests', rule.requests],
    ['queue', rule.queue?.perReplica],
  ];
  return targets.flatMap(([figure, target]) => (target === undefined ? [] : [{figure, target}]));
}

/** `cpu 92 %`, `requests 130/s`, `queue 40 waiting`: all replicas together, but percentages a replica. */
export function measured(figure: FigureName, total: number, replicas: number): string {
  const round = (value: number) => String(Math.round(value * 10) / 10);
  switch (figure) {
    case 'cpu':
    case 'memory':
      return `${figure} ${round(total / Math.max(1, replicas))} %`;
    case 'requests':
      return `requests ${round(total)}/s`;
    case 'queue':
      return `queue ${round(total)} waiting`;
  }
}
