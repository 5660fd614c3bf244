import type {AddedHost} from '../add-host.ts';
import type {PreparedHost} from '../prepare-host.ts';
import {errorJson} from './error-view.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {hanging} from './text-layout.ts';

/** `host add`. */
export const addedHostView: View<AddedHost> = {
  text: ({host, address, hostKey, facts}) =>
    printable(
      `added ${host} (${address}): ${facts.os.name}, ${facts.architecture}${facts.containerd ? `, containerd ${facts.containerd.version}` : ''}`,
    ) +
    (hostKey === undefined ? '' : `\nits host key ${hostKey} is pinned in niyanta.yaml`) +
    (facts.containerd?.running ? '' : `\nnext: niyanta host prepare ${host}`),
};

/** `host prepare`: by host, what was done and what was there. */
export const preparedView: View<readonly PreparedHost[]> = {
  text: (hosts, look) => hosts.map(host => preparedText(host, look)).join('\n\n'),
  json: hosts => ({hosts: hosts.map(({error, ...rest}) => ({...rest, ...(error ? errorJson(error) : {})}))}),
};

function preparedText({host, steps, error}: PreparedHost, {style, columns}: Look): string {
  const lines = steps.map(({done, text}) => `  ${done ? style.green('+') : ' '} ${printable(text)}`);
  const failed = error
    ? [
        ...hanging(`  ${style.red('✗')} `, printable(error.message), columns),
        ...(error.hint ? hanging('    → ', printable(error.hint), columns) : []),
      ]
    : [];
  return [style.bold(printable(host)), ...lines, ...failed].join('\n');
}
