import {createHash} from 'node:crypto';
import type {ContainerSpec} from './container-spec.ts';

/** JSON with sorted keys and without undefined: the same value, the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** 16 hex digits of a text's SHA-256. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Of the parts that need a new container when they change. Where it runs, its id and its addresses are left out: they
 * are given anew to each container. An image is its digest, whatever it is called.
 */
export function runtimeHash(spec: ContainerSpec): string {
  const {id, host, network, health, stop, labels, image, files, ...rest} = spec;
  // The text of a file that the program reads again when told needs no new container.
  const fixed = files?.map(file => (file.reload ? {...file, content: undefined} : file));
  return shortHash(canonicalJson({...rest, files: fixed, image: image.digest}));
}

/** Of everything that was asked for: also what only the manifest has to know. */
export function specHash(spec: ContainerSpec): string {
  const {id, host, network, ...rest} = spec;
  return shortHash(canonicalJson(rest));
}
