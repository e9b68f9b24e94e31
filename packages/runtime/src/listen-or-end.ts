import type { RequestListener } from "node:http";
import { listen, type Listening, type ListenOptions } from "./listen.ts";
import type { Logger } from "./logger.ts";
import { codeOf } from "./problem.ts";

export interface ListenOrEndOptions extends ListenOptions {
  readonly log: Logger;
  /** The variable that names the port. */
  readonly variable: string;
}

/**
 * `listen` for the top of a program that takes its address from `HOST` and `variable`: where that can't be had, one line of the
 * log says which of them is to be looked at, and the process ends with status 1.
 */
export async function listenOrEnd(app: RequestListener, options: ListenOrEndOptions): Promise<Listening> {
  const { log, host, port } = options;
  try {
    return await listen(app, options);
  } catch (error) {
    const code = codeOf(error);
    log.fatal({ code, host, port }, sentence(code, options));
    process.exit(1);
  }
}

function sentence(code: string, { host, port, variable }: ListenOrEndOptions): string {
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `HOST: ${host} is no address of this machine`;
  return code === "EADDRINUSE"
    ? `${variable}: port ${port} of ${host} is in use by another program`
    : `${variable}: port ${port} of ${host} can't be used (${code})`;
}
