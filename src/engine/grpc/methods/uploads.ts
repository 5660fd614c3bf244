import {ownerAsked} from '../../coordinator/access/index.ts';
import {joinFile} from '../../coordinator/files/join-file.ts';
import {largestPart, missingFiles, putFile} from '../../coordinator/requests/put-file.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Methods} from '../calls/caller.ts';
import {customer, wrong} from '../wire/read-fields.ts';
import {sha256} from '../wire/read-submission.ts';

const MOST_PARTS = 4096;
const MOST_FILES = 10_000;

/** Contents that submissions refer to, each sent once. */
export function uploadMethods(reception: Reception): Pick<Methods, 'PutFile' | 'JoinFile' | 'MissingFiles'> {
  const {store} = reception.coordinator;
  return {
    async PutFile(request, {who}) {
      const {content} = request;
      if (content.length > largestPart) throw wrong(['content'], `must have at most ${largestPart} bytes`);
      const told = request.sha256 === '' ? undefined : sha256(request.sha256, ['sha256']);
      return putFile(store, await ownerAsked(who, customer(request.customer), reception), content, told);
    },
    async JoinFile(request, {who}) {
      const wish = {sha256: sha256(request.sha256, ['sha256']), parts: hashes(request.parts, 'parts', MOST_PARTS)};
      const owner = await ownerAsked(who, customer(request.customer), reception);
      const {sha256: joined, size} = await joinFile(store, owner.id, wish);
      return {sha256: joined, size};
    },
    async MissingFiles(request, {who}) {
      const files = hashes(request.files, 'files', MOST_FILES);
      return {missing: await missingFiles(store, await ownerAsked(who, customer(request.customer), reception), files)};
    },
  };
}

function hashes(given: readonly string[], field: string, most: number): readonly string[] {
  if (given.length === 0 || given.length > most) throw wrong([field], `must have 1 to ${most} entries`);
  return given.map((each, index) => sha256(each, [field, index]));
}
