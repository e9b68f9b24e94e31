import { createServer } from "node:net";
import { isNativeError } from "node:util/types";
import { Problem } from "../problem.ts";

/** Throws `Problem`, with the variable's name in it, where one of the ports can't be had on `host`. */
export async function checkPorts(host: string, ports: Readonly<Record<string, number>>): Promise<void> {
  const names = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    const other = names.get(port);
    if (other !== undefined) throw new Problem(`${other} and ${name} are both ${port}: give each a port of its own.`);
    names.set(port, name);
    const code = await problemWith(host, port);
    if (code === null && (await isUnsafe(port))) {
      throw new Problem(`${name}: port ${port} belongs to another protocol, and neither browsers nor Node's fetch ask it over HTTP. Set ${name} to another port.`);
    }
    if (code === null) continue;
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") throw new Problem(`HOST ${host} is no address of this machine.`);
    throw new Problem(
      code === "EADDRINUSE"
        ? `${name}: port ${port} is in use by another program. Stop that one, or set ${name} to another port.`
        : `${name}: port ${port} can't be used (${code}). Set ${name} to another port.`,
    );
  }
}

function problemWith(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

/**
 * Some ports (22, 6000, 10080) `fetch` refuses by its standard: what listens there could never be seen to be up. The others it
 * asks: there may be a program on this address, where `HOST` is another one, and it may never answer.
 */
function isUnsafe(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(1_000) }).then(
    () => false,
    (error: unknown) => isNativeError(error) && isNativeError(error.cause) && error.cause.message === "bad port",
  );
}
