import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Broker} from './broker.ts';

/** Whoever reads the metrics is told how the broker is. Returns how to stop. */
export function tellBroker(measures: Measures, broker: Broker): () => void {
  const told = {in: 0, out: 0, garbage: 0};
  const stop = measures.onRead(() => {
    const now = broker.counts();
    const since = (kind: keyof typeof told) => {
      const more = Math.max(0, now[kind] - told[kind]);
      told[kind] = now[kind];
      return more;
    };
    measures.set('niyanta_broker_connected', {}, broker.trouble() === undefined ? 1 : 0);
    measures.add('niyanta_broker_messages_total', {direction: 'in', kind: 'heard'}, since('in'));
    measures.add('niyanta_broker_messages_total', {direction: 'in', kind: 'dropped'}, since('garbage'));
    measures.add('niyanta_broker_messages_total', {direction: 'out', kind: 'said'}, since('out'));
  });
  return () => {
    stop();
    measures.replace('niyanta_broker_connected', []);
  };
}
