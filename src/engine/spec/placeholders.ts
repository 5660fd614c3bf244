import {isSecretName, PARAM_NAME} from './names.ts';

/** A text in parts: what stands as it is, and what is put in. */
export type Part =
  | {readonly kind: 'literal'; readonly text: string}
  | {readonly kind: 'param' | 'env' | 'file'; readonly name: string; readonly otherwise?: string}
  | {readonly kind: 'unit'; readonly unit: Unit; readonly name: string}
  | {readonly kind: 'secret'; readonly name: string}
  | {readonly kind: 'wrong'; readonly message: string; readonly hint?: string};

/** `${mib:memory}`: a parameter that is a size or a length of time as a whole number of these; or any, lists too, as JSON. */
export const UNITS = ['bytes', 'kib', 'mib', 'ms', 'seconds', 'json'] as const;
export type Unit = (typeof UNITS)[number];

const KEEP = 'To keep the text as it is, write $$ for $.';

/** Every `${secret:NAME}` in a text. */
export function secretsIn(text: string): string[] {
  return [...text.matchAll(/\$\{secret:([^}]*)\}/g)].map(match => match[1]!);
}

/** `${name}`, `${name:-default}`, `${env:X}`, `${file:X}`, `${mib:name}`, `${secret:X}` and `$$` in a text. */
export function parsePlaceholders(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\$|\$\{([^}]*)(\}?)/g)) {
    if (match.index > from) parts.push({kind: 'literal', text: text.slice(from, match.index)});
    from = match.index + match[0].length;
    if (match[0] !== '$$') parts.push(placeholder(match[1]!, match[2] === '}'));
    else if (!text.startsWith('{secret:', from)) parts.push({kind: 'literal', text: '$'});
    else parts.push({kind: 'wrong', message: 'the text ${secret: itself cannot be written here'});
  }
  if (from < text.length) parts.push({kind: 'literal', text: text.slice(from)});
  return parts;
}

function placeholder(inside: string, closed: boolean): Part {
  if (!closed) return {kind: 'wrong', message: `\${${inside} has no closing }`, hint: KEEP};
  const at = inside.indexOf(':-');
  const name = at === -1 ? inside : inside.slice(0, at);
  const otherwise = at === -1 ? undefined : inside.slice(at + 2);
  if (otherwise?.includes('${'))
    return {kind: 'wrong', message: `a default cannot hold another placeholder: \${${inside}}`};
  const [, source, rest] = /^([a-z]+):(.*)$/s.exec(name) ?? [];
  if (source === undefined) {
    if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) return {kind: 'param', name, otherwise};
    return {kind: 'wrong', message: `\${${inside}} names no parameter`, hint: KEEP};
  }
  if (rest === '') return {kind: 'wrong', message: `\${${inside}} has no name after ${source}:`};
  if (source === 'env' || source === 'file') return {kind: source, name: rest!, otherwise};
  const unit = UNITS.find(each => each === source);
  if (unit && otherwise === undefined && PARAM_NAME.test(rest!)) return {kind: 'unit', unit, name: rest!};
  if (unit) return {kind: 'wrong', message: `\${${inside}} names no parameter`, hint: KEEP};
  if (source !== 'secret') {
    return {kind: 'wrong', message: `\${${inside}}: there is env:, file: and secret:, but no ${source}:`, hint: KEEP};
  }
  if (otherwise !== undefined) return {kind: 'wrong', message: 'a secret has no default'};
  if (isSecretName(rest!)) return {kind: 'secret', name: rest!};
  return {
    kind: 'wrong',
    message: `${JSON.stringify(rest)} is not a name of a secret: letters, digits and _, no digit first`,
  };
}
