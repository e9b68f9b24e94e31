import type { VNode } from "preact";
import type { Fragments } from "../live/live.ts";
import { Health, Problems, SpokenState } from "./health.tsx";
import { ImportState } from "./import.tsx";
import type { Overview } from "./look.ts";
import { RowState } from "./row.tsx";
import { ActiveSecrets } from "./secrets.tsx";

/** The parts of the settings that are kept fresh. */
export function liveParts({ integrations, backfill }: Overview, now: number): Fragments {
  const hasKey = integrations.some(({ provider, apiKey }) => provider === "clerk" && apiKey !== null);
  const parts: Record<string, VNode> = {
    problems: <Problems integrations={integrations} now={now} />,
    import: <ImportState backfill={backfill} hasKey={hasKey} now={now} />,
  };
  for (const seen of integrations) {
    parts[`state-${seen.provider}`] = <SpokenState seen={seen} />;
    parts[`health-${seen.provider}`] = <Health seen={seen} now={now} />;
    parts[`badge-${seen.provider}`] = <RowState seen={seen} backfill={backfill} />;
    parts[`secrets-${seen.provider}`] = <ActiveSecrets seen={seen} now={now} />;
  }
  return parts;
}
