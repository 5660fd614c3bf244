import type {Workload} from '../../spec/workload.ts';

const MOST = 500;
const LONGEST = 8192;

const texts = new WeakMap<Workload, string>();
const workloads = new Map<string, Workload>();

/** A workload as it is kept. Most are submitted over and over, as the same object (`WorkloadReader`). */
export function specText(workload: Workload): string {
  const known = texts.get(workload);
  if (known !== undefined) return known;
  const text = JSON.stringify(workload);
  texts.set(workload, text);
  return text;
}

/** The workload in a text of `specText`. Rows with the same text have the same object: a queue of thousands is mostly these. */
export function workloadIn(text: string): Workload {
  const known = workloads.get(text);
  if (known) return known;
  const workload = JSON.parse(text) as Workload;
  if (text.length > LONGEST) return workload;
  // The oldest goes.
  if (workloads.size >= MOST) workloads.delete(workloads.keys().next().value!);
  workloads.set(text, workload);
  return workload;
}
