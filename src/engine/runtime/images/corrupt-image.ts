import {UserError} from '../../spec/errors.ts';

/** The file is there but is no image, or not the one that it says it is. */
export const corruptImage = (path: string, why: string, cause?: unknown): UserError =>
  new UserError({
    code: 'image-corrupt',
    message: `${path}: ${why}`,
    hint: 'Save the image again: "docker save", "podman save --format oci-archive", "buildah push … oci-archive:FILE" or "skopeo copy" all work.',
    cause,
  });
