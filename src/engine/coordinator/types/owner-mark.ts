import {createHash} from 'node:crypto';

/** How a host's attempts say whose they are: letters and digits, the same for all coordinators on one database. */
export const ownerMark = (database: string): string => createHash('sha256').update(database).digest('hex').slice(0, 16);
