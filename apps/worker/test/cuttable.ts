import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a server that can be cut and mended, on 127.0.0.1. */
export interface CuttableWay {
  readonly port: number;
  /** Ends every connection and takes no new one. */
  cut(): void;
  mend(): void;
  /** From now on: cuts a connection right after it sent `text`, before the answer can come back. Once. */
  cutAfter(text: string): void;
  close(): Promise<void>;
}

export async function cuttableWay(target: { host: string; port: number }): Promise<CuttableWay> {
  const open = new Set<Socket>();
  let isCut = false;
  let fatal: string | null = null;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(target.port, target.host);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk: Buffer) => {
      far.write(chunk);
      if (fatal === null || !chunk.includes(fatal)) return;
      fatal = null;
      near.destroy();
      far.end();
    });
    far.on("data", (chunk) => void near.write(chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    mend: () => {
      isCut = false;
    },
    cutAfter: (text) => {
      fatal = text;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
