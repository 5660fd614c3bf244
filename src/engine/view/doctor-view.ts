import type {DoctorCheck} from '../doctor.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {counted} from './quantities-view.ts';
import {hanging} from './text-layout.ts';

/** `doctor`: by subject, each check with what was found and its fix. */
export const doctorView: View<readonly DoctorCheck[]> = {text: doctorText, json: checks => ({checks})};

function doctorText(checks: readonly DoctorCheck[], look: Look): string {
  const {style} = look;
  const sections = [...Map.groupBy(checks, ({subject}) => subject)].map(([subject, all]) =>
    [style.bold(printable(subject)), ...all.flatMap(check => checkLines(check, look))].join('\n'),
  );
  const failed = checks.filter(({status}) => status === 'failed').length;
  const warned = checks.filter(({status}) => status === 'warning').length;
  const counts = [
    failed > 0 && style.red(counted(failed, 'problem')),
    warned > 0 && style.yellow(counted(warned, 'warning')),
  ].filter(count => count !== false);
  return [...sections, counts.length > 0 ? counts.join(', ') : style.green('Everything is in order.')].join('\n\n');
}

function checkLines({check, status, found, fix}: DoctorCheck, {style, columns}: Look): string[] {
  const paint = {ok: style.green, warning: style.yellow, failed: style.red}[status];
  const sign = {ok: '✓', warning: '!', failed: '✗'}[status];
  const [first = '', ...rest] = hanging('  ', printable(found ? `${check}: ${found}` : check), columns - 2);
  return [
    `  ${paint(sign)} ${first.trimStart()}`,
    ...rest.map(line => `  ${line}`),
    ...(fix && status !== 'ok' ? hanging('    → ', printable(fix), columns) : []),
  ];
}
