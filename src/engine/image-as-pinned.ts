import type {FoundImage, ImageUser} from './find-image.ts';
import type {Fleet} from './fleet.ts';
import {isOnHost, nameOnHosts} from './image-on-hosts.ts';
import {openImage, peekBuild} from './runtime/images/index.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {PinnedReference} from './state/lock-file.ts';

/** The image of an earlier apply; its file here only if it still is that image. */
export async function imageAsPinned(
  session: Session,
  {name, image}: ImageUser,
  label: string,
  fleet: Fleet,
  pin?: PinnedReference,
): Promise<FoundImage> {
  if (!pin) {
    throw new UserError({
      code: 'image-not-pinned',
      message: `service ${name}: the history does not say which image ${label} was then`,
      hint: 'Go back to another serial: niyanta history',
      exit: 1,
    });
  }
  const {digest} = pin;
  const file =
    image.kind === 'archive'
      ? await openImage(image.path).catch(() => undefined)
      : pin.key === undefined
        ? undefined
        : await peekBuild(pin.key, session.imageCache);
  const local = file?.digest === digest ? file : undefined;
  const onHosts = nameOnHosts(session, image, digest);
  if (image.kind !== 'reference' && !local && !isOnHost(fleet, onHosts, digest)) {
    throw new UserError({
      code: 'image-gone',
      message: `service ${name}: the image that ${label} was then (${digest.slice(0, 19)}) is on no host that answers, and no longer on this machine`,
      hint: 'Go back to another serial (niyanta history), or apply the present stack.',
      exit: 1,
    });
  }
  return {label, pin, local, pinned: {source: label, name: onHosts, digest}};
}
