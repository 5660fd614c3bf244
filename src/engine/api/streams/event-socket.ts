import type {WebSocket} from '@fastify/websocket';
import type {FastifyRequest} from 'fastify';
import {credentialOf, type Identity, scopeOf, sees, whenUnwelcome} from '../../coordinator/access/index.ts';
import {problemOf} from '../../coordinator/requests/problem-of.ts';
import type {EventRow} from '../../coordinator/store/store.ts';
import {eventOf} from '../answers/event.ts';
import type {ApiParts} from '../api-parts.ts';
import {shownBy, whoOf} from '../request/gate.ts';
import {readRequest} from './socket-requests.ts';

interface Subscription {
  readonly workload?: string;
  readonly types?: readonly string[];
  /** The last event that was sent; undefined: nothing is caught up with. */
  position: number | undefined;
  /** Still reads what happened before. */
  catching: boolean;
  /** Something happened while it was catching up. */
  missed: boolean;
}

const MOST_SUBSCRIPTIONS = 100;
const PAGE = 500;

/** What a client does not take in time is not kept for it for ever: it is cut off, and goes on by `after`. */
export function serveEvents(socket: WebSocket, request: FastifyRequest, parts: ApiParts): void {
  const {coordinator, settings, metrics, door, stopping} = parts;
  const identity: Identity = whoOf(request);
  const subscriptions = new Map<string, Subscription>();
  let alive = true;

  const send = (message: object): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(message));
    if (socket.bufferedAmount > settings.socketBacklog) cut(1013, 'too slow: connect again and go on with after');
  };
  const cut = (code: number, reason: string): void => {
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), 2000).unref();
  };
  const stop = () => cut(1001, 'the coordinator stops');

  const unsubscribe = coordinator.subscribe(event => {
    if (!sees(identity, event.customer)) return;
    const wanted = [...subscriptions].filter(([, subscription]) => due(subscription, event)).map(([id]) => id);
    if (wanted.length > 0) send({op: 'event', subscriptions: wanted, event: eventOf(event)});
  });
  const stopLooking = whenUnwelcome(credentialOf(shownBy(request)), door, () => cut(1008, 'the API key ended'));
  const beat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, settings.heartbeatMs);
  beat.unref();
  stopping.addEventListener('abort', stop, {once: true});
  metrics.sockets.inc();

  socket.on('pong', () => {
    alive = true;
  });
  socket.on('error', error => request.log.debug({err: error}, 'a WebSocket broke'));
  socket.on('message', data => {
    try {
      take(readRequest(data));
    } catch (error) {
      send({op: 'error', problem: problemOf(error, request.id).problem});
    }
  });
  socket.once('close', () => {
    unsubscribe();
    stopLooking();
    clearInterval(beat);
    stopping.removeEventListener('abort', stop);
    metrics.sockets.dec();
    subscriptions.clear();
  });

  function take(wish: ReturnType<typeof readRequest>): void {
    if (wish.op === 'unsubscribe') {
      subscriptions.delete(wish.id);
      send({op: 'unsubscribed', id: wish.id});
      return;
    }
    if (subscriptions.size >= MOST_SUBSCRIPTIONS) {
      cut(1008, `more than ${MOST_SUBSCRIPTIONS} subscriptions`);
      return;
    }
    const {id, workload, types, after} = wish;
    const subscription = {workload, types, position: after, catching: after !== undefined, missed: false};
    subscriptions.set(id, subscription);
    send({op: 'subscribed', id});
    if (after === undefined) return;
    catchUp(id, subscription).catch(error => {
      request.log.error({err: error}, 'past events could not be read');
      cut(1011, 'past events could not be read: connect again');
    });
  }

  /** Sends what was before, page by page; then, with no step in between, it is one that is told what comes. */
  async function catchUp(id: string, subscription: Subscription): Promise<void> {
    while (subscriptions.get(id) === subscription && socket.readyState === socket.OPEN) {
      await drained();
      subscription.missed = false;
      const {workload, types, position: after} = subscription;
      const rows = await coordinator.store.events(scopeOf(identity), {after, workload, types, limit: PAGE});
      for (const row of rows) {
        send({op: 'event', subscriptions: [id], event: eventOf(row)});
        subscription.position = row.seq;
      }
      if (rows.length === PAGE || subscription.missed) continue;
      subscription.catching = false;
      return send({op: 'caught-up', id});
    }
  }

  /** History is sent at the client's pace. */
  async function drained(): Promise<void> {
    while (socket.bufferedAmount > settings.socketBacklog / 4 && socket.readyState === socket.OPEN) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }
}

/** Whether an event is to be sent now for a subscription. */
function due(subscription: Subscription, event: EventRow): boolean {
  const {workload, types, position} = subscription;
  if (workload !== undefined && event.workload !== workload) return false;
  if (types && !types.includes(event.type)) return false;
  if (subscription.catching) {
    subscription.missed = true;
    return false;
  }
  if (position !== undefined && event.seq <= position) return false;
  subscription.position = event.seq;
  return true;
}
