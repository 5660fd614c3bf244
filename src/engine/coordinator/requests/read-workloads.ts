import type {Workload} from '../../spec/workload.ts';
import {workloadFromJson} from '../../spec/workload-from-json.ts';

const MOST = 500;
const LONGEST = 8192;

/**
 * Reads workloads of bodies. Most clients send the same ones over and over: the last few hundred are remembered by their
 * text, since checking one costs more than anything else about a submission. Errors: UserErrors, with paths below `path`.
 */
export class WorkloadReader {
  readonly #known = new Map<string, Workload>();

  /** `withImage`: its image came along, so that it may say `archive`. */
  async read(written: unknown, path: readonly (string | number)[], withImage = false): Promise<Workload> {
    const text = `${withImage ? 'sent ' : ''}${JSON.stringify(written)}`;
    const known = this.#known.get(text);
    if (known) return known;
    const workload = await workloadFromJson(written, path, withImage);
    if (text.length <= LONGEST) this.#remember(text, workload);
    return workload;
  }

  /** The oldest goes. */
  #remember(text: string, workload: Workload): void {
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(text, workload);
  }
}
