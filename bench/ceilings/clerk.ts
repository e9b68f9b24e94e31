import { FakeClerk } from "../../test/support/fake-clerk.ts";

// A Clerk API that answers at once.
await new FakeClerk({ users: Number(process.env.USERS) }).listen(Number(process.env.PORT));
