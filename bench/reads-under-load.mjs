// What reading costs a caller of `serve` while 100 workloads a second are submitted.
import autocannon from 'autocannon';

/**
 * Within how many milliseconds 95 of 100 GETs of `/v1/workloads?limit=20` were answered, 50 a second over four connections,
 * while 100 a second of this body are submitted over ten, for so many seconds.
 */
export async function readsUnderLoad({url, headers, workload, seconds}) {
  const body = JSON.stringify({workload});
  const submit = autocannon({
    url,
    connections: 10,
    overallRate: 100,
    duration: seconds,
    requests: [{method: 'POST', path: '/v1/workloads', headers, body}],
  });
  const requests = [{method: 'GET', path: '/v1/workloads?limit=20', headers}];
  const read = autocannon({url, connections: 4, overallRate: 50, duration: seconds, requests});
  const times = [];
  let refused = 0;
  read.on('response', (_client, status, _bytes, milliseconds) => {
    if (status === 200) times.push(milliseconds);
    else refused++;
  });
  await Promise.all([submit, read]);
  if (refused > 0 || times.length < 20 * seconds) throw new Error(`${times.length} answers, ${refused} refused`);
  times.sort((a, b) => a - b);
  return times[Math.ceil(times.length * 0.95) - 1];
}
