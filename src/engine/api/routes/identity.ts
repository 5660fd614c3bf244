import type {ApiParts, ApiServer} from '../api-parts.ts';
import {whoOf} from '../request/gate.ts';
import {callerAnswer, loginAnswer} from '../schemas/identity.ts';

const tags = ['customers'];

/** Who asks, and how one becomes somebody. */
export function identityRoutes(server: ApiServer, {login}: ApiParts): void {
  server.get(
    '/v1/login',
    {
      schema: {
        operationId: 'getLogin',
        tags,
        summary: 'How people log in: the OpenID Connect issuer, and the client there (device authorization, RFC 8628).',
        response: {200: loginAnswer},
      },
    },
    async () => {
      const offer = login();
      return offer ? {login: {...offer, parameters: {...offer.parameters}}} : {};
    },
  );

  server.get(
    '/v1/whoami',
    {
      schema: {
        operationId: 'whoAmI',
        tags,
        summary: 'Who asks, by the key, token or certificate that was shown.',
        response: {200: callerAnswer},
      },
    },
    async request => {
      const {name, role, customer, scopes} = whoOf(request);
      return {name, role, customer: customer?.id, scopes: scopes && [...scopes]};
    },
  );
}
