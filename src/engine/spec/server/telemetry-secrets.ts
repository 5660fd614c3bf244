import type {Path} from '../tree.ts';

/** Where `${secret:NAME}` may stand among settings of logs and traces. */
export const isTelemetrySecret = (path: Path): boolean => {
  const [section, where, name] = path;
  if (path.length !== 3) return false;
  if (section === 'tracing') return where === 'headers';
  return (
    section === 'log' && (where === 'loki' || where === 'elasticsearch') && (name === 'password' || name === 'apiKey')
  );
};
