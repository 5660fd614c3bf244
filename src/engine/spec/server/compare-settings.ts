import type {ServerSetting} from './server-settings.ts';

export interface SettingChanges {
  /** Names of settings that can change while it runs. */
  readonly atRunTime: readonly string[];
  /** Names of settings that count from the next start. */
  readonly atRestart: readonly string[];
}

/** What changes while it runs; all else is decided when it starts. */
const RUN_TIME: readonly RegExp[] = [
  /^log\.level$/,
  /^tls\.(?:cert|key|clientCa|clients\..*)$/,
  /^oidc\./,
  /^tiers\./,
  /^scheduling\.(?!fairShare\.halfLife$)/,
  /^failures\.(?:partition|outside)\./,
  /^failures\.quarantineAfter$/,
  /^stacks\./,
  /^keep\./,
];

/** Which settings are not the same, by whether that counts at once. TLS that comes or goes is another listener. */
export function compareSettings(before: readonly ServerSetting[], after: readonly ServerSetting[]): SettingChanges {
  const [old, now] = [before, after].map(list => new Map(list.map(({name, value}) => [name, value])));
  const names = [...new Set([...old!.keys(), ...now!.keys()])].filter(name => old!.get(name) !== now!.get(name));
  const otherListener =
    old!.has('tls.cert') !== now!.has('tls.cert') || old!.has('tls.clientCa') !== now!.has('tls.clientCa');
  const live = (name: string) => RUN_TIME.some(form => form.test(name)) && !(otherListener && name.startsWith('tls.'));
  return {atRunTime: names.filter(live), atRestart: names.filter(name => !live(name))};
}
