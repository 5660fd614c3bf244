import {formatDuration} from '../quantities.ts';
import {composeDuration} from './compose-values.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {shellWords} from './shell-words.ts';
import {placed} from './written.ts';

/** `command` and `entrypoint`: a text is split into words as Compose does it. */
export function words(service: ServiceContext, key: Key, as: 'command' | 'entrypoint'): void {
  const {value} = key;
  if (value.kind === 'scalar' && value.value === null) return;
  if (value.kind === 'list') {
    const items = service.items(key).flatMap(item => {
      const text = service.text(item);
      const written =
        text === undefined ? undefined : service.written(item, service.hostsRenamed(item, text, ''), {blank: true});
      return written === undefined ? [] : [{value: written, from: item.at}];
    });
    if (items.length > 0) {
      service.set(as, {value: items, from: key.at});
      return;
    }
    service.note('lost', key, `is empty: niyanta keeps the image's own ${as}`);
    return;
  }
  const text = service.text(key);
  if (text === undefined) return;
  const split = shellWords(text);
  if (split === undefined) {
    service.note('lost', key, 'has a quote that is not closed');
    return;
  }
  if (split.length === 0) {
    service.note('lost', key, `is empty: niyanta keeps the image's own ${as}`);
    return;
  }
  const written = split.map(word => service.written(key, service.hostsRenamed(key, word, ''), {blank: true}));
  if (written.every(word => word !== undefined)) service.set(as, placed(written, key.at));
}

/** A key whose text is carried over as it is. */
export function sameText(service: ServiceContext, key: Key, as: string): void {
  const text = service.text(key);
  const written = text === undefined || text === '' ? undefined : service.written(key, text);
  if (written !== undefined) service.set(as, placed(written, key.at));
}

export function readOnly(service: ServiceContext, key: Key): void {
  if (service.text(key) === 'true') service.set('readOnly', placed(true, key.at));
}

/** Adds a key to a map of the service: stop, capabilities, resources, update. */
export function put(
  service: ServiceContext,
  map: string,
  name: string,
  value: Parameters<typeof placed>[0],
  key: Key,
): void {
  const before = service.keys.get(map)?.value;
  const entries = before instanceof Map ? before : new Map();
  service.set(map, {
    value: new Map([...entries, [name, placed(value, key.at)]]),
    from: service.keys.get(map)?.from ?? key.at,
  });
}

export function stopSignal(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  if (text !== undefined) put(service, 'stop', 'signal', service.fixed(key, text), key);
}

export function stopGrace(service: ServiceContext, key: Key): void {
  const text = service.text(key);
  const ms = text === undefined ? undefined : composeDuration(service.fixed(key, text));
  if (ms === undefined) service.note('lost', key, 'is not a length of time');
  else put(service, 'stop', 'grace', formatDuration(ms), key);
}

export function capabilities(service: ServiceContext, key: Key, as: 'add' | 'drop'): void {
  const names = service.items(key).flatMap(item => service.text(item) ?? []);
  if (names.length > 0)
    put(
      service,
      'capabilities',
      as,
      names.map(name => service.fixed(key, name)),
      key,
    );
}

export function securityOptions(service: ServiceContext, key: Key): void {
  for (const item of service.items(key)) {
    const option = (service.text(item) ?? '').replace('=', ':');
    if (/^no-new-privileges(:true)?$/.test(option)) service.note('needless', item, 'niyanta does so by default');
    else if (option === 'no-new-privileges:false') service.set('noNewPrivileges', placed(false, item.at));
    else if (option === 'seccomp:unconfined') service.set('seccomp', placed('unconfined', item.at));
    else
      service.note('lost', item, `${JSON.stringify(option)}: there are only no-new-privileges and seccomp:unconfined`);
  }
}
