import {Readable} from 'node:stream';
import {type ImageFiles, type LocalImage, manifestOf, ociImage} from '../../runtime/images/index.ts';
import {UserError} from '../../spec/errors.ts';
import type {CustomerId, Store} from '../store/store.ts';
import {type Contents, contentGone, storedContent} from './stored-content.ts';

/** In a workload's inputs: the manifest of the image that came along, and what that refers to, so that it is kept. */
export const imageInput = 'image';

/**
 * What a workload's inputs have of an image that its customer sent blob by blob. Errors: UserError `file-missing`,
 * `image-corrupt`.
 */
export async function imageInputs(
  store: Store,
  customer: CustomerId,
  manifest: string,
): Promise<Readonly<Record<string, string>>> {
  await known(store, customer, [manifest]);
  const {config, layers} = await manifestOf(await filesOf(store, manifest), `sha256:${manifest}`);
  const blobs = [...new Set([config, ...layers].map(({digest}) => digest.slice('sha256:'.length)))];
  await known(store, customer, blobs);
  return {[imageInput]: manifest, ...Object.fromEntries(blobs.map((blob, index) => [`${imageInput}/${index}`, blob]))};
}

async function known(store: Store, customer: CustomerId, sha256s: readonly string[]): Promise<void> {
  const there = new Set((await store.files(customer, sha256s)).map(({sha256}) => sha256));
  const missing = sha256s.filter(sha256 => !there.has(sha256));
  if (missing.length === 0) return;
  const message = `${missing.length} of the files that it needs were not sent: ${missing.slice(0, 3).join(', ')}`;
  throw new UserError({code: 'file-missing', message, hint: 'POST /v1/files/missing says which.'});
}

/** An image that came along, as if it were an archive here. Errors: UserError `image-corrupt`, `image-architecture`. */
export async function uploadedImage(contents: Contents, manifest: string, architecture: string): Promise<LocalImage> {
  return ociImage(await filesOf(contents, manifest), architecture);
}

/** An OCI layout of which the blobs are in the store. */
async function filesOf(contents: Contents, manifest: string): Promise<ImageFiles> {
  const size = (await storedContent(contents, manifest))?.size;
  if (size === undefined) throw contentGone(`the image ${manifest}`);
  const blobs: ImageFiles = {
    path: 'the image that was sent',
    size: async name => (await storedContent(contents, hashIn(name)))?.size,
    stream: name => Readable.from(streamed(contents, hashIn(name))),
  };
  const digest = `sha256:${manifest}`;
  const {mediaType = 'application/vnd.oci.image.manifest.v1+json'} = await manifestOf(blobs, digest);
  const index = Buffer.from(JSON.stringify({manifests: [{mediaType, digest, size}]}));
  return {
    ...blobs,
    size: async name => (name === 'index.json' ? index.length : blobs.size(name)),
    stream: name => (name === 'index.json' ? Readable.from([index]) : blobs.stream(name)),
  };
}

const hashIn = (name: string): string => name.slice('blobs/sha256/'.length);

async function* streamed(contents: Contents, sha256: string): AsyncGenerator<Buffer> {
  const content = await storedContent(contents, sha256);
  if (!content) throw contentGone(sha256);
  yield* content.open();
}

/** Files of a workload that came along, by path in the container. Errors: UserError `file-missing`. */
export async function fileInputs(
  store: Store,
  customer: CustomerId,
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  await known(store, customer, [...new Set(Object.values(files))]);
  return files;
}
