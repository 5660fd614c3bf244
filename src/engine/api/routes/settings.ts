import {actorOf} from '../../coordinator/access/index.ts';
import {settingsOf} from '../../coordinator/requests/settings-now.ts';
import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {settingAnswer, settingChanges} from '../schemas/settings.ts';
import {listOf} from '../schemas/wire.ts';

const tags = ['operation'];

export function settingsRoutes(server: ApiServer, parts: ApiParts): void {
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
    async () => ({items: [...(parts.settingsNow?.list() ?? [])]}),
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
      const {atRunTime, atRestart} = await settingsOf(parts).reload(actorOf(whoOf(request), request.id));
      return {atRunTime: [...atRunTime], atRestart: [...atRestart]};
    },
  );
}
