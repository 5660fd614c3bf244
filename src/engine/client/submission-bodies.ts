import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {UserError} from '../spec/errors.ts';
import {unreadable} from '../spec/files.ts';
import type {ImageSource} from '../spec/stack.ts';
import type {Workload} from '../spec/workload.ts';
import {workloadDocument} from '../spec/workload-document.ts';
import type {Schemas} from './api-client.ts';
import type {Content} from './send-contents.ts';

/** An image of this machine: its manifest first among its blobs. */
export interface SendableImage {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  readonly blobs: readonly {readonly digest: string; readonly size: number; open(): Readable}[];
}

export type LocalSource = Exclude<ImageSource, {kind: 'reference'}>;

export interface Bodies {
  /** In the order of the workloads. */
  readonly bodies: readonly Schemas['Submission'][];
  /** What they refer to: to be sent first. */
  readonly contents: readonly Content[];
}

/** Small files go in the body, as long as they are not many. Bytes. */
const smallFile = 256 * 2 ** 10;
const mostInBodies = 8 * 2 ** 20;

/** What is submitted for each workload. Errors: UserError `file-unreadable`; those of `openImage`. */
export async function submissionBodies(
  workloads: readonly Workload[],
  openImage: (source: LocalSource) => Promise<SendableImage>,
): Promise<Bodies> {
  const contents: Content[] = [];
  const bodies: Schemas['Submission'][] = [];
  let inBodies = 0;
  for (const workload of workloads) {
    const inputs: Record<string, string> = {};
    const files: Record<string, string> = {};
    for (const {source, target} of workload.inputs.files) {
      const {size} = await readable(workload, source, () => stat(source));
      if (size > smallFile || inBodies + size > mostInBodies) {
        const content = await readable(workload, source, () => fileContent(source, size));
        files[target] = content.sha256;
        contents.push(content);
      } else {
        const content = await readable(workload, source, () => readFile(source));
        inBodies += content.length;
        inputs[target] = content.toString('base64');
      }
    }
    const image = await imageOf(workload, openImage);
    contents.push(...(image?.blobs.map(({digest, ...blob}) => ({...blob, sha256: hexOf(digest)})) ?? []));
    const sent = {
      ...(image && {image: hexOf(image.digest)}),
      ...(Object.keys(files).length > 0 && {files}),
    };
    const document = JSON.parse(JSON.stringify(workloadDocument(workload))) as Schemas['SubmittedWorkload'];
    bodies.push({
      workload: document,
      ...(Object.keys(inputs).length > 0 && {inputs}),
      ...(Object.keys(sent).length > 0 && {sent}),
    });
  }
  return {bodies, contents};
}

async function imageOf(
  {container}: Workload,
  openImage: (source: LocalSource) => Promise<SendableImage>,
): Promise<SendableImage | undefined> {
  return container && container.image.kind !== 'reference' ? openImage(container.image) : undefined;
}

async function fileContent(path: string, size: number): Promise<Content> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return {sha256: hash.digest('hex'), size, open: () => createReadStream(path)};
}

async function readable<T>({name}: Workload, source: string, read: () => Promise<T>): Promise<T> {
  return read().catch((error: unknown) => {
    const message = `${name}: the input ${source}: ${unreadable(error)}`;
    throw new UserError({code: 'file-unreadable', message});
  });
}

const hexOf = (digest: string): string => digest.slice('sha256:'.length);
