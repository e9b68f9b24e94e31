/** Somebody's session in the console's pages. */
export interface SignedIn {
  /** As it is sent in a `cookie` header. */
  readonly cookie: string;
  /** What the session's forms carry. */
  readonly csrf: string;
}

/** Signs in as a browser does. Throws where the token is nobody's. */
export async function signIn(consoleUrl: string, token: string): Promise<SignedIn> {
  const answer = await fetch(`${consoleUrl}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ token }),
    headers: { accept: "text/html", "sec-fetch-site": "same-origin" },
    redirect: "manual",
  });
  const cookie = answer.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
  if (answer.status !== 303) throw new Error(`signing in was answered with ${answer.status}`);
  const page = await fetch(`${consoleUrl}/tenants`, { headers: { accept: "text/html", cookie } });
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1];
  if (csrf === undefined) throw new Error("the page has no form");
  return { cookie, csrf };
}
