import type {BundleFile, BundleRow, ChangeRow, EnvironmentRow, KeptBundle} from '../environments/environment-rows.ts';
import {given, json, type Raw} from './row-mapping.ts';

export const environmentOf = (raw: Raw): EnvironmentRow =>
  given({
    id: raw.id,
    customer: raw.customer,
    project: raw.project,
    environment: raw.environment,
    stack: raw.stack,
    bundle: raw.bundle,
    condition: raw.condition,
    reason: raw.reason,
    conditionSince: raw.condition_since,
    healing: raw.healing,
    newestChange: raw.newest_change,
    revision: raw.revision,
    services: json(raw.services) ?? [],
    lookedAt: raw.looked_at,
    createdAt: raw.created_at,
    changedAt: raw.changed_at,
  });

export const changeRowOf = (raw: Raw): ChangeRow =>
  given({
    environment: raw.environment,
    number: raw.number,
    kind: raw.kind,
    bundle: raw.bundle,
    options: json(raw.options) ?? {},
    actor: given({name: raw.actor, request: raw.request}),
    state: raw.state,
    askedAt: raw.asked_at,
    startedAt: raw.started_at,
    endedAt: raw.ended_at,
    runs: json(raw.runs) ?? [],
    outcome: json(raw.outcome),
  });

export const bundleOf = ({sha256, project, environment, stack, files, bytes, kept_at}: Raw): BundleRow =>
  given({sha256, project, environment, stack, files, bytes, keptAt: kept_at});

export const keptBundleOf = (raw: Raw): KeptBundle => ({
  ...bundleOf(raw),
  manifest: json(raw.manifest) as readonly BundleFile[],
});
