import { describe, expect, it } from "@jest/globals";
import { freePort } from "../services/free-port.ts";
import { checkPorts } from "./ports.ts";

describe("the ports of a start", () => {
  it("are taken where they are free", async () => {
    await expect(checkPorts("127.0.0.1", { INGEST_PORT: await freePort(), CONSOLE_PORT: await freePort() })).resolves.toBeUndefined();
  });

  it.each([6000, 6667, 10080])("are named where nobody could ask what listens there: %d", async (port) => {
    await expect(checkPorts("127.0.0.1", { INGEST_PORT: port })).rejects.toThrow(
      `INGEST_PORT: port ${port} belongs to another protocol, and neither browsers nor Node's fetch ask it over HTTP. Set INGEST_PORT to another port.`,
    );
  });
});
