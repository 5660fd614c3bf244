import {collectGarbage} from './gc.ts';
import type {Session} from './session.ts';
import {NiyantaError} from './spec/errors.ts';

interface Pruning {
  readonly maxUnreachable: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Told what was removed, or why nothing was. */
  readonly onNote: (text: string) => void;
}

/**
 * What `images: {keep: {afterApply: true}}` asks for: images that the rule does not keep go, when nobody is at work on
 * another environment. The apply is over and was good: what goes wrong here is told, no more.
 */
export async function pruneImages(session: Session, {onNote, ...pruning}: Pruning): Promise<void> {
  const {keep} = session.project.images;
  try {
    const {removed, failed, freed} = await collectGarbage(session, {
      ...pruning,
      // Nobody else is at work on an environment meanwhile: how young may go, is the rule's to say.
      olderThanMs: 0,
      only: 'images',
      volumes: [],
      keep,
      keepAsideMs: session.project.volumes.keepAside,
      lockWaitMs: 0,
      confirm: async () => undefined,
      onWait: () => undefined,
      onHostBusy: () => undefined,
      onRemoved: () => undefined,
    });
    if (removed.length > 0)
      onNote(`removed ${removed.map(({host, what}) => `${what} from ${host}`).join(', ')}; ${freed} bytes freed`);
    for (const {error} of failed) onNote(`images stay: ${error.message}`);
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    onNote(`images stay: ${error.message}`);
  }
}
