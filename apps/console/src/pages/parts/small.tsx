import type { ComponentChildren } from "preact";
import type { Viewer } from "../layout.tsx";

export type Tone = "good" | "warn" | "bad" | "accent" | "idle";

/** A word of state. The word says it; the tone and shape only help. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  );
}

export interface NoticeProps {
  readonly tone: Tone;
  /** Whether it is read out as it appears and changes. Not where it tells an age: with each minute, all of it would be read out again. */
  readonly isReadOut?: boolean;
  readonly children: ComponentChildren;
}

export function Notice({ tone, isReadOut = true, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} {...(isReadOut && { role: tone === "bad" ? "alert" : "status" })}>
      {children}
    </div>
  );
}

/** What stands where there is nothing yet: what it would be, and what to do next. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}

const grouped = new Intl.NumberFormat("en");

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return grouped.format(value);
}

/** Text of strangers: any direction, any length; past `max` characters it is cut, and whole on hover. */
export function Foreign({ text, max = 200 }: { text: string; max?: number }) {
  if (text.length <= max) return <bdi>{text}</bdi>;
  return <bdi title={text.slice(0, 2_000)}>{`${text.slice(0, max)}…`}</bdi>;
}

/** What the store gives as the hint of a secret that is so short that any hint would give it away. */
const NO_HINT = "…";

/** Whether a secret's hint says anything. */
export function isTelling(hint: string): boolean {
  return hint !== NO_HINT;
}

/** A value to take along. The button works with script only, so script shows it; the field can always be selected. */
export function Copy({ id, label, value }: { id: string; label: string; value: string }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="copy">
        <input id={id} readOnly value={value} />
        <button type="button" data-copy={id} data-needs-script>
          <span data-copy-label>Copy</span>
          <span class="visually-hidden">{` ${label}`}</span>
        </button>
      </div>
    </div>
  );
}

export interface PagerProps {
  readonly first: string | null;
  readonly next: string | null;
  /** What the two links say. By default a list with its newest first. */
  readonly labels?: readonly [first: string, next: string];
}

const NEWEST_FIRST = ["Back to the newest", "Older"] as const;

/** Links to the first and the next page of a list that pages by key. */
export function Pager({ first, next, labels = NEWEST_FIRST }: PagerProps) {
  if (!first && !next) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {first ? (
        <a class="button" href={first}>
          {labels[0]}
        </a>
      ) : (
        <span />
      )}
      {next && (
        <a class="button" href={next} rel="next">
          {labels[1]}
        </a>
      )}
    </nav>
  );
}

/** Stands in every form that changes something: shows that this console made it for this session. */
export function Csrf({ viewer }: { viewer: Pick<Viewer, "csrf"> }) {
  return <input type="hidden" name="csrf" value={viewer.csrf} />;
}

export interface TextFieldProps {
  readonly id: string;
  /** Its name in the form; the id by default. */
  readonly name?: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with what was typed. The page then opens at this field, wherever on it that is. */
  readonly problem?: string;
  readonly type?: "text" | "search" | "email" | "password";
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly placeholder?: string;
}

/** A field with its label, its hint, and what is wrong with it, tied together for screen readers. */
export function TextField({ id, name = id, label, value = "", hint, problem, type = "text", ...rest }: TextFieldProps) {
  const described = [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`].join(" ").trim();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        value={value}
        autoComplete="off"
        {...rest}
        {...(described !== "" && { "aria-describedby": described })}
        {...(problem !== undefined && { "aria-invalid": "true", autofocus: true })}
      />
      {problem !== undefined && (
        <p class="field-error" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
