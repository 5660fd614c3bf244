import {buildImage, buildKey, type LocalImage, openImage} from './runtime/images/index.ts';
import type {ImageSource} from './spec/stack.ts';

export interface OpenJobImageParts {
  /** Where images are kept that were built here. */
  readonly imageCache: string;
  /** What is said while an image is built. */
  readonly onBuild: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A job's image that is on this machine, or is built here. Errors: those of opening and building. */
export async function openJobImage(
  source: Exclude<ImageSource, {kind: 'reference'}>,
  {imageCache, onBuild, signal}: OpenJobImageParts,
): Promise<LocalImage> {
  if (source.kind === 'archive') return openImage(source.path);
  const key = await buildKey(source, imageCache);
  return buildImage(source, key, imageCache, {onProgress: onBuild, signal});
}
