import {Flags} from '@oclif/core';

/** Which backup of which of a volume's hosts. */
export const backupFlags = {
  backup: Flags.string({summary: 'Id of the backup; the newest good one when not given.', helpValue: 'ID'}),
  host: Flags.string({summary: 'Host whose volume is meant, where it is on several.', helpValue: 'HOST'}),
  from: Flags.string({summary: 'Environment whose backup it is; the same one when not given.', helpValue: 'ENV'}),
  identity: Flags.string({summary: 'File with an identity of age that reads it.', helpValue: 'FILE'}),
};
