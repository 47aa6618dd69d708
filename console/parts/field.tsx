/** A text area with its label, a line of help, and what is wrong with it. */
import { useEffect, useRef } from 'preact/hooks';
import { messageCharacters } from '../../contracts/limits.js';

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly help?: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** Why it can't be sent as it is; read aloud, and the field takes the focus. */
  readonly invalid?: string | null;
}

export function Field({ id, label, help, placeholder, value, onInput, invalid }: FieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (invalid) area.current?.focus();
  }, [invalid]);
  const describing = [help ? `${id}-help` : '', invalid ? `${id}-invalid` : ''].join(' ').trim();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        ref={area}
        id={id}
        rows={2}
        dir="auto"
        maxLength={messageCharacters}
        placeholder={placeholder}
        value={value}
        aria-describedby={describing || undefined}
        aria-invalid={invalid ? 'true' : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {help && (
        <p id={`${id}-help`} class="small">
          {help}
        </p>
      )}
      {invalid && (
        <p id={`${id}-invalid`} class="invalid" role="alert">
          {invalid}
        </p>
      )}
    </div>
  );
}
