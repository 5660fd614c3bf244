import {pipeline} from 'node:stream/promises';
import type {ImageOperation} from '../planner/plan.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import type {FencedHost} from '../runtime/fenced-host.ts';
import {exportImage, importImage, type LocalImage, pullImage, type RegistryAccess} from '../runtime/images/index.ts';
import {Bug, OutsideError, UserError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {StepContext} from './actions.ts';
import {bringLocalImage, type LocalImageWays} from './bring-local-image.ts';

/** Where images come from. */
export interface ImageSources extends LocalImageWays {
  readonly changing: (host: HostName) => FencedHost;
  /** Images on this machine, by `PinnedImage.source`. */
  readonly localImages: ReadonlyMap<string, LocalImage>;
  readonly registryAccess: (reference: string) => Promise<RegistryAccess>;
}

/** Brings an image to a host: pulled there, sent from here, or passed on by a host that has it. */
export async function bringImage(
  operation: ImageOperation,
  sources: ImageSources,
  context: StepContext,
): Promise<PinnedImage> {
  const {pinned, source, label, host} = operation;
  if (!pinned) throw new Bug(`image ${label} was not resolved before the plan`);
  const changing = sources.changing(host);
  if (source.kind === 'reference') {
    const access = await sources.registryAccess(source.reference);
    context.onProgress('pulling');
    const pulled = await pullImage(changing, source.reference, {
      digest: pinned.digest,
      access,
      signal: context.signal,
    });
    return {...pinned, ...pulled};
  }
  const local = sources.localImages.get(label);
  if (local) {
    await bringLocalImage(changing, local, pinned, sources, context);
    return pinned;
  }
  await passOn(pinned, changing, sources, context);
  return pinned;
}

/** A build that this machine no longer has, from a host that does: building anew may give another digest. */
async function passOn(image: PinnedImage, to: FencedHost, sources: ImageSources, context: StepContext): Promise<void> {
  const owner = sources.observed.find(
    host =>
      host.reachable &&
      host.host !== to.host &&
      host.images.some(({name, digest}) => name === image.name && digest === image.digest),
  );
  if (!owner) {
    throw new UserError({
      code: 'image-gone',
      message: `${image.source} (${image.digest.slice(0, 19)}) is on no host that answers, and no longer on this machine`,
      hint: 'Apply the present stack instead, which builds it again.',
      exit: 1,
    });
  }
  context.onProgress(`passing on from ${owner.host}`);
  const reading = await sources.connection(owner.host).spawn(exportImage(image.name));
  const writing = await to.spawn(importImage, `import ${image.name}`);
  writing.stdout.resume();
  let said = '';
  for (const {stderr} of [reading, writing]) stderr.on('data', chunk => (said = `${said}${chunk}`.slice(-2000)));
  await pipeline(reading.stdout, writing.stdin, {signal: context.signal}).catch(() => {
    context.signal.throwIfAborted();
  });
  const [out, into] = await Promise.all([reading.exit, writing.exit]);
  if (out.code === 0 && into.code === 0) return;
  throw new OutsideError({
    code: 'image-import-failed',
    message: `${to.host}: could not take ${image.source} from ${owner.host}`,
    hint: 'Look at both hosts: niyanta doctor',
    host: to.host,
    lastLines: said.split('\n').filter(Boolean).slice(-5),
    transient: true,
  });
}
