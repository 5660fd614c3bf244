import nodePath from 'node:path';
import {z} from 'zod';
import type {Compilation} from './compile-service.ts';
import {unreadable} from './files.ts';
import {signal} from './process-schema.ts';
import {decodeText} from './read-yaml.ts';
import type {ParsedService} from './service-schema.ts';
import type {ServiceFile} from './stack.ts';
import {containerPath, text} from './texts.ts';
import {errorAt, type Path, placeAt} from './tree.ts';

/** Of one file, and of all of a service, in bytes: they are kept in the state and in manifests. */
const largestFile = 64 * 1024;
const largestOfAll = 256 * 1024;

/** Files of a service by their path in the container. */
export const serviceFilesSchema = z.record(
  containerPath,
  z
    .strictObject({
      content: text.optional().describe('Its text.'),
      from: z.string().min(1, 'must not be empty').optional().describe('File with its text, relative to this file.'),
      mode: z
        .union([z.string(), z.number()])
        .transform(String)
        .refine(mode => /^0?[0-7]{3}$/.test(mode), 'is not a mode such as "0444"')
        .prefault('0444')
        .describe('Who may read it, as chmod takes it; it belongs to root.'),
      reload: signal
        .optional()
        .describe(
          'Signal that makes the program read it again, such as SIGHUP; without it a change needs a new container.',
        ),
    })
    .superRefine(({content, from}, context) => {
      if ((content === undefined) === (from === undefined)) {
        context.addIssue(content === undefined ? 'needs content or from' : 'has content and from: write one of them');
      }
    }),
);

/** The texts of a service's files; what cannot be read is told where it was written. */
export async function compileFiles(
  name: string,
  {files}: ParsedService,
  compilation: Compilation,
): Promise<readonly ServiceFile[]> {
  const compiled: ServiceFile[] = [];
  for (const [target, file] of Object.entries(files)) {
    const path = ['services', name, 'files', target];
    const content = file.content ?? (await contentOf(file.from!, [...path, 'from'], compilation));
    const {mode, reload} = file;
    compiled.push({target, content, mode: mode.padStart(4, '0'), ...(reload && {reload})});
    if (Buffer.byteLength(content) > largestFile) tooLarge(path, 'is larger than 64 KiB', compilation);
  }
  const all = compiled.reduce((sum, {content}) => sum + Buffer.byteLength(content), 0);
  if (all > largestOfAll) tooLarge(['services', name, 'files'], 'are larger than 256 KiB together', compilation);
  return compiled.sort((a, b) => (a.target < b.target ? -1 : 1));
}

function tooLarge(path: Path, what: string, {tree, problems}: Compilation): void {
  const hint = 'Put larger files into the image or a volume.';
  problems.add(errorAt(placeAt(tree, path), path, {code: 'file-too-large', message: what, hint}));
}

async function contentOf(written: string, path: Path, {tree, read, nameOf, problems}: Compilation): Promise<string> {
  const place = placeAt(tree, path);
  const file = nodePath.resolve(place.source.directory, written);
  const found = await problems.gather(async () => {
    const bytes = await read(file).catch((error: unknown) => {
      throw errorAt(place, path, {code: 'file-missing', message: `${nameOf(file)}: ${unreadable(error)}`});
    });
    return decodeText(bytes, nameOf(file));
  });
  return found ?? '';
}
