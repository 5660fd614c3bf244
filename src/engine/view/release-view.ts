import type {ReleaseStatus} from '../release-status.ts';
import type {SplitEnd} from '../split-release.ts';
import type {LeaseHolder} from '../state/store.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {ago} from './quantities-view.ts';

/** `release status`. */
export const releaseView: View<ReleaseStatus> = {text: releaseText};

function releaseText({environment, releases, holder}: ReleaseStatus, look: Look): string {
  if (releases.length === 0) return `No release is open in environment ${printable(environment)}.`;
  return releases.map(release => one(release, holder, look)).join('\n\n');
}

function one(release: ReleaseStatus['releases'][number], holder: LeaseHolder | undefined, look: Look): string {
  const {style, now} = look;
  const {service, strategy, weight, step, steps, since, sticky, together, request} = release;
  const at = step === undefined ? '' : `, step ${step} of ${steps ?? step}`;
  const lines = [
    `${style.bold(printable(service))}  ${strategy}, ${stateText(release, holder)}`,
    `  since    ${printable(since)} (${ago(since, now)})`,
    `  requests old (blue) ${100 - weight}%, new (green) ${weight}%${at}${sticky ? ', sticky' : ''}`,
    `  new      ${membersText(release.new)}`,
    `  old      ${membersText(release.old)}`,
    ...(together.length > 0 ? [`  with     ${printable(together.join(', '))}`] : []),
    ...(request ? [`  asked    ${printable(`${request.what}, by ${request.by}`)} (${ago(request.at, now)})`] : []),
  ];
  return [...lines, `  next     ${nextText(release)}`].join('\n');
}

function stateText({state}: ReleaseStatus['releases'][number], holder: LeaseHolder | undefined): string {
  if (state === 'open') return 'open';
  if (state === 'running') return `${printable(holder!.owner)} is at it (${printable(holder!.reason)})`;
  return 'interrupted: nobody is at it';
}

const nextText = ({state, service}: ReleaseStatus['releases'][number]): string =>
  state === 'interrupted'
    ? `niyanta apply goes on with it; niyanta release promote|abort ${printable(service)} ends it`
    : `niyanta release promote|abort ${printable(service)}`;

const membersText = (members: readonly {readonly id: string; readonly host: string}[]): string =>
  members.map(({id, host}) => printable(`${id} on ${host}`)).join(', ');

/** What was asked of an apply that is at a release. */
export const askedView: View<{
  readonly asked: LeaseHolder;
  readonly services: readonly string[];
  readonly what: 'promote' | 'abort';
}> = {
  text: ({asked, services, what}) =>
    printable(
      `asked ${asked.owner} (${asked.reason}), who is at the release of ${services.join(', ')}, to ${what} it: it does so within seconds`,
    ),
};

/** `route split`. */
export const splitView: View<SplitEnd> = {
  text: ({service, weight, sticky, proxies}) =>
    printable(
      `${service}: old (blue) ${100 - weight}%, new (green) ${weight}%${sticky ? ', sticky' : ''}; acknowledged by the proxies of ${proxies.join(', ')}`,
    ),
};
