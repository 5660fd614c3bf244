import {counter, gauge, histogram, long, type MetricDefinition, middle, short, sizes} from './metric-kinds.ts';

/** Everything that niyanta measures of itself; docs/OBSERVABILITY.md has the same table, held against this one by a test. */
export const metricTable = {
  // The API.
  niyanta_api_request_duration_seconds: histogram(
    'How long requests took, by route and status; of gRPC, too: method gRPC, the call as route, its status by name.',
    ['method', 'route', 'status'],
    short,
  ),
  niyanta_api_requests_in_flight: gauge('Requests that are being answered.', []),
  niyanta_api_errors_total: counter('Answers with an error, by its code.', ['code']),
  niyanta_api_throttled_total: counter('Requests that were refused because there were too many.', ['policy']),
  niyanta_websocket_connections: gauge('Open WebSocket connections.', []),
  niyanta_log_streams: gauge('Logs that are being followed.', []),
  niyanta_submissions_total: counter('Workloads that were accepted here.', ['customer']),
  niyanta_submission_duration_seconds: histogram('From a checked submission to its being durable.', [], short),

  // Workloads, queue, customers.
  niyanta_workloads: gauge('Workloads, by state.', ['state'], 'cluster'),
  niyanta_queue_depth: gauge(
    'Workloads that wait to be placed, by priority; told by the leader.',
    ['priority'],
    'cluster',
  ),
  niyanta_queue_oldest_age_seconds: gauge(
    'Since the longest waiting workload was accepted; told by the leader.',
    [],
    'cluster',
  ),
  niyanta_customer_workloads: gauge(
    'Workloads that wait or hold a place, of the customers with most of them; told by the leader.',
    ['customer', 'state'],
    'cluster',
  ),
  niyanta_customer_workloads_ended_total: counter(
    'Workloads that came to an end, by customer.',
    ['customer', 'state'],
    'cluster',
  ),
  niyanta_workloads_ended_total: counter('Workloads that came to an end.', ['state'], 'cluster'),
  niyanta_schedule_duration_seconds: histogram('From acceptance to the first place.', [], middle, 'cluster'),
  niyanta_start_duration_seconds: histogram('From being placed to running.', [], middle, 'cluster'),
  niyanta_run_duration_seconds: histogram('How long attempts ran.', [], long, 'cluster'),
  niyanta_retries_total: counter('Attempts that are tried again.', [], 'cluster'),
  niyanta_attempts_ended_total: counter('Attempts that ended, by how; counted where it was written.', ['outcome']),

  // Deciding.
  niyanta_round_duration_seconds: histogram('One round of the scheduler, with what it wrote.', [], short),
  niyanta_round_failures_total: counter('Rounds of the scheduler that failed and were tried again.', []),
  niyanta_placements_total: counter('Attempts that were given a place.', []),
  niyanta_preemptions_total: counter('Attempts that were told to make room for others.', []),
  niyanta_affinity_total: counter(
    'Rules of placement when something was placed (satisfied) or found no place (missed): hard (require, beside), soft (prefer), anti (avoid).',
    ['kind', 'outcome'],
  ),
  niyanta_elections_total: counter('Changes of the leader.', [], 'cluster'),
  niyanta_election_outcomes_total: counter('What became of standing for election here: won, lost, resigned.', [
    'outcome',
  ]),
  niyanta_leader: gauge('1 where this coordinator leads.', []),
  niyanta_leader_generation: gauge('The newest generation of the leader that this coordinator knows.', [], 'cluster'),

  // Checkpoints.
  niyanta_checkpoints_total: counter(
    'Checkpoints by what they were taken for and what became of them: kept, fenced, failed, corrupt.',
    ['why', 'outcome'],
  ),
  niyanta_checkpoint_size_bytes: histogram('Sizes of kept checkpoints, compressed.', [], sizes),

  // Workers and hosts.
  niyanta_workers: gauge('Workers, by condition.', ['condition'], 'cluster'),
  niyanta_worker_workloads: gauge('Workloads that hold a place on a worker.', ['host'], 'cluster'),
  niyanta_worker_capacity_cpu_cores: gauge('CPU that workloads may have of a worker.', ['host'], 'cluster'),
  niyanta_worker_capacity_memory_bytes: gauge('Memory that workloads may have of a worker.', ['host'], 'cluster'),
  niyanta_worker_reserved_cpu_cores: gauge('CPU that is given out to workloads on a worker.', ['host'], 'cluster'),
  niyanta_worker_reserved_memory_bytes: gauge(
    'Memory that is given out to workloads on a worker.',
    ['host'],
    'cluster',
  ),
  niyanta_worker_utilisation_ratio: gauge(
    'What is given out of what usable workers have together, 0 to 1, for autoscalers.',
    ['resource'],
    'cluster',
  ),
  niyanta_worker_attempts: gauge('Attempts that a niyanta worker carries out; told by itself.', []),
  niyanta_attempts_carried_out_total: counter('Attempts that a niyanta worker began or took up; told by itself.', []),
  niyanta_host_silent_seconds: gauge('Since a host was last heard of.', ['host']),
  niyanta_host_cpu_cores: gauge('CPUs of a host.', ['host']),
  niyanta_host_cpu_busy_ratio: gauge('Share of its CPUs that a host used between the last two looks.', ['host']),
  niyanta_host_memory_bytes: gauge('Memory of a host.', ['host']),
  niyanta_host_memory_available_bytes: gauge('Memory that a host could still give out without swapping.', ['host']),
  niyanta_host_disk_bytes: gauge('Size of the file system under /var/lib of a host.', ['host']),
  niyanta_host_disk_free_bytes: gauge('What is free of it.', ['host']),
  niyanta_container_cpu_cores: gauge(
    'CPU that containers of workloads used between the last two looks; those that use most, the rest of a host together as other.',
    ['host', 'customer', 'workload'],
  ),
  niyanta_container_memory_bytes: gauge(
    'Memory of containers of workloads; those that use most, the rest of a host together as other.',
    ['host', 'customer', 'workload'],
  ),

  // Stacks that are applied through the coordinator.
  niyanta_stacks: gauge('Environments that the coordinator serves, by condition.', ['condition'], 'cluster'),
  niyanta_stack_replicas: gauge(
    'Replicas of an environment: wanted, and good as of the last look; beyond the first hundred together as other.',
    ['environment', 'condition'],
    'cluster',
  ),
  niyanta_deployment_duration_seconds: histogram(
    'How long changes of environments took, from their start; by kind and by what became of them.',
    ['kind', 'outcome'],
    long,
  ),

  // What it stands on.
  niyanta_store_operation_duration_seconds: histogram(
    'Verbs of the database and how they ended: ok, refused, failed.',
    ['verb', 'outcome'],
    short,
  ),
  niyanta_broker_connected: gauge('1 while the connection to the broker stands.', []),
  niyanta_broker_messages_total: counter('Messages to and from the broker, by kind.', ['direction', 'kind']),
  niyanta_errors_total: counter('Errors and warnings in the log, by code.', ['level', 'code']),
  niyanta_log_lines_total: counter('Lines of logs: written, sampled away, shipped, dropped.', ['target', 'outcome']),
  niyanta_spans_total: counter('Spans of traces: exported, dropped.', ['outcome']),
  niyanta_certificate_expires_timestamp_seconds: gauge('When the certificate of the API ends, seconds since 1970.', []),
  niyanta_build_info: gauge('1; which niyanta and which Node this is.', ['version', 'node']),
} satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricTable = typeof metricTable;
export type MetricName = keyof MetricTable;
