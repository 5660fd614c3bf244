import {actorOf, Refusal} from '../../coordinator/access/index.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {settingAnswer, settingChanges} from '../schemas/settings.ts';
import {listOf} from '../schemas/wire.ts';

const tags = ['operation'];

export function settingsRoutes(server: ApiServer, {settingsNow}: ApiParts): void {
  server.get(
    '/v1/settings',
    {
      schema: {
        operationId: 'getSettings',
        tags,
        summary: 'The settings of this coordinator, and who said each.',
        response: {200: listOf(settingAnswer)},
      },
    },
    async () => ({items: [...(settingsNow?.list() ?? [])]}),
  );

  server.post(
    '/v1/settings/reload',
    {
      schema: {
        operationId: 'reloadSettings',
        tags,
        summary: 'Read the settings of this coordinator again, as SIGHUP does. What is wrong changes nothing.',
        response: {200: settingChanges},
      },
    },
    async request => {
      if (!settingsNow)
        throw new Refusal({status: 409, code: 'not-possible', detail: 'this coordinator was not started from files'});
      const {atRunTime, atRestart} = await settingsNow.reload(actorOf(whoOf(request), request.id));
      return {atRunTime: [...atRunTime], atRestart: [...atRestart]};
    },
  );
}
