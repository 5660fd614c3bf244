import {createHash} from 'node:crypto';
import type {z} from 'zod';
import type {ImageFiles} from './archive-source.ts';
import {corruptImage} from './corrupt-image.ts';

/** Metadata larger than this is hostile: containerd itself refuses manifests above 8 MiB. */
const mostMetadata = 8 * 1024 * 1024;

/** The whole of a small file, checked against its digest where one is given. Errors: UserError `image-corrupt`. */
export async function readMetadata(files: ImageFiles, name: string, digest?: string): Promise<Buffer> {
  const size = await files.size(name);
  if (size === undefined) throw corruptImage(files.path, `has no ${name}`);
  if (size > mostMetadata) throw corruptImage(files.path, `${name} has ${size} bytes, too many for metadata`);
  const chunks: Buffer[] = [];
  for await (const chunk of files.stream(name)) chunks.push(chunk as Buffer);
  const content = Buffer.concat(chunks);
  const found = digestOf(content);
  if (digest !== undefined && found !== digest)
    throw corruptImage(files.path, `${name} should have digest ${digest}, but has ${found}`);
  return content;
}

/** Metadata as checked JSON. */
export function metadataJson<T>(files: ImageFiles, name: string, content: Buffer, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw corruptImage(files.path, `${name} is not JSON`, error);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw corruptImage(files.path, `${name}: ${issue?.path.join('.') || 'content'}: ${issue?.message ?? 'invalid'}`);
}

/** `sha256:…` of bytes at hand. */
export const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
