import {UserError} from '../../../spec/errors.ts';
import type {Session} from '../database.ts';
import {json, type Raw} from '../row-mapping.ts';
import type {CustomerId, FileRow} from '../store.ts';
import {putBlob} from './blobs.ts';

export async function putFile(
  session: Session,
  customer: CustomerId,
  content: Uint8Array,
  most: number,
): Promise<FileRow> {
  const sha256 = await putBlob(session, content);
  const {length: size} = content;
  await upsert(session, customer, {sha256, size});
  const [row] = await session.rows<{bytes: number | null}>(
    'select sum(size) as bytes from files where customer = $1 and parts is null',
    customer,
  );
  const bytes = Number(row?.bytes ?? 0);
  if (bytes > most) throw full(customer, bytes, most);
  return {sha256, size};
}

export async function joinFile(session: Session, customer: CustomerId, file: FileRow): Promise<void> {
  const parts = [...new Set(file.parts)];
  const there = await files(session, customer, parts);
  const missing = parts.length - there.filter(part => part.parts === undefined).length;
  if (missing > 0) throw lacking(file.sha256, missing);
  await upsert(session, customer, file);
}

export async function files(
  session: Session,
  customer: CustomerId,
  sha256s: readonly string[],
): Promise<readonly FileRow[]> {
  const which = `customer = $1 and ${session.among('sha256', '$2')}`;
  const rows = await session.rows<Raw>(
    `select * from files where ${which} order by sha256 ${session.forUpdate}`,
    customer,
    sha256s,
  );
  if (rows.length > 0)
    await session.run(`update files set kept_at = $3 where ${which}`, customer, sha256s, await session.now());
  return rows.map(fileOf);
}

export async function file(session: Session, sha256: string): Promise<FileRow | undefined> {
  const [row] = await session.rows<Raw>('select * from files where sha256 = $1 limit 1', sha256);
  return row && fileOf(row);
}

async function upsert(session: Session, customer: CustomerId, {sha256, size, parts}: FileRow): Promise<void> {
  // A blob that is there is a file, whatever it was made of before: one part is as good as many.
  await session.run(
    `insert into files (customer, sha256, size, parts, kept_at) values ($1, $2, $3, $4, $5)
     on conflict (customer, sha256) do update set kept_at = excluded.kept_at`,
    ...[customer, sha256, size, parts && JSON.stringify({...parts}), await session.now()],
  );
}

/** Parts are kept as an object, whose values both databases can list. */
function fileOf(raw: Raw): FileRow {
  const parts = json(raw.parts) as Readonly<Record<string, string>> | undefined;
  return {sha256: String(raw.sha256), size: Number(raw.size), ...(parts && {parts: Object.values(parts)})};
}

const full = (customer: CustomerId, bytes: number, most: number) =>
  new UserError({
    code: 'files-full',
    message: `the files of customer ${customer} would have ${mebibytes(bytes)} together, at most ${mebibytes(most)} are kept`,
    hint: 'What no workload refers to is removed a day after it was sent; `limits.files` of the customer allows more.',
  });

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

const lacking = (sha256: string, count: number) =>
  new UserError({
    code: 'file-missing',
    message: `${count} of the parts of ${sha256} are not here`,
    hint: 'Send them first: POST /v1/files/missing says which.',
  });
