import type {NatsSettings} from '../../spec/server/nats-schema.ts';
import type {HostName} from '../../spec/stack.ts';
import {type Measures, silentMeasures} from '../../telemetry/metrics/index.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {Store} from '../store/store.ts';
import {AgentPool} from './agent-pool.ts';
import {type AnswerAsksParts, answerAsks} from './answer-asks.ts';
import {Broker} from './broker.ts';
import {type Hints, hintsOver} from './hints.ts';
import {natsOptions} from './nats-options.ts';
import {tellBroker} from './tell-broker.ts';

export interface OpenAgentsWish extends Pick<AnswerAsksParts, 'secrets' | 'registryAccess' | 'lent'> {
  readonly settings: NatsSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Store;
  readonly silence: CoordinatorSettings['silence'];
  readonly isHost: (name: HostName) => boolean;
  readonly measures?: Measures;
  readonly log: Log;
}

export interface OpenedAgents {
  readonly pool: AgentPool;
  readonly hints: Hints;
  /** What is wrong with the broker, in words. */
  trouble(): string | undefined;
  close(): Promise<void>;
}

/** What a coordinator has of NATS. It need not be there: it is connected to in the background. */
export async function openAgents(wish: OpenAgentsWish): Promise<OpenedAgents> {
  const {settings, env, store, silence, isHost, log, measures = silentMeasures} = wish;
  const {options} = await natsOptions(settings, env);
  const name = 'niyanta coordinator';
  const broker = new Broker({options: {...options, name, noEcho: true}, address: settings.url, log});
  const stopTelling = tellBroker(measures, broker);
  const stopAnswering = answerAsks({...wish, broker});
  try {
    const pool = await AgentPool.open({broker, store, silence, log, isHost});
    return {
      pool,
      hints: hintsOver(broker),
      trouble: () => broker.trouble(),
      async close() {
        stopAnswering();
        stopTelling();
        await broker.close();
      },
    };
  } catch (error) {
    await broker.close();
    throw error;
  }
}
