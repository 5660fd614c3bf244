import {expect, test} from 'vitest';
import {coordinatorSettings, defaultCoordinatorSettings} from '../../../../src/engine/coordinator/settings.ts';
import {type UserError, UserErrors} from '../../../../src/engine/spec/errors.ts';
import {readYaml} from '../../../../src/engine/spec/read-yaml.ts';
import {compareSettings} from '../../../../src/engine/spec/server/compare-settings.ts';
import {loadServer} from '../../../../src/engine/spec/server/load-server.ts';
import {variables} from '../../../../src/engine/spec/server/variables.ts';

interface Said {
  readonly file?: string;
  readonly section?: string;
  readonly flags?: Record<string, string>;
  readonly env?: Record<string, string>;
}

const head = 'apiVersion: niyanta/v1\nkind: Server\n';

function load({file, section, flags = {}, env = {}}: Said = {}) {
  const source = (name: string) => ({name, directory: `/etc/${name.replace('.yaml', '')}`});
  return loadServer({
    ...(section !== undefined && {section: readYaml(section, source('niyanta.yaml'))[0]!}),
    ...(file !== undefined && {file: {source: source('server.yaml'), bytes: Buffer.from(head + file)}}),
    flags,
    env,
    cwd: '/work',
    readText: async () => undefined,
  });
}

const origin = async (said: Said, name: string) => {
  const {value, origin: by} = (await load(said)).list.find(setting => setting.name === name)!;
  return [value, by];
};

/** Every error as people see it. */
async function wrong(said: Said): Promise<string[]> {
  const error = await load(said).then(
    () => undefined,
    thrown => thrown,
  );
  expect(error).toBeInstanceOf(UserErrors);
  return (error as UserErrors).errors.map((each: UserError) => {
    const {location: at} = each;
    return `${at ? `${at.file}:${at.line}:${at.column} ${at.path}: ` : ''}${each.message}`;
  });
}

test('with nothing said, settings are those that are built in', async () => {
  const {settings} = await load();
  expect(coordinatorSettings(settings)).toEqual({
    ...defaultCoordinatorSettings,
    tierLimits: {free: {}, standard: {}, premium: {}},
  });
  expect(settings).toMatchObject({listen: {host: '127.0.0.1', port: 8460}, data: '/work/.niyanta/coordinator'});
  expect(settings).toMatchObject({stopDeadline: 20_000, log: {level: 'info'}});
});

test('a flag counts before a variable, that before a file of its own, that before niyanta.yaml, that before what is built in', async () => {
  const section = 'log: {level: warn}';
  const file = 'log: {level: error}';
  const env = {NIYANTA_LOG_LEVEL: 'debug'};
  const flags = {'log.level': 'info'};
  expect(await origin({}, 'log.level')).toEqual(['info', 'default']);
  expect(await origin({section}, 'log.level')).toEqual(['warn', 'niyanta.yaml:1:14']);
  expect(await origin({section, file}, 'log.level')).toEqual(['error', 'server.yaml:3:14']);
  expect(await origin({section, file, env}, 'log.level')).toEqual(['debug', 'NIYANTA_LOG_LEVEL']);
  expect(await origin({section, file, env, flags}, 'log.level')).toEqual(['info', 'flag --log-level']);
});

test('what one place says of a section, another may complete', async () => {
  const section = 'scheduling: {preemption: {enabled: true}}\ntiers: {premium: {rate: 2000}}';
  const file =
    'scheduling: {preemption: {margin: 30}, fairShare: {halfLife: 12h}}\ntiers: {gold: {points: 200, pending: 7}}';
  const {settings} = await load({section, file, env: {NIYANTA_SCHEDULING_AGING_FULL_AFTER: '2d'}});
  const {queue, tierLimits} = coordinatorSettings(settings);
  expect(queue.preemption).toEqual({enabled: true, margin: 30, perRound: 10});
  expect(queue.fairShare.halfLifeMs).toBe(12 * 3_600_000);
  expect(queue.aging.fullAfterMs).toBe(48 * 3_600_000);
  expect(settings.tiers.premium).toEqual({rate: 2000, burst: 5000, points: 100, share: 16});
  expect(settings.tiers.gold).toEqual({rate: 100, burst: 500, points: 200, share: 4, pending: 7});
  expect(tierLimits.gold).toEqual({pending: 7});
});

test('paths start where they were written', async () => {
  const file = 'tls: {cert: tls/cert.pem, key: /keys/key.pem}\ndata: ../data';
  expect((await load({file})).settings).toMatchObject({
    tls: {cert: '/etc/server/tls/cert.pem', key: '/keys/key.pem'},
    data: '/etc/data',
  });
  const {settings} = await load({file, flags: {'tls.cert': 'mine.pem'}, env: {NIYANTA_TLS_KEY: 'key.pem'}});
  expect(settings.tls).toMatchObject({cert: '/work/mine.pem', key: '/work/key.pem'});
});

