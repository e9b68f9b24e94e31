import { connectors, PROVIDERS } from "@mara/connectors";

export interface SelectProps {
  /** Also its id. */
  readonly name: string;
  readonly label: string;
  readonly chosen: string | undefined;
  /** What is said where nothing is chosen. */
  readonly all: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}

/** A choice of a filter, or none. */
export function Select({ name, label, chosen, all, options }: SelectProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        <option value="">{all}</option>
        {options.map(([value, words]) => (
          <option key={value} value={value} selected={value === chosen}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The same among the providers. */
export function ProviderSelect({ label, chosen, all }: Pick<SelectProps, "label" | "chosen" | "all">) {
  const options = PROVIDERS.map((provider) => [provider, connectors[provider].label] as const);
  return <Select name="provider" label={label} chosen={chosen} all={all} options={options} />;
}
