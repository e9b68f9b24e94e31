import { describe, expect, it } from "@jest/globals";
import { freshDatabase } from "../../test/support/services.ts";
import { Problem } from "../problem.ts";
import { untilPostgresAnswers } from "./reach-postgres.ts";

describe("a Postgres that is not our own", () => {
  it("is used where it answers", async () => {
    const database = await freshDatabase();
    await expect(untilPostgresAnswers(database.url)).resolves.toBeUndefined();
    await database.drop();
  });

  it("is named where it does not, with what is in the way and without its password", async () => {
    const refused = await untilPostgresAnswers("postgresql://mara:secret@127.0.0.1:9/mara", 300).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(String(refused)).toMatch(/DATABASE_URL: .*ECONNREFUSED/);
    expect(String(refused)).not.toContain("secret");
  });

  it("is not waited for where it will not have us", async () => {
    const database = await freshDatabase();
    const nowhere = new URL(database.url);
    nowhere.pathname = "/no_such_database";
    await expect(untilPostgresAnswers(nowhere.href, 600_000)).rejects.toThrow(/DATABASE_URL: .*no_such_database/);
    await database.drop();
  });
});
