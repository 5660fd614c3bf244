export {digestName, type ImageReference, parseReference, referenceName, sentName} from './image-name.ts';
export type {ImageConfig, LocalBlob, LocalImage} from './local-image.ts';
export {localArchitecture, openImage} from './open-image.ts';
export {missingBlobs, type SendOptions, type Sent, sendImage} from './send-image.ts';
export {listedImages, orphanImages, removeImages} from './image-commands.ts';
