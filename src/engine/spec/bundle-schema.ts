import {z} from 'zod';
import {dnsName} from './names.ts';

/** The member of a bundle that says what is to be made of the others. */
export const BUNDLE_HEAD = 'niyanta-bundle.json';

/** A project as it is sent to a coordinator: the folder of niyanta.yaml, as far as one environment needs it. */
export const bundleHead = z.strictObject({
  version: z.literal(1),
  /** Stack files in their order, relative to the folder. */
  files: z.array(z.string().min(1)).min(1).max(100),
  environment: dnsName('environments').default('default'),
  params: z.record(z.string(), z.string()).default({}),
  /** Values of the variables that the stack's files name with `${env:…}`, of who sends it. */
  env: z.record(z.string(), z.string()).default({}),
  /** Archives of images that were built, by label (`build:backend`). */
  images: z.record(z.string(), z.string().min(1)).default({}),
});

export type BundleHead = z.output<typeof bundleHead>;

/** Why a path may not stand in a bundle; undefined when it may. */
export function wrongPath(path: string): string | undefined {
  if (path === '' || path.length > 512) return 'must have 1 to 512 characters';
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'has a control character or a backslash in it';
  if (path.startsWith('/')) return 'is absolute';
  if (path.split('/').some(part => part === '' || part === '.' || part === '..'))
    return 'has an empty part, . or .. in it';
  return undefined;
}