test('all that is wrong is told, with its place and what was meant', async () => {
  const file = `listen: 127.0.0.1
log: {levle: info}
scheduling:
  fairShare: {halfLife: soon}
failures: {suspect: 20s, lost: 10s}
oidc: {issuer: http://issuer.example, audience: me, algorithms: [HS256, none]}`;
  expect(await wrong({file})).toEqual([
    'server.yaml:3:9 listen: must be HOST:PORT, for example 127.0.0.1:8460 or [::1]:8460; port 0 takes a free one',
    'server.yaml:4:7 log.levle: unknown key, did you mean "level"?',
    'server.yaml:6:25 scheduling.fairShare.halfLife: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
    'server.yaml:7:32 failures.lost: must be longer than suspect',
    'server.yaml:8:16 oidc.issuer: must be https://… (http only on this machine), without ? and #',
    expect.stringMatching(/^server\.yaml:8:66 oidc\.algorithms\.0: must be one of RS256,.* is the text "HS256"/),
    expect.stringMatching(/^server\.yaml:8:73 oidc\.algorithms\.1: must be one of RS256/),
  ]);
  expect(await wrong({file: '', flags: {listen: 'nowhere'}, env: {NIYANTA_KEEP_AUDIT: '3'}})).toEqual([
    expect.stringMatching(/^flag --listen must be HOST:PORT/),
    expect.stringMatching(/^NIYANTA_KEEP_AUDIT is not a length of time/),
  ]);
  expect(await wrong({file: 'tls: {cert: a, key: b, clients: {robot: {role: customer}}}'})).toEqual([
    'server.yaml:3:33 tls.clients: belongs to clientCa, which is not said',
    'server.yaml:3:34 tls.clients.robot.customer: is needed by the role customer',
  ]);
});

test('a password in clear stands in a variable alone, and is never shown', async () => {
  const url = 'postgres://niyanta:hunter2@db.example/niyanta';
  expect(await wrong({file: `database: ${url}`})).toEqual(['server.yaml:3:11 database: holds a password in clear']);
  expect(await wrong({flags: {database: url}})).toEqual([expect.stringContaining('everybody sees')]);
  expect(await wrong({env: {NIYANTA_DATABASE: 'postgres://a:b@c:d/e/f'}})).toEqual([
    expect.stringMatching(/^NIYANTA_DATABASE is no postgres/),
  ]);
  const {settings, list} = await load({env: {NIYANTA_DATABASE: url}});
  expect(settings.database).toBe(url);
  expect(JSON.stringify(list)).not.toContain('hunter2');
  expect(list.find(({name}) => name === 'database')).toEqual({
    name: 'database',
    value: 'postgres://niyanta:***@db.example/niyanta',
    origin: 'NIYANTA_DATABASE',
  });
});

test('headers of a collector may be secrets by name; what is written in clear is shown to nobody', async () => {
  const headers =
    "{Authorization: 'Bearer ${secret:OTLP}', X-Key: '${secret:KEY}', X-Clear: hunter2, X-Part: 'hunter2${secret:KEY}'}";
  const {settings, list} = await load({file: `tracing: {headers: ${headers}}`});
  expect(settings.tracing.headers['X-Clear']).toBe('hunter2');
  expect(JSON.stringify(list)).not.toContain('hunter2');
  const shown = list.filter(({name}) => name.startsWith('tracing.headers')).map(({value}) => value);
  expect(shown).toEqual(['Bearer ${secret:OTLP}', '${secret:KEY}', '***', '***']);
});

test('keys of object storage are secrets by name, and secrets stand nowhere else', async () => {
  const s3 = (key: string) =>
    `checkpoints: {to: 's3://bucket/ck', s3: {endpoint: 'https://s3.example', accessKeyId: '${'${secret:ID}'}', secretAccessKey: '${key}'}}`;
  expect((await load({file: s3('${secret:KEY}')})).settings.checkpoints?.s3.secretAccessKey).toBe('${secret:KEY}');
  expect(await wrong({file: s3('in-clear')})).toEqual([expect.stringContaining('must be a secret')]);
  expect(await wrong({file: "listen: '${secret:ADDRESS}'"})).toEqual([
    expect.stringContaining('a secret cannot be used here'),
  ]);
});

test('each setting has its variable, and no two have the same', () => {
  expect(variables.get('NIYANTA_SCHEDULING_FAIR_SHARE_HALF_LIFE')).toEqual(['scheduling', 'fairShare', 'halfLife']);
  expect(variables.get('NIYANTA_TLS_CLIENT_CA')).toEqual(['tls', 'clientCa']);
  for (const own of ['NIYANTA_SERVER', 'NIYANTA_PROJECT', 'NIYANTA_STATE', 'NIYANTA_API_KEY', 'NIYANTA_CONFIG'])
    expect(variables.has(own)).toBe(false);
  expect(new Set([...variables.values()].map(path => path.join('.'))).size).toBe(variables.size);
});

test('several values in one variable are separated by commas', async () => {
  const env = {NIYANTA_OIDC_ISSUER: 'https://issuer.example', NIYANTA_OIDC_AUDIENCE: 'a, b'};
  expect((await load({env})).settings.oidc).toMatchObject({audience: ['a', 'b'], clockTolerance: 30_000});
});

test('what changes while it runs, and what waits for the next start', async () => {
  const before = await load({file: 'tiers: {gold: {points: 1}}'});
  const after = await load({
    file: `log: {level: debug}
listen: 127.0.0.1:9000
tiers: {gold: {points: 2}, silver: {points: 1}}
scheduling: {preemption: {enabled: true}, fairShare: {halfLife: 2h, points: 50}}
failures: {lost: 20s}
keep: {audit: 10d}`,
  });
  expect(compareSettings(before.list, before.list)).toEqual({atRunTime: [], atRestart: []});
  expect(compareSettings(before.list, after.list)).toEqual({
    atRunTime: [
      'log.level',
      'tiers.gold.points',
      'scheduling.fairShare.points',
      'scheduling.preemption.enabled',
      'keep.audit',
      'tiers.silver.points',
    ],
    atRestart: ['listen', 'scheduling.fairShare.halfLife', 'failures.lost'],
  });
  const secure = await load({file: 'tls: {cert: a.pem, key: a.key}'});
  const renewed = await load({file: 'tls: {cert: b.pem, key: a.key}'});
  expect(compareSettings(secure.list, renewed.list)).toEqual({atRunTime: ['tls.cert'], atRestart: []});
  expect(compareSettings(before.list, secure.list).atRestart).toContain('tls.cert');
});
