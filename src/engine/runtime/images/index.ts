export {listedImages, orphanImages, removeImages} from './image-commands.ts';
export {digestName, type ImageReference, parseReference, referenceName, sentName} from './image-name.ts';
export type {ImageConfig, LocalBlob, LocalImage} from './local-image.ts';
export {localArchitecture, openImage} from './open-image.ts';
export {type PullOptions, pullImage, resolveReference} from './pull-image.ts';
export {registryDigest} from './registry.ts';
export type {RegistryAccess} from './registry-access.ts';
export {missingBlobs, type SendOptions, type Sent, sendImage} from './send-image.ts';
