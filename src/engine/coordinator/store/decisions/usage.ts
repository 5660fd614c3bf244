/** Core-seconds that count of what was used once: half of them after each half-life. */
export function decayed(used: number, usedAt: number, now: number, halfLifeMs: number): number {
  return used * 0.5 ** (Math.max(0, now - usedAt) / halfLifeMs);
}
