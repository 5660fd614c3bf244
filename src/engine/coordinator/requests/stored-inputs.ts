import type {Workload} from '../../spec/workload.ts';
import {invalidRequest, type Wrong} from '../access/index.ts';
import {fileInputs, imageInputs} from '../files/uploaded-image.ts';
import type {CustomerId, Store} from '../store/store.ts';

/** What was sent before a submission, by the SHA-256 of its content. */
export interface SentFiles {
  /** The manifest of its image. */
  readonly image?: string;
  /** Input files by their path in the container. */
  readonly files?: Readonly<Record<string, string>>;
}

interface Given {
  /** Contents by their path in the container. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
  readonly sent: SentFiles;
}

interface Around {
  readonly workload: Workload;
  readonly customer: CustomerId;
  readonly store: Store;
  /** Where it stands in the body. */
  readonly path: readonly (string | number)[];
}

/**
 * SHA-256 of each input file by its path, and of what its image is made of: contents that came in the body are put, the
 * others were sent before. Errors: Refusal 400 for missing and unknown ones, UserError `file-missing`, `image-corrupt`.
 */
export async function storedInputs({inputs, sent}: Given, around: Around): Promise<Record<string, string>> {
  const {workload, customer, store, path} = around;
  const wrong = wrongInputs(inputs, sent.files ?? {}, around);
  if (sent.image !== undefined && workload.container?.image.kind !== 'archive') {
    const detail = 'is for a workload whose image is an archive';
    wrong.push({code: 'conflict', detail, path: [...path, 'sent', 'image']});
  }
  if (wrong.length > 0) throw invalidRequest(wrong);
  const put = Object.entries(inputs).map(async ([target, content]) => {
    return [target, await store.putBlob(content)] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(put)),
    ...(sent.files && (await fileInputs(store, customer, sent.files))),
    ...(sent.image !== undefined && (await imageInputs(store, customer, sent.image))),
  };
}

type ByPath = Readonly<Record<string, unknown>>;

function wrongInputs(inputs: ByPath, sent: ByPath, {workload, path}: Around): Wrong[] {
  const targets = workload.inputs.files.map(({target}) => target);
  const missing = targets.filter(target => !Object.hasOwn(inputs, target) && !Object.hasOwn(sent, target));
  const wrong = (where: readonly string[], target: string, detail: string): Wrong => ({
    code: 'unknown-key',
    detail,
    path: [...path, ...where, target],
  });
  const unknown = 'is no input file of the workload';
  return [
    ...missing.map(target => ({code: 'missing', detail: `has no content of ${target}`, path: [...path, 'inputs']})),
    ...Object.keys(inputs).flatMap(target => (targets.includes(target) ? [] : [wrong(['inputs'], target, unknown)])),
    ...Object.keys(sent).flatMap(target => {
      if (!targets.includes(target)) return [wrong(['sent', 'files'], target, unknown)];
      const twice = Object.hasOwn(inputs, target);
      return twice ? [wrong(['sent', 'files'], target, 'is in inputs, too')] : [];
    }),
  ];
}
