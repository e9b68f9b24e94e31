import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "@jest/globals";
import { freePort } from "../services/free-port.ts";
import { checkPorts } from "./ports.ts";

describe("the ports of a start", () => {
  it("are taken where they are free", async () => {
    await expect(checkPorts("127.0.0.1", { INGEST_PORT: await freePort(), CONSOLE_PORT: await freePort() })).resolves.toBeUndefined();
  });

  it("are taken where they are free on their own address, whatever listens on another one and never answers", async () => {
    const port = await freePort();
    const open = new Set<Socket>();
    const silent = createServer((socket) => void open.add(socket)).listen(port, "127.0.0.1");
    await once(silent, "listening");
    const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
    const another = addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.2";
    try {
      await expect(checkPorts(another, { INGEST_PORT: port })).resolves.toBeUndefined();
    } finally {
      for (const socket of open) socket.destroy();
      silent.close();
    }
  }, 10_000);

  it.each([6000, 6667, 10080])("are named where nobody could ask what listens there: %d", async (port) => {
    await expect(checkPorts("127.0.0.1", { INGEST_PORT: port })).rejects.toThrow(
      `INGEST_PORT: port ${port} belongs to another protocol, and neither browsers nor Node's fetch ask it over HTTP. Set INGEST_PORT to another port.`,
    );
  });
});
