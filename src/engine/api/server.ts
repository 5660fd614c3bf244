import type {IncomingMessage} from 'node:http';
import swaggerUi from '@fastify/swagger-ui';
import websocket from '@fastify/websocket';
import fastify, {LogController} from 'fastify';
import {openOperations, permissions} from '../coordinator/access/index.ts';
import {requestIdOf} from '../coordinator/requests/request-id.ts';
import {Bug} from '../spec/errors.ts';
import type {ApiParts, ApiServer} from './api-parts.ts';
import {describeApi} from './openapi/describe.ts';
import {answersErrors} from './problems/answer-errors.ts';
import {refuseConnection} from './problems/refuse-connection.ts';
import {unrouted} from './problems/unrouted.ts';
import type {Tls} from './read-tls.ts';
import {gateHook} from './request/gate.ts';
import {jsonBody} from './request/json-body.ts';
import {traceRequests} from './request/trace-requests.ts';
import {validatorCompiler} from './request/validate.ts';
import {analyticsRoutes} from './routes/analytics.ts';
import {auditRoutes} from './routes/audit.ts';
import {checkpointRoutes} from './routes/checkpoints.ts';
import {comparisonRoutes} from './routes/comparison.ts';
import {customerRoutes} from './routes/customers.ts';
import {environmentChangeRoutes} from './routes/environment-changes.ts';
import {environmentOperationRoutes} from './routes/environment-operations.ts';
import {environmentViewRoutes} from './routes/environment-views.ts';
import {environmentWishRoutes} from './routes/environment-wishes.ts';
import {environmentRoutes} from './routes/environments.ts';
import {eventRoutes} from './routes/events.ts';
import {fileRoutes} from './routes/files.ts';
import {healthRoutes} from './routes/health.ts';
import {identityRoutes} from './routes/identity.ts';
import {logRoutes} from './routes/logs.ts';
import {metricsRoutes} from './routes/metrics.ts';
import {placementRoutes} from './routes/placement.ts';
import {scheduleRoutes} from './routes/schedules.ts';
import {settingsRoutes} from './routes/settings.ts';
import {submitRoutes} from './routes/submit.ts';
import {usageRoutes} from './routes/usage.ts';
import {wishRoutes} from './routes/wishes.ts';
import {workerRoutes} from './routes/workers.ts';
import {workloadRoutes} from './routes/workloads.ts';

const routes = [
  submitRoutes,
  fileRoutes,
  comparisonRoutes,
  workloadRoutes,
  wishRoutes,
  logRoutes,
  checkpointRoutes,
  scheduleRoutes,
  environmentRoutes,
  environmentOperationRoutes,
  environmentWishRoutes,
  environmentChangeRoutes,
  environmentViewRoutes,
  workerRoutes,
  customerRoutes,
  identityRoutes,
  settingsRoutes,
  auditRoutes,
  usageRoutes,
  analyticsRoutes,
  placementRoutes,
  eventRoutes,
  healthRoutes,
  metricsRoutes,
];

/** Nothing from elsewhere, and no upgrade to HTTPS: who reads it over HTTP would get an empty page. */
const docsPolicy = [
  "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'self'",
  "img-src 'self' data:; font-src 'self' data:; script-src 'self'; script-src-attr 'none'; style-src 'self'",
].join('; ');
/** Without the badge of validator.swagger.io. */
const docsSettings = {persistAuthorization: false, validatorUrl: null};

/** The HTTP server with all of its routes, not listening yet. */
export async function apiServer(parts: ApiParts, version: string, tls: Tls | undefined): Promise<ApiServer> {
  const {settings, log, metrics} = parts;
  const answerError = answersErrors(metrics.failed);
  const server = fastify({
    loggerInstance: log,
    logController: new LogController({disableRequestLogging: true}),
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request.headers['x-request-id']),
    bodyLimit: settings.bodyLimit,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveMs,
    http: {headersTimeout: settings.headersTimeoutMs, maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1000},
    ...(tls && {https: {...tls, headersTimeout: settings.headersTimeoutMs, maxHeaderSize: 16 * 1024}}),
    routerOptions: {maxParamLength: 4096},
    forceCloseConnections: 'idle',
    frameworkErrors: answerError,
    clientErrorHandler: refuseConnection,
  } as object) as unknown as ApiServer;
  server.server.maxConnections = settings.maxConnections;
  server.decorateRequest('identity', null);
  server.setValidatorCompiler(validatorCompiler);
  // Answers are written field by field (answers/) and typed by their schemas; tests hold each against the document.
  server.setSerializerCompiler(() => JSON.stringify);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', {parseAs: 'buffer'}, (_, body, done) => {
    try {
      done(null, jsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  server.setErrorHandler(answerError);
  observe(server, parts);
  traceRequests(server, parts.tracing);
  await describeApi(server, version);
  await server.register(swaggerUi, {routePrefix: '/docs', staticCSP: docsPolicy, uiConfig: docsSettings});
  await server.register(websocket, {options: {maxPayload: 64 * 1024}});
  requirePermissions(server);
  const refuse = unrouted(server);
  server.setNotFoundHandler(refuse);
  server.addHook('onRequest', (request, _, done) => {
    // Before a body is read that nobody wants.
    if (request.is404) refuse(request);
    done();
  });
  server.addHook('onRequest', gateHook(parts.gate));
  for (const declare of routes) declare(server, parts);
  await server.ready();
  return server;
}

/** Every operation under /v1 has its line in the table of permissions; one without is a mistake that must not serve. */
function requirePermissions(server: ApiServer): void {
  server.addHook('onRoute', route => {
    const {operationId} = (route.schema ?? {}) as {operationId?: string};
    const permission = permissions[operationId ?? ''];
    if (permission) route.config = {...route.config, permission};
    else if (route.url.startsWith('/v1/') && !openOperations.has(operationId ?? ''))
      throw new Bug(`nobody says who may ${route.method} ${route.url}`);
  });
}

function observe(server: ApiServer, {metrics, log}: ApiParts): void {
  server.addHook('onRequest', (request, reply, done) => {
    metrics.requests.inc();
    reply.raw.once('close', () => metrics.requests.dec());
    reply.headers({'X-Request-Id': request.id, 'X-Content-Type-Options': 'nosniff'});
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const {method, routeOptions, id, identity} = request;
    const [route, status, ms] = [routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime];
    metrics.answered({method, route, status, ms});
    const fields = {requestId: id, method, route, status, ms: Math.round(ms * 10) / 10, key: identity?.name};
    if (status >= 400) log.info(fields, 'refused');
    else log.debug(fields, 'answered');
    done();
  });
}
