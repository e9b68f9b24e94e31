import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Connections that speak HTTP by hand. */
export interface RawClient {
  open(port: number, options?: { readonly allowHalfOpen?: boolean }): Promise<Socket>;
  /** Sends `bytes` on a connection of its own, and resolves to all that came when the server has closed it. */
  exchange(port: number, bytes: string): Promise<string>;
  /** Closes all of them. */
  close(): void;
}

export function rawClient(): RawClient {
  const sockets: Socket[] = [];

  const open: RawClient["open"] = async (port, options = {}) => {
    const socket = connect({ port, host: "127.0.0.1", ...options });
    sockets.push(socket);
    await once(socket, "connect");
    return socket;
  };

  return {
    open,
    exchange: async (port, bytes) => {
      const socket = await open(port);
      const heard = allOf(socket);
      socket.write(bytes);
      return heard;
    },
    close: () => {
      for (const socket of sockets.splice(0)) socket.destroy();
    },
  };
}

/** All that comes on a connection until the server has closed it. */
export async function allOf(socket: Socket): Promise<string> {
  let heard = "";
  socket.on("data", (chunk: Buffer) => void (heard += chunk.toString()));
  await once(socket, "close");
  return heard;
}

/** Something that a test waits for. */
export function signal(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
