import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {onTestFinished} from 'vitest';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {readonly key: string; readonly value: Record<string, unknown>}[];
  readonly status: {readonly code?: number; readonly message?: string};
}

/** No collector: takes what an exporter of OTLP/HTTP sends as JSON (`ExportTraceServiceRequest`), and keeps its spans. */
export interface FakeOtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly services: Set<string>;
  readonly headers: (string | undefined)[];
  /** Spans by id: what was told twice counts once, as collectors have it. */
  trace(traceId: string): readonly ReceivedSpan[];
}

/** It ends with the test, or with `atEnd`. */
export async function fakeOtlpReceiver(
  address = '127.0.0.1',
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<FakeOtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const services = new Set<string>();
  const headers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += chunk;
    });
    request.on('end', () => {
      if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
        response.writeHead(404).end();
        return;
      }
      headers.push(request.headers['x-test'] as string | undefined);
      for (const {resource, scopeSpans} of JSON.parse(text).resourceSpans) {
        for (const {key, value} of resource.attributes) if (key === 'service.name') services.add(value.stringValue);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(200, {'content-type': 'application/json'}).end('{}');
    });
  });
  await new Promise<void>(resolve => server.listen(0, address, resolve));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    services,
    headers,
    trace: traceId => [
      ...new Map(spans.filter(span => span.traceId === traceId).map(span => [span.spanId, span])).values(),
    ],
  };
}
