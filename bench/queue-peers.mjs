// The queues that people use in PostgreSQL, beside which submissions are measured: graphile-worker and pg-boss.
import {makeWorkerUtils} from 'graphile-worker';
import PgBoss from 'pg-boss';
import {median} from './result.mjs';

/** Each submits one payload, durable when it resolves; over ten connections, which was their fastest here. */
export async function openQueues(connectionString) {
  const utils = await makeWorkerUtils({connectionString, maxPoolSize: 10});
  await utils.migrate();
  const boss = new PgBoss({connectionString, max: 10, supervise: false, schedule: false});
  await boss.start();
  await boss.createQueue('resize');
  return {
    submit: {
      'graphile-worker addJob': payload => utils.addJob('resize', payload),
      'pg-boss send': payload => boss.send('resize', payload),
    },
    async close() {
      await utils.release();
      await boss.stop({graceful: false});
    },
  };
}

/** Of costs by name the rounds of the one that costs least; all of them as submissions a second. */
export function fastest(costs) {
  const [[name, peer]] = Object.entries(costs).sort(([, a], [, b]) => median(a) - median(b));
  const perSecond = Object.fromEntries(
    Object.entries(costs).map(([each, microseconds]) => [each, Math.round(1e6 / median(microseconds))]),
  );
  return {name, peer, perSecond};
}
