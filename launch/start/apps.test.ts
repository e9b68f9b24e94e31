import { expect, it } from "@jest/globals";
import { listen } from "@mara/runtime";
import { startApp } from "./apps.ts";

it("an app is not taken for another program that answers in its place", async () => {
  const other = await listen((_request, response) => void response.end("{}"), { host: "127.0.0.1", port: 0 });
  try {
    await expect(startApp("/nowhere", "worker", {}, other.url)).rejects.toThrow(`worker can't start: another program answers at ${other.url}`);
  } finally {
    await other.close();
  }
});
