import { connectors, isProvider } from "@mara/connectors";
import type { Contact } from "@mara/store";
import { Badge } from "../parts/small.tsx";

/** What a contact is called: always something that can be seen, because it is what one presses to get there. */
export function displayNameOf({ name, email, username }: Pick<Contact, "name" | "email" | "username">): string {
  return seenNameOf({ name, email, username }) ?? "Somebody without a name";
}

function seenNameOf({ name, email, username }: Pick<Contact, "name" | "email" | "username">): string | null {
  return [name, email, username].find((call) => call !== null && isSeen(call)) ?? null;
}

/** Whether anything of it shows. People who want no name shown fill in characters that nobody sees; the last one here is an empty Braille cell. */
function isSeen(text: string): boolean {
  return /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
}

/** Two letters in place of a picture: pictures of strangers are loaded from nowhere. */
export function Initials({ contact }: { contact: Pick<Contact, "name" | "email" | "username"> }) {
  const words = (seenNameOf(contact) ?? "").split(/[\s.@_-]+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return (
    <span class="initials" aria-hidden="true">
      {letters.join("").toUpperCase() || "?"}
    </span>
  );
}

/** Who knows a contact by an id: a provider, the tenant itself (`app`), or everybody (`email`). */
export function nameOfKnower(knower: string): string {
  if (isProvider(knower)) return connectors[knower].label;
  return knower === "email" ? "E-mail" : "Your app";
}

export function Deactivated() {
  return <Badge tone="warn">Deactivated</Badge>;
}
