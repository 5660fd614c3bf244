import type {ApiKeyRow, CustomerRow} from '../../coordinator/store/store.ts';
import type {Customer, Key} from '../messages.d.ts';
import {optionalTimestamp, timestampOf} from './well-known.ts';

export const customerOf = (row: CustomerRow): Customer => {
  const {running, pending, cpu, memory, gpu, files, rate} = row.limits;
  return {
    id: row.id,
    name: row.name,
    tier: row.tier,
    limits: {running, pending, cpu, memory, gpu, files, rate: rate ?? null},
    suspended: row.suspended,
    createdAt: timestampOf(row.createdAt),
    used: row.used,
    usedAt: timestampOf(row.usedAt),
  };
};

/** Never its hash. */
export const keyOf = (row: ApiKeyRow): Key => ({
  id: row.id,
  prefix: row.prefix,
  role: row.role,
  customer: row.customer ?? '',
  scopes: row.scopes ?? [],
  note: row.note ?? '',
  createdAt: timestampOf(row.createdAt),
  expiresAt: optionalTimestamp(row.expiresAt),
  revokedAt: optionalTimestamp(row.revokedAt),
});
