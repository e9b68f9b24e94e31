import type { Provider } from "@mara/connectors";
import { InvalidInput, type IntegrationChange } from "@mara/store";
import { readFields } from "../../input.ts";
import { settingsOf } from "../../integrations.ts";
import { InvalidRequest } from "../../respond.ts";

/** The settings that a form can change. */
const FIELDS = ["signingSecret", "apiKey", "signupEvent"] as const;

/** What can't be kept, as its form says it. */
export interface SettingProblem {
  readonly provider: Provider;
  readonly field: (typeof FIELDS)[number];
  readonly message: string;
}

/** The same, with what the form shows again of what was chosen: a secret is never shown. */
export interface RefusedForm extends SettingProblem {
  /** Null where the form has no such choice. */
  readonly overlapHours: string | null;
}

/**
 * Checks what a form brought as the API would, but for the white space around it that comes along when something is pasted.
 * Throws `InvalidRequest` where it is none of our forms.
 */
export function readChange(provider: Provider, given: Readonly<Record<string, unknown>>): IntegrationChange {
  const trimmed = Object.entries(given).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value] as const);
  return readFields(settingsOf(provider), Object.fromEntries(trimmed));
}

/** What was wrong with a change, where it was the visitor's to mend; null for every other error. */
export function problemOf(provider: Provider, error: unknown): SettingProblem | null {
  if (error instanceof InvalidInput) return problemAt(provider, error.path, `The value ${error.message}.`);
  if (!(error instanceof InvalidRequest)) return null;
  const [issue] = error.issues;
  return issue === undefined ? null : problemAt(provider, issue.path, issue.message);
}

function problemAt(provider: Provider, path: string, message: string): SettingProblem | null {
  const field = FIELDS.find((known) => known === path);
  return field === undefined ? null : { provider, field, message };
}
