import {randomBytes} from 'node:crypto';
import type {Connection} from '../hosts/connection.ts';
import type {PinnedImage} from '../runtime/container-spec.ts';
import type {FencedHost} from '../runtime/fenced-host.ts';
import {type LocalImage, largestTarMember, missingBlobs, sendImage, takeImage} from '../runtime/images/index.ts';
import type {ObservedHost} from '../runtime/observed.ts';
import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {StepContext} from './actions.ts';
import {FanOut, type Site} from './fan-out.ts';

/** What is less is sent faster than a way between two hosts is made. Bytes. */
const worthPassingOn = 8 * 1024 * 1024;

export interface LocalImageWays {
  readonly connection: (host: HostName) => Connection;
  readonly observed: readonly ObservedHost[];
  /** Where hosts reach each other; those that are missing get everything from here. */
  readonly sites: ReadonlyMap<HostName, Site>;
  /** By digest: made when the first host needs it, for the others of this run. */
  readonly fanOuts: Map<string, FanOut>;
}

/** Brings an image of this machine to a host: a large one from a host that has it, where that is possible. */
export async function bringLocalImage(
  to: FencedHost,
  image: LocalImage,
  pinned: PinnedImage,
  ways: LocalImageWays,
  {signal, onProgress}: StepContext,
): Promise<void> {
  const send = async (): Promise<void> => {
    await sendImage(to, image, pinned.name, {onProgress: (done, total) => onProgress('sending', done, total), signal});
  };
  const site = ways.sites.get(to.host) ?? {host: to.host};
  const blobs = await missingBlobs(to.reading, image);
  if (blobs.reduce((sum, {size}) => sum + size, 0) < worthPassingOn) return send();
  if (blobs.some(({size}) => size > largestTarMember)) return send();
  const fanOut = ways.fanOuts.get(pinned.digest) ?? new FanOut(having(pinned, ways));
  ways.fanOuts.set(pinned.digest, fanOut);
  const {from, ended} = await fanOut.supply(site, signal);
  let worked = false;
  try {
    if (from?.address === undefined) await send();
    else {
      const giver = {connection: ways.connection(from.host), address: from.address};
      const token = randomBytes(24).toString('hex');
      const told = (done: number, total: number) => onProgress(`taking it from ${from.host}`, done, total);
      await takeImage(to, image, pinned.name, giver, {blobs, token, onProgress: told, signal}).catch(async error => {
        // What ails the giver is no reason for the taker to go without.
        const passing =
          error instanceof OutsideError && (error.code === 'image-not-passed-on' || error.host === from.host);
        if (!passing) throw error;
        onProgress(`${from.host} does not get through to it; sending`);
        await send();
      });
    }
    worked = true;
  } finally {
    ended(worked);
  }
}

const having = ({name, digest}: PinnedImage, {observed, sites}: LocalImageWays): readonly Site[] =>
  observed.flatMap(host => {
    const site = sites.get(host.host);
    const there = host.reachable && host.images.some(image => image.name === name && image.digest === digest);
    return site && there ? [site] : [];
  });
