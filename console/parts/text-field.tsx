/** One line of text with its label, a line of help, and what is wrong with it. */

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly help?: string;
  readonly isCode?: boolean;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly invalid?: string | null;
}

export const TextField = (props: TextFieldProps) => {
  const { id, label, help, isCode = false, value, onInput, invalid = null } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        autoComplete="off"
        class={isCode ? 'code' : ''}
        value={value}
        aria-describedby={`${id}-help`}
        aria-invalid={invalid === null ? undefined : true}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <p id={`${id}-help`} class={invalid === null ? 'small' : 'invalid'}>
        {invalid ?? help}
      </p>
    </div>
  );
};
