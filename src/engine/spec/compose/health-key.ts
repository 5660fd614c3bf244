import {formatDuration} from '../quantities.ts';
import {composeDuration} from './compose-values.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {type Placed, placed} from './written.ts';

/** What Compose does where a file says nothing; niyanta's own are 2s, 2s, 5 and 10s. */
const DEFAULTS = {interval: '30s', timeout: '30s', retries: 3, startPeriod: '0s'} as const;
const TIMES: Readonly<Record<string, keyof typeof DEFAULTS>> = {
  interval: 'interval',
  timeout: 'timeout',
  start_period: 'startPeriod',
};

/** `healthcheck`: a command in the container; times that are not written are Compose's. */
export function healthcheck(service: ServiceContext, key: Key): void {
  const parts = service.entries(key);
  const part = (name: string) => parts.find(one => one.name === name);
  const disable = part('disable');
  if (disable && service.text(disable) === 'true') return;
  const test = part('test');
  if (test === undefined) {
    service.note('lost', key, "has no test: niyanta does not read the image's own; write health: here");
    return;
  }
  const exec = command(service, test);
  if (exec === undefined) return;
  const entries = new Map<string, Placed>([['exec', exec]]);
  for (const [name, value] of Object.entries(DEFAULTS)) entries.set(name, placed(value));
  for (const one of parts) {
    const as = TIMES[one.name];
    const text = one === test ? undefined : service.text(one);
    if (text === undefined || one === disable) continue;
    if (as !== undefined) {
      const ms = composeDuration(service.fixed(one, text));
      if (ms === undefined) service.note('lost', one, 'is not a length of time');
      else entries.set(as, placed(formatDuration(ms), one.at));
    } else if (one.name === 'retries')
      entries.set('retries', placed(Math.max(1, Number(service.fixed(one, text))), one.at));
    else if (one.name === 'start_interval') service.note('lost', one, 'checks come at one interval');
    else service.note('lost', one, 'niyanta has no such setting of a health check');
  }
  service.set('health', {value: entries, from: key.at});
}

/** `CMD a b`, `CMD-SHELL text`, a text, `NONE`. */
function command(service: ServiceContext, key: Key): Placed | undefined {
  const items = service.items(key).map(item => ({item, text: service.text(item)}));
  if (items.length === 0 || items.some(({text}) => text === undefined)) return undefined;
  const words = items.map(({text}) => text!);
  if (key.value.kind === 'scalar') return shell(service, key, words[0]!);
  if (words[0] === 'NONE') return undefined;
  if (words[0] === 'CMD-SHELL' && words.length === 2) return shell(service, key, words[1]!);
  if (words[0] !== 'CMD' || words.length === 1) {
    service.note('lost', key, 'begins with none of CMD, CMD-SHELL and NONE');
    return undefined;
  }
  const written = items
    .slice(1)
    .map(({item, text}) => ({value: service.written(item, text!, {blank: true}), from: item.at}));
  return written.every(({value}) => value !== undefined)
    ? {value: written as readonly Placed[], from: key.at}
    : undefined;
}

function shell(service: ServiceContext, key: Key, text: string): Placed | undefined {
  const written = service.written(key, text.trim(), {blank: true});
  return written === undefined ? undefined : placed(['/bin/sh', '-c', written], key.at);
}
