import {describe, expect, test} from 'vitest';
import {loadServer, type ServerRequest} from '../../../src/engine/spec/server/load-server.ts';

const request = (text: string): ServerRequest => ({
  file: {
    source: {name: 'server.yaml', directory: '/etc'},
    bytes: Buffer.from(`apiVersion: niyanta/v1\nkind: Server\n${text}\n`),
  },
  flags: {},
  env: {},
  cwd: '/',
  readText: async () => undefined,
});

test('without a word there is a log on standard error, and nothing is sent anywhere', async () => {
  const {log, tracing, metrics} = (await loadServer(request(''))).settings;
  expect(log).toEqual({level: 'info', format: 'auto', sampling: 100, workloads: true, buffer: 16 * 2 ** 20});
  expect(tracing).toEqual({headers: {}, ratio: 1, every: 2000});
  expect(metrics).toEqual({hosts: 15_000});
});

test('secrets are references', async () => {
  const {log, tracing} = (
    await loadServer(
      request(`log:
  loki: {url: "http://loki:3100", tenant: acme, username: u, password: "\${secret:loki}"}
  elasticsearch: {url: "https://elastic:9200", apiKey: "\${secret:elastic}"}
tracing: {otlp: "https://otel:4318", headers: {authorization: "Bearer \${secret:otel}"}}
`),
    )
  ).settings;
  expect(log.loki?.password).toBe('${secret:loki}');
  expect(log.elasticsearch).toEqual({
    url: 'https://elastic:9200',
    index: 'logs-niyanta-default',
    apiKey: '${secret:elastic}',
  });
  expect(tracing.headers).toEqual({authorization: 'Bearer ${secret:otel}'});
});

describe('is refused', () => {
  test.each([
    ['a password in clear', 'log: {loki: {url: "http://l", password: abc}}', /must be a reference/],
    ['a key in clear', 'log: {elasticsearch: {url: "http://e", apiKey: abc}}', /must be a reference/],
    ['a user in an address', 'log: {loki: {url: "http://u:p@l"}}', /without user, password/],
    ['a ratio beyond 1', 'tracing: {ratio: 2}', /at most 1/],
    ['a format that is none', 'log: {format: xml}', /one of auto, json, ecs, text/],
    ['a secret where none belongs', 'log: {level: "${secret:x}"}', /secret|level/],
  ])('%s', async (_, text, why) => {
    const error = await loadServer(request(text)).catch((each: unknown) => each);
    const {errors = [error]} = error as {errors?: readonly unknown[]};
    expect(errors.map(each => (each as Error).message).join('\n')).toMatch(why);
  });
});
