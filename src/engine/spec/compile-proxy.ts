import nodePath from 'node:path';
import {formatReference, parseReference} from './image-reference.ts';
import type {ProjectProxy} from './project.ts';
import type {ParsedProxy} from './route-schema.ts';
import {errorAt, placeAt, type Tree} from './tree.ts';

const IMAGE = 'docker.io/library/caddy:2';

/** How the hosts get proxies: paths absolute, references in full, files read. Errors: UserError at its line. */
export async function compileProxy(
  {label, image, archive, binary, acme, ...rest}: ParsedProxy,
  tree: Tree,
  readText: (path: string) => Promise<string | undefined>,
): Promise<ProjectProxy> {
  const absolute = (key: readonly string[], written: string): string =>
    nodePath.resolve(placeAt(tree, ['proxy', ...key]).source.directory, written);
  const {ca, ...others} = acme;
  return {
    ...rest,
    label,
    source: sourceOf(
      {image, archive: archive === undefined ? undefined : absolute(['archive'], archive), binary},
      tree,
    ),
    acme: {...others, ...(ca !== undefined && {ca: await certificate(absolute(['acme', 'ca'], ca))})},
  };

  async function certificate(path: string): Promise<string> {
    const text = await readText(path);
    if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
    const message = text === undefined ? `${path} cannot be read` : `${path} holds no certificate in PEM`;
    const at = ['proxy', 'acme', 'ca'];
    throw errorAt(placeAt(tree, at), at, {code: text === undefined ? 'file-missing' : 'invalid-value', message});
  }
}

function sourceOf(
  {image = IMAGE, archive, binary}: {readonly image?: string; readonly archive?: string; readonly binary?: string},
  tree: Tree,
): ProjectProxy['source'] {
  if (archive !== undefined) return {kind: 'archive', path: archive};
  if (binary !== undefined) return {kind: 'binary', path: binary};
  const reference = parseReference(image);
  if (!('wrong' in reference)) return {kind: 'reference', reference: formatReference(reference)};
  const at = ['proxy', 'image'];
  const message = `${JSON.stringify(image)} is not an image reference: it ${reference.wrong}`;
  throw errorAt(placeAt(tree, at), at, {code: 'invalid-value', message});
}
