import type {Session} from '../engine/session.ts';
import type {Look} from '../engine/view/look.ts';
import {printableJson} from '../engine/view/printable.ts';
import {tell, writeLine} from './output.ts';

export interface LiveEvents {
  readonly look: Look;
  /** A line of JSON an event, in place of text. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** `events -f` without a run: prints what happens to replicas and in runs, until the signal. */
export async function liveEvents(session: Session, {look, json, signal}: LiveEvents): Promise<void> {
  const {followEvents} = await import('../engine/follow-events.ts');
  const {ReplayWriter, recordJson} = await import('../engine/view/replay-view.ts');
  const {replicaEventJson, replicaEventLine} = await import('../engine/view/replica-event-view.ts');
  const writer = new ReplayWriter(look);
  const print = async (value: unknown, texts: readonly string[]): Promise<void> => {
    for (const text of json ? [printableJson(value)] : texts) await writeLine(process.stdout, text);
  };
  await followEvents(session, {
    signal,
    now: () => new Date(),
    onReplica: event => print(replicaEventJson(event), [replicaEventLine(event, look)]),
    onRun: record => print(recordJson(record), writer.lines(record)),
    onLost: (host, why) => tell(`${host} does not answer: ${why}`),
    onBack: host => tell(`${host} answers again`),
  });
}
