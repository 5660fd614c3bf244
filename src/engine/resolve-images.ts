import {type FoundImage, type ImageUser, imageFinders, type ResolveOptions} from './find-image.ts';
import type {Fleet} from './fleet.ts';
import {imageAsPinned} from './image-as-pinned.ts';
import {imageLabel} from './image-label.ts';
import type {ResolvedImage} from './planner/plan-input.ts';
import type {PinnedImage} from './runtime/container-spec.ts';
import {type LocalImage, missingBlobs} from './runtime/images/index.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {ServiceName} from './spec/stack.ts';
import type {EnvironmentState, PinnedReference} from './state/lock-file.ts';

/** What the services' images are, as far as can be known without changing anything. */
export interface ResolvedImages {
  readonly byService: Readonly<Record<ServiceName, ResolvedImage>>;
  /** Images on this machine, by label: what is sent to hosts. */
  readonly local: ReadonlyMap<string, LocalImage>;
  /** For the lock file, by label. */
  readonly pins: Readonly<Record<string, PinnedReference>>;
}

/**
 * Finds the digest of every service's image: of the lock file, of a host that has it, of the registry, or of the file
 * here. Errors: UserError `image-not-pinned` and `image-moved` with `locked`; what registries and files say.
 */
export async function resolveImages(
  session: Session,
  services: readonly ImageUser[],
  fleet: Fleet,
  lock: EnvironmentState | undefined,
  options: ResolveOptions,
): Promise<ResolvedImages> {
  const resolving = new Map<string, Promise<FoundImage>>();
  const resolve = (service: ImageUser): Promise<FoundImage> => {
    const key = JSON.stringify(service.image);
    const known = resolving.get(key) ?? find(session, service, fleet, lock, options);
    resolving.set(key, known);
    return known;
  };
  const about = (service: ImageUser) => (error: unknown) => {
    throw error instanceof UserError ? error.about(service.name) : error;
  };
  const found = await Promise.all(
    services.map(async service => ({service, found: await resolve(service).catch(about(service))})),
  );
  const byService: Record<ServiceName, ResolvedImage> = {};
  for (const {service, found: image} of found) {
    byService[service.name] = {
      source: service.image,
      label: image.label,
      pinned: image.pinned,
      bytes: image.local && image.pinned ? await bytesToSend(fleet, image.local, image.pinned) : undefined,
    };
  }
  return {
    byService,
    local: new Map(found.flatMap(({found: {label, local}}) => (local ? [[label, local] as const] : []))),
    pins: Object.fromEntries(found.flatMap(({found: {label, pin}}) => (pin ? [[label, pin] as const] : []))),
  };
}

async function find(
  session: Session,
  service: ImageUser,
  fleet: Fleet,
  lock: EnvironmentState | undefined,
  options: ResolveOptions,
): Promise<FoundImage> {
  const label = imageLabel(service, session.project.directory);
  if (options.pins) return imageAsPinned(session, service, label, fleet, options.pins[label]);
  const preferred = options.prefer?.[label];
  if (preferred) return imageAsPinned(session, service, label, fleet, preferred);
  const pin = lock?.images[label];
  const found = await imageFinders[service.image.kind](
    {session, service, label, pin, fleet, options},
    service.image as never,
  );
  if (options.locked) refuseUnlocked(service, label, pin, found);
  return found;
}

function refuseUnlocked(service: ImageUser, label: string, pin: PinnedReference | undefined, found: FoundImage): void {
  if (pin && found.pinned?.digest === pin.digest) return;
  const why = pin
    ? `is ${found.pinned?.digest ?? 'not built yet'} now, the lock file has ${pin.digest}`
    : 'is not in the lock file';
  throw new UserError({
    code: pin ? 'image-moved' : 'image-not-pinned',
    message: `service ${service.name}: image ${label} ${why}, and --locked refuses that`,
    hint: 'Apply without --locked where the change is meant, and commit the lock file.',
    exit: 1,
  });
}

async function bytesToSend(fleet: Fleet, local: LocalImage, image: PinnedImage): Promise<Record<string, number>> {
  const lacking = fleet.observed.filter(
    host => host.reachable && !host.images.some(({name, digest}) => name === image.name && digest === image.digest),
  );
  const sizes = await Promise.all(
    lacking.map(async ({host}) => {
      const blobs = await missingBlobs(fleet.connection(host), local);
      return [host, blobs.reduce((sum, blob) => sum + blob.size, 0)] as const;
    }),
  );
  return Object.fromEntries(sizes);
}
