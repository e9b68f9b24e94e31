import type { ComponentChildren } from "preact";

/** How far a step of a way got, and how that is said to those who don't see its mark. */
const SAID = { done: "done", now: "under way", next: "not yet", none: "nothing", bad: "a problem" } as const;

export interface StepProps {
  readonly state: keyof typeof SAID;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** One step of a way: stands in an `ol` of class `way`. */
export function Step({ state, title, children }: StepProps) {
  return (
    <li data-state={state}>
      <h3>
        {title}
        <span class="visually-hidden">, {SAID[state]}</span>
      </h3>
      {children}
    </li>
  );
}
