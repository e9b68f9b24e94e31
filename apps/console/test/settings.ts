import type { OpenConsole } from "./open-console.ts";
import { Visitor, type Visited } from "./visitor.ts";

type Fields = Readonly<Record<string, string>>;

/** Settings, Integrations of a new tenant, which is signed in and looks at them. */
export interface Settings {
  readonly tenantId: string;
  readonly path: string;
  readonly visitor: Visitor;
  /** Sends a form of the settings. `path` is the form's below `integrations`. */
  submit(path: string, fields?: Fields): Promise<Visited>;
  /** The same. Answers the page that the form leads to. */
  done(path: string, fields?: Fields): Promise<Visited>;
}

export async function openSettings(console: OpenConsole): Promise<Settings> {
  const { id: tenantId, token } = await console.tenant();
  const path = `/tenants/${tenantId}/settings/integrations`;
  const visitor = await Visitor.signedIn(console, token);
  await visitor.open(path);
  const submit = (form: string, fields: Fields = {}) => visitor.submit(`/tenants/${tenantId}/integrations/${form}`, fields);
  return {
    tenantId,
    path,
    visitor,
    submit,
    done: async (form, fields) => visitor.follow((await submit(form, fields)).headers.get("location") ?? ""),
  };
}
